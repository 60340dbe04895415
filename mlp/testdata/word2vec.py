"""Writes word2vec.json: what PyTorch says about negative sampling, for TestWord2VecGolden.

Run: python3 word2vec.py   (made with PyTorch 1.13, float64)

Weights come from a formula, so that no weight file is needed. The loss is written from Mikolov et al.
2013b, equation 4, with autograd doing the gradient; a word of the noise that is the true word is left out.
"""
import json

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
V, C = 12, 6
EXAMPLES = [
    {"around": [3, 4, 3, 7], "out": [5, 6, 7, 5, 6]},
    {"around": [9], "out": [1, 2, 3, 4, 8]},
    {"around": [5, 6, 7, 8, 9, 10], "out": [3, 3, 1, 2, 11]},
]


def weights(k):
    w = 0.4 * torch.sin(0.37 * torch.arange(V * C) + k)
    return w.float().double().view(V, C).requires_grad_()


def loss_of(v, u, out):
    total = -F.logsigmoid(u[out[0]] @ v)
    for j in out[1:]:
        if j != out[0]:
            total = total - F.logsigmoid(-(u[j] @ v))
    return total


result = {}
for objective in ["skip-gram", "cbow"]:
    syn0, syn1neg = weights(0), weights(1)
    loss = 0
    for e in EXAMPLES:
        if objective == "cbow":
            loss = loss + loss_of(syn0[e["around"]].mean(0), syn1neg, e["out"])
        else:
            for w in e["around"]:
                loss = loss + loss_of(syn0[w], syn1neg, e["out"])
    loss.backward()
    result[objective] = {"loss": loss.item(), "syn0": syn0.grad.flatten().tolist(), "syn1neg": syn1neg.grad.flatten().tolist()}

round9 = lambda x: {k: [float(f"{y:.9g}") for y in v] if isinstance(v, list) else float(f"{v:.9g}") for k, v in x.items()}
with open("word2vec.json", "w") as f:
    json.dump({"vocab": V, "n_embd": C, "examples": EXAMPLES, "results": {k: round9(v) for k, v in result.items()}}, f)
