"""What the golden.py of every package shares: weights from a formula, summaries of gradients, the file.

Each script finds it with: sys.path.append("../../nn/nntest/testdata"). Made with PyTorch 1.13, float64.
"""
import json
import math

import torch

torch.set_default_dtype(torch.float64)


def formula(k, shape, gain=0.0):
    """The weights of parameter k, in float32 and so exact in Go; gain is 1 for that of a LayerNorm."""
    w = gain + 0.4 * torch.sin(0.37 * torch.arange(math.prod(shape)) + k)
    return w.float().double().view(shape).requires_grad_()


def documents(row):
    """Cuts a row before every BOS (0)."""
    cuts = [0] + [i for i in range(1, len(row)) if row[i] == 0] + [len(row)]
    return [row[a:b] for a, b in zip(cuts, cuts[1:]) if a < b]


def summary(g):
    """What the test compares of a gradient: its sum, norm, product with a wave, and first elements."""
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


def write(file, config, X, Y, loss, logits, params, **more):
    """Writes what nntest.Golden reads; params are (name, tensor) pairs after loss.backward()."""
    golden = {"config": config, "b": len(X), "t": len(X[0]), "x": sum(X, []), "y": sum(Y, [])} | more | {
        "loss": loss.item(), "logits": logits.tolist(),
        "gradients": {name: summary(p.grad) for name, p in params}}
    with open(file, "w") as f:
        json.dump(rounded(golden), f)
        f.write("\n")
