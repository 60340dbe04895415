"""Writes gpt.json (GPT-2), smear.json (with smeared keys) and post.json (post-norm, as GPT-1) for TestGolden.

Run: python3 golden.py   (made with PyTorch 1.13, float64)

Weights come from a formula, so that no weight file is needed. Every document of a row is run alone,
from position 0: the packed batch must give the same.
"""
import math
import sys

import torch
import torch.nn.functional as F

sys.path.append("../../nn/nntest/testdata")
from torchgolden import documents, formula, write

V, W, C, H, L = 11, 8, 12, 3, 2
X = [[0, 3, 5, 2, 0, 4, 1, 7], [6, 2, 9, 10, 0, 8, 8, 3], [0, 0, 1, 2, 3, 4, 5, 6]]
Y = [[3, 5, 2, 0, 4, 1, 7, 9], [2, -1, 10, 0, 8, 8, -1, 0], [0, 1, 2, 3, 4, 5, 6, -1]]


def shapes(smear, post):
    yield "wte.weight", (V, C)
    yield "wpe.weight", (W, C)
    for i in range(L):
        for name, shape in [
            ("ln_1.weight", (C,)), ("ln_1.bias", (C,)),
            ("attn.c_attn.weight", (C, 3 * C)), ("attn.c_attn.bias", (3 * C,)),
            ("attn.c_proj.weight", (C, C)), ("attn.c_proj.bias", (C,)),
            ("ln_2.weight", (C,)), ("ln_2.bias", (C,)),
            ("mlp.c_fc.weight", (C, 4 * C)), ("mlp.c_fc.bias", (4 * C,)),
            ("mlp.c_proj.weight", (4 * C, C)), ("mlp.c_proj.bias", (C,)),
        ]:
            yield f"h.{i}.{name}", shape
            if smear and name == "attn.c_proj.bias":
                yield f"h.{i}.attn.smear", (H,)
    if not post:
        yield "ln_f.weight", (C,)
        yield "ln_f.bias", (C,)


def gpt(P, tokens, post):
    """The logits [T, V] of one document that stands alone, and the hidden vectors [L+1, T, C]."""
    T = len(tokens)
    norm = lambda x, name: F.layer_norm(x, (C,), P[name + ".weight"], P[name + ".bias"], 1e-5)
    x = P["wte.weight"][torch.tensor(tokens)] + P["wpe.weight"][:T]
    hidden = [x]
    future = torch.ones(T, T).triu(1).bool()
    for i in range(L):
        p = lambda name: P[f"h.{i}.{name}"]
        y = x if post else norm(x, f"h.{i}.ln_1")
        q, k, v = (y @ p("attn.c_attn.weight") + p("attn.c_attn.bias")).split(C, dim=1)
        q, k, v = (z.view(T, H, C // H).transpose(0, 1) for z in (q, k, v))
        if f"h.{i}.attn.smear" in P:
            share = torch.sigmoid(p("attn.smear")).view(H, 1, 1)
            k = torch.cat([k[:, :1], share * k[:, 1:] + (1 - share) * k[:, :-1]], dim=1)
        scores = (q @ k.transpose(1, 2) / math.sqrt(C // H)).masked_fill(future, -math.inf)
        y = (scores.softmax(-1) @ v).transpose(0, 1).reshape(T, C)
        x = x + y @ p("attn.c_proj.weight") + p("attn.c_proj.bias")
        if post:
            x = norm(x, f"h.{i}.ln_1")
        y = x if post else norm(x, f"h.{i}.ln_2")
        y = F.gelu(y @ p("mlp.c_fc.weight") + p("mlp.c_fc.bias"), approximate="tanh")
        x = x + y @ p("mlp.c_proj.weight") + p("mlp.c_proj.bias")
        if post:
            x = norm(x, f"h.{i}.ln_2")
        hidden.append(x)
    if not post:
        hidden[-1] = norm(x, "ln_f")
    return hidden[-1] @ P["wte.weight"].T, torch.stack(hidden)


if __name__ == "__main__":
    for file, smear, post in [("gpt.json", False, False), ("smear.json", True, False), ("post.json", False, True)]:
        P = {name: formula(k, shape, "ln_" in name and name.endswith("weight"))
             for k, (name, shape) in enumerate(shapes(smear, post))}
        out = [gpt(P, d, post) for row in X for d in documents(row)]
        logits = torch.cat([o[0] for o in out])
        loss = F.cross_entropy(logits, torch.tensor(Y).view(-1), ignore_index=-1)
        loss.backward()
        config = {"vocab_size": V, "n_positions": W, "n_embd": C, "n_head": H, "n_layer": L, "smear": smear,
                  "norm": "post" if post else "pre"}
        write(file, config, X, Y, loss, logits, P.items(), hidden=torch.cat([o[1] for o in out], dim=1).tolist())
