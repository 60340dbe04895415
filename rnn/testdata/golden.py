"""Writes elman.json, lstm.json and gru.json: what PyTorch says about small recurrent models, for TestGolden.

Run: python3 golden.py   (made with PyTorch 1.13, float64)

Weights come from a formula, so that no weight file is needed. Two batches follow each other; the numbers
are those of the second, which begins with the memory the first left behind. Every document of a row is
run alone, and from a memory of zeros if it begins with BOS: the packed batch must give the same.
"""
import json
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
V, E, H, L = 9, 5, 6, 2
FIRST = [[0, 3, 5, 2, 7], [1, 0, 4, 4, 8]]
X = [[6, 3, 0, 8, 1], [2, 2, 5, 0, 0]]
Y = [[3, 0, 8, -1, 4], [2, 5, 0, 0, 7]]


def summary(g):
    g = g.flatten()
    i = torch.arange(len(g))
    return {"sum": g.sum().item(), "norm": g.norm().item(), "probe": (g * torch.cos(0.7 * i)).sum().item(),
            "values": g[:8].tolist()}


def rounded(x):
    if isinstance(x, float):
        return float(f"{x:.9g}")
    if isinstance(x, list):
        return [rounded(y) for y in x]
    if isinstance(x, dict):
        return {k: rounded(y) for k, y in x.items()}
    return x


def documents(row):
    """Cuts a row before every BOS."""
    cuts = [0] + [i for i in range(1, len(row)) if row[i] == 0] + [len(row)]
    return [row[a:b] for a, b in zip(cuts, cuts[1:]) if a < b]


class Model(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.encoder = nn.Embedding(V, E)
        self.rnn = cell(E, H, L)
        self.decoder = nn.Linear(H, V)

    def rows(self, batch, states):
        """Logits [B, T, V] and the memory of every row afterwards."""
        logits, after = [], []
        for row, state in zip(batch, states):
            out = []
            for d in documents(row):
                if d[0] == 0:
                    state = None
                h, state = self.rnn(self.encoder(torch.tensor(d)), state)
                out.append(self.decoder(h))
            logits.append(torch.cat(out))
            after.append(state)
        return torch.stack(logits), after


for name, cell in [("elman", nn.RNN), ("lstm", nn.LSTM), ("gru", nn.GRU)]:
    m = Model(cell)
    with torch.no_grad():
        for k, (_, p) in enumerate(sorted(m.named_parameters())):
            p.copy_((0.4 * torch.sin(0.37 * torch.arange(p.numel()) + k)).float().double().view(p.shape))
    with torch.no_grad():
        _, states = m.rows(FIRST, [None] * len(FIRST))
    logits, _ = m.rows(X, states)
    loss = F.cross_entropy(logits.view(-1, V), torch.tensor(Y).view(-1), ignore_index=-1)
    loss.backward()
    with open(name + ".json", "w") as f:
        json.dump(rounded({
            "config": {"cell": name, "vocab_size": V, "n_embd": E, "hidden": H, "layers": L},
            "b": len(X), "t": len(X[0]), "first": sum(FIRST, []), "x": sum(X, []), "y": sum(Y, []),
            "loss": loss.item(), "logits": logits.view(-1, V).tolist(),
            "gradients": {n: summary(p.grad) for n, p in m.named_parameters()},
        }), f)
        f.write("\n")
