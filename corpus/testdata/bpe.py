"""Goldens for the pieces and for byte-pair encoding. Run: python3 bpe.py > bpe.json

Pieces come from GPT-2's own pattern, run by the regex package. Merges are found the slow, obvious way: count all
pairs again for each of them. Of equally frequent pairs the one of older tokens goes first. Token 1+b is the byte b.
"""

import collections
import json

import regex

PATTERN = regex.compile(r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+""")

TRAIN = (
    "the cook bakes bread and the cook's cat watches. the bread isn't the cat's bread, the cat knows that!\n"
    "aaaa aaaaaaa abababab banana bananas; 2024 2025 12345\n\n"
    "面包师每天烤面包，猫每天看面包。\n"
    "Пекарь печёт хлеб, кот смотрит на хлеб.\n"
    "the  spaces   are    wide\t\tand\r\nthe lines end in two ways\n"
).encode() + b"caf\xe9 caf\xe9 \xff\xfe\xff\xfe\n"

TEXTS = [
    "the cat bakes bananas",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "ababababababababababababababababababababababababababababababababababab!",
    "it's we'll they've I'm you're he'd don't 'sad 't' 's",
    "  lead and trail   ", "\n\n x\n", "a\r\nb", "\t\t\tx", "tab\t word", " \n y", "x\u00a0 \u3000y", "\u00a0z",
    "猫看面包，面包看猫。", " 面包 2024年", "e\u0301te\u0301 naïve", "👩‍🍳 bakes 👩🏽‍🚀!", "½ ² Ⅷ ٣ x1y2", "1½x ½! Ⅷ٣²…",
    "\x00\x01 nul", "...?! --- ,a", "\u200b zero \ufeffwidth", "ſt ﬁ ǅ ª", "\x1c\x85 \u2028next", "хлеб и кот",
    b"caf\xe9 \xff\xfe \xe2\x82 ok", b"\xf0\x9f\x91", b"\xed\xa0\x80",
]


def pieces(data):
    text = data.decode("utf-8", "surrogateescape")
    out = [p.encode("utf-8", "surrogateescape") for p in PATTERN.findall(text)]
    assert b"".join(out) == data
    return out


def join(symbols, pair, token):
    out, i = [], 0
    while i < len(symbols):
        if tuple(symbols[i : i + 2]) == pair:
            out.append(token)
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return out


def train(data, merges):
    words = collections.Counter(tuple(b + 1 for b in p) for p in pieces(data))
    learned = []
    while len(learned) < merges:
        counts = collections.Counter()
        for word, n in words.items():
            for pair in zip(word, word[1:]):
                counts[pair] += n
        pair, n = min(counts.items(), key=lambda c: (-c[1], c[0]))
        if n < 2:
            break
        joined = collections.Counter()
        for word, k in words.items():
            joined[tuple(join(word, pair, 257 + len(learned)))] += k
        words = joined
        learned.append(pair)
    return learned


def encode(data, rank):
    out = []
    for p in pieces(data):
        symbols = [b + 1 for b in p]
        while True:
            known = [(rank[q], q) for q in zip(symbols, symbols[1:]) if q in rank]
            if not known:
                break
            i, pair = min(known)
            symbols = join(symbols, pair, 257 + i)
        out += symbols
    return out


merges = train(TRAIN, 120)
rank = {pair: i for i, pair in enumerate(merges)}
texts = []
for t in TEXTS:
    data = t if isinstance(t, bytes) else t.encode()
    texts.append({"text": data.hex(), "pieces": [p.hex() for p in pieces(data)], "tokens": encode(data, rank)})
print(json.dumps({"train": TRAIN.hex(), "merges": merges, "texts": texts}))
