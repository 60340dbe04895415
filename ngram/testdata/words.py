#!/usr/bin/env python3
"""Makes words.json: what KenLM makes of words that are not plain text.

Run: python3 words.py

Needs KenLM's lmplz and query (github.com/kpu/kenlm) in PATH. For every text it writes the ARPA file of
lmplz, and for every line of the text, scored under that file by query, the log10 probability of every
token, </s> last, and the number of unknown words. Texts and files are base64: they are bytes.
"""
import base64, json, os, random, re, subprocess, sys, tempfile

here = os.path.dirname(os.path.abspath(__file__))

# Bytes that some tool of KenLM takes for the end of a word: lmplz, query or the reader of ARPA files.
SEPARATORS = b"\0\t\n\v\f\r "


def random_words(seed):
    """Lines of words of random bytes; the last line is long."""
    r = random.Random(seed)
    letters = [b for b in range(256) if b not in SEPARATORS]
    words = [bytes(r.choice(letters) for _ in range(r.randint(1, 6))) for _ in range(60)]
    return b"\n".join(b" ".join(r.choice(words) for _ in range(n)) for n in (4, 1, 9, 0, 7, 30)) + b"\n"


texts = {
    "zero-width joiners": "من کتاب‌ها را می‌خوانم\nاو کتاب‌ها را می‌برد\n👨‍👩‍👧 C:\\temp\\a.txt را می‌خوانم\n".encode(),
    "latin-1": b"caf\xe9 na\xefve\ncaf\xe9\n",
    "no-break space": "le prix est 10\u00a0000 euros\nil a 10\u00a0000 euros\n".encode(),
    "ideographic space": "你好\u3000世界 再见\n你好\u3000世界\n".encode(),
    "next line and line separator": "a\u0085b c\u2028d a\u0085b\nc\u2028d\n".encode(),
    "backslashes": rb"use \x41 here" b"\n" rb"use A here" b"\n" rb"use \x here \ \\ \x4 \xg1 \u0041" b"\n",
    "names of sections": rb"\data\ \end\ \1-grams: ngram 1=3 -0.5" b"\n" rb"\end\ \2-grams:" b"\n",
    "not utf-8": b"\xff\xfe \xc3 \xa9 \xc3\xa9 \xed\xa0\x80\n\xc3\xa9 \xff\xfe\n",
    "byte order mark": b"\xef\xbb\xbfone two\none two \xef\xbb\xbfone\n",
    "control characters": b"\x01 \x1b[31mred\x1b[0m \x7f \x08\x08\n\x1b[31mred\x1b[0m\n",
    "tabs and carriage returns": b"one\ttwo\rthree\r\none two\tthree\r\n",
    "random 1": random_words(1),
    "random 2": random_words(2),
}


def run(name, text, order):
    cmd = ["lmplz", "-o", str(order), "-S", "50M", "--discount_fallback"]
    arpa = subprocess.run(cmd, input=text, capture_output=True, check=True).stdout
    with tempfile.NamedTemporaryFile(suffix=".arpa") as f:
        f.write(arpa)
        f.flush()
        asked = subprocess.run(["query", f.name], input=text, capture_output=True, check=True).stdout
    lines, oov = [], 0
    for line in asked.split(b"\n"):
        if b"Total: " in line:
            lines.append([float(p) for p in re.findall(rb"=\d+ \d+ (\S+)\t", line)])
            oov += int(line.rsplit(b"OOV: ", 1)[1])
    assert len(lines) == text.count(b"\n"), name
    code = lambda b: base64.b64encode(b).decode()
    return {"name": name, "order": order, "text": code(text), "arpa": code(arpa), "log10": lines, "oov": oov}


golden = [run(name, text, order) for name, text in texts.items() for order in (2, 3)]
with open(os.path.join(here, "words.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(g, separators=(",", ":")) for g in golden) + "\n]\n")
print(len(golden), "models", file=sys.stderr)
