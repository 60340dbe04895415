"""Writes elmo.json: what PyTorch says about a small ELMo, for TestELMoGolden.

Run: python3 elmo.py   (made with PyTorch 1.13, float64)

Weights come from a formula, so that no weight file is needed. Every document of a row is run alone, forwards
and backwards: the packed batch must give the same. A document that its row cuts has no known end (or beginning).
"""
import json
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

sys.path.append("../../nn/nntest/testdata")
from torchgolden import rounded, summary

V, C, L = 9, 5, 2
X = [[0, 3, 5, 2, 7, 0, 4], [6, 3, 0, 8, 1, 0, 2]]
Y = [[3, 5, 2, 7, 0, 4, 1], [3, 0, 8, 1, 0, 2, 0]]  # the last document of row 0 goes on

encoder, decoder = nn.Embedding(V, C), nn.Linear(C, V)
stacks = {d: [nn.LSTM(C, C) for _ in range(L)] for d in ["forward", "backward"]}
params = {"forward.encoder.weight": encoder.weight, "forward.decoder.weight": decoder.weight, "forward.decoder.bias": decoder.bias,
          "unigram": torch.zeros(V)}
for d, stack in stacks.items():
    for l, lstm in enumerate(stack):
        for name in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]:
            params[f"{d}.rnn.{name}_l{l}"] = getattr(lstm, name + "_l0")
with torch.no_grad():
    for k, name in enumerate(sorted(params)):
        p = params[name]
        p.copy_((0.4 * torch.sin(0.37 * torch.arange(p.numel()) + k)).float().double().view(p.shape))


def read(stack, tokens):
    """Embeddings and the output of every layer, each [len(tokens), C]."""
    layers = [encoder(torch.tensor(tokens))]
    for l, lstm in enumerate(stack):
        h = lstm(layers[-1].unsqueeze(1))[0].squeeze(1)
        layers.append(h if l == 0 else h + layers[-1])
    return layers


N = sum(y >= 0 for row in Y for y in row)
loss = 0
hidden = [[] for _ in range(L + 1)]
for x, y in zip(X, Y):
    cuts = [0] + [i for i in range(1, len(x)) if x[i] == 0] + [len(x)]
    for a, b in zip(cuts, cuts[1:]):
        doc, targets = x[a:b], y[a:b]
        begins, ends = doc[0] == 0, targets[-1] == 0
        words = doc[1:] if begins else doc
        forward = read(stacks["forward"], doc)
        loss = loss + F.cross_entropy(decoder(forward[-1]), torch.tensor(targets), reduction="sum")
        turned = ([0] if begins else []) + words[::-1]
        backward = read(stacks["backward"], turned)
        want = turned[1:] + [0 if begins else -1]
        if begins and not ends:
            want[0] = -1
        loss = loss + F.cross_entropy(decoder(backward[-1]), torch.tensor(want), reduction="sum", ignore_index=-1)
        for l in range(L + 1):
            aligned = torch.cat([backward[l][:1], backward[l][1:].flip(0)]) if begins else backward[l].flip(0)
            hidden[l].append(torch.cat([forward[l], aligned], 1))
loss = loss / (2 * N)
loss.backward()
nothing = {"sum": 0.0, "norm": 0.0, "probe": 0.0, "values": []}
with open("elmo.json", "w") as f:
    json.dump(rounded({
        "config": {"vocab_size": V, "n_embd": C, "layers": L},
        "b": len(X), "t": len(X[0]), "x": sum(X, []), "y": sum(Y, []),
        "loss": loss.item(), "hidden": [torch.cat(h).tolist() for h in hidden],
        "gradients": {n: summary(p.grad) if p.grad is not None else nothing for n, p in params.items()},
    }), f)
    f.write("\n")
