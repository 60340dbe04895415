"""Writes bert.json and mlm.json, without next-sentence prediction: what PyTorch says about a small BERT, for TestBERTGolden.

Run: python3 bert.py   (made with PyTorch 1.13, float64)

The names are those of BertForPreTraining on Hugging Face. Every document of a row is run alone, from position 0.
"""
import math
import sys

import torch
import torch.nn.functional as F

sys.path.append("../../nn/nntest/testdata")
from torchgolden import documents, formula, write

V, W, C, H, L = 13, 8, 12, 3, 2
MASK, SEP = 11, 12
X = [[0, 3, 5, 11, 12, 2, 6, 12, 0, 11], [6, 2, 11, 10, 12, 0, 8, 12, 11, 12], [1, 2, 3, 4, 11, 6, 7, 8, 9, 10]]
Y = [[-1, -1, 5, 7, -1, -1, -1, -1, -1, 4], [-1, -1, 9, -1, -1, -1, 8, -1, 1, -1], [-1, 2, -1, -1, 5, -1, -1, -1, -1, 10]]
NEXT = [[1] + [-1] * 9, [-1] * 5 + [0] + [-1] * 4, [-1] * 10]


def shapes(nsp):
    yield "bert.embeddings.word_embeddings.weight", (V, C)
    yield "bert.embeddings.position_embeddings.weight", (W, C)
    yield "bert.embeddings.token_type_embeddings.weight", (2, C)
    layers = ["bert.embeddings.LayerNorm"]
    for i in range(L):
        at = f"bert.encoder.layer.{i}."
        layers += [at + "attention.self." + name for name in ("query", "key", "value")]
        layers += [at + "attention.output.dense", at + "attention.output.LayerNorm", at + "intermediate.dense",
                   at + "output.dense", at + "output.LayerNorm"]
    layers += ["bert.pooler.dense"] * nsp + ["cls.predictions"]
    layers += ["cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm"]
    layers += ["cls.seq_relationship"] * nsp
    for name in layers:
        if name.endswith("LayerNorm"):
            yield name + ".weight", (C,)
            yield name + ".bias", (C,)
        elif name == "cls.predictions":
            yield name + ".bias", (V,)
        else:
            out, inner = C, C
            if name.endswith("intermediate.dense"):
                out = 4 * C
            elif name.endswith("output.dense") and "attention" not in name:
                inner = 4 * C
            elif name.endswith("seq_relationship"):
                out = 2
            yield name + ".weight", (out, inner)
            yield name + ".bias", (out,)


def linear(P, name, x):
    return F.linear(x, P[name + ".weight"], P[name + ".bias"])


def norm(P, name, x):
    return F.layer_norm(x, (C,), P[name + ".weight"], P[name + ".bias"], 1e-12)


def encode(P, tokens):
    """The hidden vectors [L+1, T, C] of one document."""
    T, segment = len(tokens), [min(1, tokens[:i].count(SEP)) for i in range(len(tokens))]
    at = "bert.embeddings."
    x = P[at + "word_embeddings.weight"][torch.tensor(tokens)] + P[at + "position_embeddings.weight"][:T]
    x = norm(P, at + "LayerNorm", x + P[at + "token_type_embeddings.weight"][torch.tensor(segment)])
    hidden = [x]
    for i in range(L):
        at = f"bert.encoder.layer.{i}."
        q, k, v = (linear(P, at + "attention.self." + name, x).view(T, H, C // H).transpose(0, 1)
                   for name in ("query", "key", "value"))
        att = (q @ k.transpose(1, 2) / math.sqrt(C // H)).softmax(-1)
        y = (att @ v).transpose(0, 1).reshape(T, C)
        x = norm(P, at + "attention.output.LayerNorm", x + linear(P, at + "attention.output.dense", y))
        y = F.gelu(linear(P, at + "intermediate.dense", x))
        x = norm(P, at + "output.LayerNorm", x + linear(P, at + "output.dense", y))
        hidden.append(x)
    return torch.stack(hidden)


def windows(row):
    """Cuts a row before every BOS and where the window is full."""
    return [d[i:i + W] for d in documents(row) for i in range(0, len(d), W)]


for file, nsp in [("bert.json", True), ("mlm.json", False)]:
    P = {name: formula(k, shape, "LayerNorm.weight" in name) for k, (name, shape) in enumerate(shapes(nsp))}
    hidden = torch.cat([encode(P, d) for row in X for d in windows(row)], dim=1)
    h = norm(P, "cls.predictions.transform.LayerNorm", F.gelu(linear(P, "cls.predictions.transform.dense", hidden[-1])))
    logits = F.linear(h, P["bert.embeddings.word_embeddings.weight"], P["cls.predictions.bias"])
    loss = F.cross_entropy(logits, torch.tensor(Y).view(-1), ignore_index=-1)
    if nsp:
        pairs = linear(P, "cls.seq_relationship", torch.tanh(linear(P, "bert.pooler.dense", hidden[-1])))
        loss = loss + F.cross_entropy(pairs, torch.tensor(NEXT).view(-1), ignore_index=-1)
    loss.backward()
    config = {"vocab_size": V, "n_positions": W, "n_embd": C, "n_head": H, "n_layer": L, "nsp": nsp}
    write(file, config, X, Y, loss, logits, P.items(), next=sum(NEXT, []), hidden=hidden.tolist())
