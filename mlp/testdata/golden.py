"""Writes mlp.json and direct.json: what PyTorch says about a small neural probabilistic language model,
without and with direct connections, for TestGolden.

Run: python3 golden.py   (made with PyTorch 1.13, float64)

Weights come from a formula, so that no weight file is needed. The context of every position is gathered
here one by one: the last N tokens of the same document, BOS where there are fewer.
"""
import json

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
V, N, E, H = 9, 3, 4, 7
X = [[0, 3, 5, 2, 7, 0, 1, 1, 8, 2], [6, 3, 0, 8, 1, 4, 0, 0, 5, 6]]
Y = [[3, 5, 2, 7, 0, 1, 1, 8, 2, 0], [3, -1, 8, 1, 4, 0, 0, 5, 6, -1]]


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
    P = {}
    for k, (p, shape) in enumerate(shapes):
        w = 0.4 * torch.sin(0.37 * torch.arange(torch.Size(shape).numel()) + k)
        P[p] = w.float().double().view(shape).requires_grad_()
    contexts = torch.tensor([context(row, t) for row in X for t in range(len(row))])
    x = P["C"][contexts].view(len(contexts), N * E)
    logits = P["b"] + torch.tanh(P["d"] + x @ P["H"].T) @ P["U"].T
    if direct:
        logits = logits + x @ P["W"].T
    loss = F.cross_entropy(logits, torch.tensor(sum(Y, [])), ignore_index=-1)
    loss.backward()
    with open(name + ".json", "w") as f:
        json.dump(rounded({
            "config": {"vocab_size": V, "context": N, "n_embd": E, "hidden": H, "direct": direct},
            "b": len(X), "t": len(X[0]), "x": sum(X, []), "y": sum(Y, []),
            "loss": loss.item(), "logits": logits.tolist(),
            "gradients": {n: summary(p.grad) for n, p in P.items()},
        }), f)
        f.write("\n")
