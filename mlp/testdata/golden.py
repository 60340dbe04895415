"""Writes mlp.json and direct.json: what PyTorch says about a small neural probabilistic language model,
without and with direct connections, for TestGolden.

Run: python3 golden.py   (made with PyTorch 1.13, float64)

Weights come from a formula, so that no weight file is needed. The context of every position is gathered
here one by one: the last N tokens of the same document, BOS where there are fewer.
"""
import sys

import torch
import torch.nn.functional as F

sys.path.append("../../nn/nntest/testdata")
from torchgolden import formula, write

V, N, E, H = 9, 3, 4, 7
X = [[0, 3, 5, 2, 7, 0, 1, 1, 8, 2], [6, 3, 0, 8, 1, 4, 0, 0, 5, 6]]
Y = [[3, 5, 2, 7, 0, 1, 1, 8, 2, 0], [3, -1, 8, 1, 4, 0, 0, 5, 6, -1]]


def context(row, t):
    out = []
    for i in range(t, t - N, -1):
        inside = i >= 0 and 0 not in out
        out.insert(0, row[i] if inside else 0)
    return out


for name, direct in [("mlp", False), ("direct", True)]:
    shapes = [("C", (V, E)), ("H", (H, N * E)), ("d", (H,)), ("U", (V, H)), ("b", (V,))]
    if direct:
        shapes.append(("W", (V, N * E)))
    P = {p: formula(k, shape) for k, (p, shape) in enumerate(shapes)}
    contexts = torch.tensor([context(row, t) for row in X for t in range(len(row))])
    x = P["C"][contexts].view(len(contexts), N * E)
    logits = P["b"] + torch.tanh(P["d"] + x @ P["H"].T) @ P["U"].T
    if direct:
        logits = logits + x @ P["W"].T
    loss = F.cross_entropy(logits, torch.tensor(sum(Y, [])), ignore_index=-1)
    loss.backward()
    config = {"vocab_size": V, "context": N, "n_embd": E, "hidden": H, "direct": direct}
    write(name + ".json", config, X, Y, loss, logits, P.items())
