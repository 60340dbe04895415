"""Writes llama.json and mha.json, without shared keys and with an output layer of its own: what PyTorch says about a
small Llama, for TestLlamaGolden.

Run: python3 llama.py   (made with PyTorch 1.13, float64)

The names are those of LlamaForCausalLM on Hugging Face. Every document of a row is run alone, from position 0; the
last row is longer than the window and is cut.
"""
import math
import sys

import torch
import torch.nn.functional as F

sys.path.append("../../nn/nntest/testdata")
from torchgolden import documents, formula, write

V, W, C, I, H, L, THETA, EPS = 13, 8, 24, 20, 4, 2, 100.0, 1e-5
D = C // H
X = [[0, 3, 5, 1, 12, 2, 6, 12, 0, 11], [6, 2, 0, 10, 12, 0, 8, 12, 11, 9], [1, 2, 3, 4, 11, 6, 7, 8, 9, 10]]
Y = [[3, 5, 1, 12, 2, 6, 12, 0, 11, 7], [2, 0, 10, -1, 0, 8, 12, 11, 9, 1], [2, 3, 4, 11, 6, 7, 8, 9, 10, -1]]


def shapes(K, tied):
    yield "model.embed_tokens.weight", (V, C)
    for i in range(L):
        at = f"model.layers.{i}."
        yield at + "input_layernorm.weight", (C,)
        for name, out in ("q", C), ("k", K * D), ("v", K * D), ("o", C):
            yield at + f"self_attn.{name}_proj.weight", (out, C)
        yield at + "post_attention_layernorm.weight", (C,)
        yield at + "mlp.gate_proj.weight", (I, C)
        yield at + "mlp.up_proj.weight", (I, C)
        yield at + "mlp.down_proj.weight", (C, I)
    yield "model.norm.weight", (C,)
    if not tied:
        yield "lm_head.weight", (V, C)


def norm(P, name, x):
    return P[name + ".weight"] * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPS)


def rotate(x):
    """Turns x [heads, T, D] by its positions, with Hugging Face's rotate_half."""
    angles = torch.arange(x.shape[1])[:, None] * THETA ** (-torch.arange(0, D, 2) / D)
    angles = torch.cat([angles, angles], dim=-1)
    half = torch.cat([-x[..., D // 2:], x[..., :D // 2]], dim=-1)
    return x * angles.cos() + half * angles.sin()


def encode(P, K, tokens):
    """The hidden vectors [L+1, T, C] of one document."""
    T, x, hidden = len(tokens), P["model.embed_tokens.weight"][torch.tensor(tokens)], []
    for i in range(L):
        hidden.append(x)
        at = f"model.layers.{i}."
        y = norm(P, at + "input_layernorm", x)
        q, k, v = (F.linear(y, P[at + f"self_attn.{name}_proj.weight"]).view(T, -1, D).transpose(0, 1) for name in "qkv")
        q, k = rotate(q), rotate(k)
        k, v = k.repeat_interleave(H // K, 0), v.repeat_interleave(H // K, 0)
        scores = (q @ k.transpose(1, 2) / math.sqrt(D)).masked_fill(torch.ones(T, T).triu(1) == 1, -math.inf)
        y = (scores.softmax(-1) @ v).transpose(0, 1).reshape(T, C)
        x = x + F.linear(y, P[at + "self_attn.o_proj.weight"])
        y = norm(P, at + "post_attention_layernorm", x)
        y = F.silu(F.linear(y, P[at + "mlp.gate_proj.weight"])) * F.linear(y, P[at + "mlp.up_proj.weight"])
        x = x + F.linear(y, P[at + "mlp.down_proj.weight"])
    return torch.stack(hidden + [norm(P, "model.norm", x)])


def windows(row):
    """Cuts a row before every BOS and where the window is full."""
    return [d[i:i + W] for d in documents(row) for i in range(0, len(d), W)]


if __name__ == "__main__":
    for file, K, tied in [("llama.json", 2, True), ("mha.json", 4, False)]:
        P = {name: formula(k, shape, "norm.weight" in name) for k, (name, shape) in enumerate(shapes(K, tied))}
        hidden = torch.cat([encode(P, K, d) for row in X for d in windows(row)], dim=1)
        logits = F.linear(hidden[-1], P["model.embed_tokens.weight" if tied else "lm_head.weight"])
        loss = F.cross_entropy(logits, torch.tensor(Y).view(-1), ignore_index=-1)
        loss.backward()
        config = {"vocab_size": V, "max_position_embeddings": W, "hidden_size": C, "intermediate_size": I,
                  "num_hidden_layers": L, "num_attention_heads": H, "num_key_value_heads": K, "rope_theta": THETA,
                  "rms_norm_eps": EPS, "tie_word_embeddings": tied}
        write(file, config, X, Y, loss, logits, P.items(), hidden=hidden.tolist())
