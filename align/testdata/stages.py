"""Writes sft.json, lora.json, loralinear.json, reward.json and dpo.json: the losses and gradients of the stages.

Run: python3 stages.py   (made with PyTorch 1.13, float64)

The models are those of ../../transformer/testdata. Every conversation runs alone, without padding and without a
batch, and the losses are written as in the papers.
"""
import json
import math
import sys

import torch
import torch.nn.functional as F

for room in "nn/nntest", "transformer":
    sys.path.append(f"../../{room}/testdata")
import golden as gpt2
import llama as llama2
from torchgolden import formula, rounded, summary

# The tokens of the prompt and of the answer of each conversation. BOS (0) precedes, and token 10 is [END].
CONVERSATIONS = [([8, 3, 5, 9], [2, 7, 10]), ([8, 9], [10]), ([8, 1, 9], [4, 10])]
PAIRS = [([8, 3, 9], [2, 7, 10], [4, 10]), ([8, 9], [10], [1, 1, 6, 10]), ([8, 5, 5, 9], [6, 10], [7, 10])]
TEXT = [1, 2, 3, 4, 5, 0]
RANK, ALPHA, TOKENS = 2, 6.0, [8, 9, 10]
BETA, NLL, REHEARSE, CENTER = 0.3, 0.2, 0.5, 0.1

GPT = {"vocab_size": gpt2.V, "n_positions": gpt2.W, "n_embd": gpt2.C, "n_head": gpt2.H, "n_layer": gpt2.L}
LLAMA = {"vocab_size": llama2.V, "max_position_embeddings": llama2.W, "hidden_size": llama2.C,
         "intermediate_size": llama2.I, "num_hidden_layers": llama2.L, "num_attention_heads": llama2.H,
         "num_key_value_heads": 2, "rope_theta": llama2.THETA, "rms_norm_eps": llama2.EPS, "tie_word_embeddings": True}


def weights(shapes, first=0):
    return {name: formula(first + k, shape, ("ln_" in name or "norm" in name) and name.endswith("weight"))
            for k, (name, shape) in enumerate(shapes)}


def gpt(P, tokens):
    return gpt2.gpt(P, tokens, False)


def llama(P, tokens):
    hidden = llama2.encode(P, 2, tokens)
    return F.linear(hidden[-1], P["model.embed_tokens.weight"]), hidden


def answer_log_probs(model, P, prompt, answer):
    """ln P of each token of an answer."""
    tokens = [0] + prompt + answer
    logits, _ = model(P, tokens[:-1])
    at = torch.arange(len(prompt), len(prompt) + len(answer))
    return logits.log_softmax(-1)[at, torch.tensor(answer)]


def sft_loss(model, P):
    return -torch.cat([answer_log_probs(model, P, p, a) for p, a in CONVERSATIONS]).mean()


def write(name, config, P, **results):
    results["loss"].backward()
    out = {k: v.tolist() if isinstance(v, torch.Tensor) else v for k, v in results.items()}
    out |= {"config": config, "gradients": {k: summary(p.grad) for k, p in P.items() if p.grad is not None}}
    with open(name, "w") as f:
        json.dump(rounded(out), f)
        f.write("\n")


def sft():
    P = weights(gpt2.shapes(False, False))
    write("sft.json", GPT, P, loss=sft_loss(gpt, P))


def lora(name, config, model, base, prefix, table, across, layers):
    """W + α/r·B·A for the matrices of layers, and rows of their own for TOKENS."""
    frozen = {k: p.detach() for k, p in base.items()}
    trained, W = {}, dict(frozen)
    for k, p in frozen.items():
        layer = k.removesuffix(".weight")
        if layer.split(".")[-1] not in layers:
            continue
        out, into = p.shape[::-1] if across else p.shape
        A, B = formula(len(trained), (RANK, into)), formula(len(trained) + 1, (out, RANK))
        trained[f"base_model.model.{prefix}{layer}.lora_A.weight"] = A
        trained[f"base_model.model.{prefix}{layer}.lora_B.weight"] = B
        change = ALPHA / RANK * (B @ A)
        W[k] = p + (change.T if across else change)
    rows = formula(len(trained), (len(TOKENS), frozen[table].shape[1]))
    trained[f"base_model.model.{prefix}{table.removesuffix('.weight')}.token_adapter.trainable_tokens_delta"] = rows
    W[table] = frozen[table].index_copy(0, torch.tensor(TOKENS), rows)
    logits = torch.cat([model(W, [0] + p + a[:-1])[0] for p, a in CONVERSATIONS])
    write(name, config, trained, loss=sft_loss(model, W), logits=logits)


def reward():
    P = {"body." + k: p for k, p in weights(gpt2.shapes(False, False)).items()}
    P["head.weight"], P["head.bias"] = formula(len(P), (1, gpt2.C)), formula(len(P) + 1, (1,))
    body = {k.removeprefix("body."): p for k, p in P.items()}

    def score(prompt, answer):
        _, hidden = gpt(body, [0] + prompt + answer)
        return F.linear(hidden[-1][-1], P["head.weight"], P["head.bias"])

    scores = torch.stack([torch.cat([score(p, w), score(p, l)]) for p, w, l in PAIRS])
    loss = -F.logsigmoid(scores[:, 0] - scores[:, 1]).mean()
    loss = loss + CENTER * scores.pow(2).mean()
    write("reward.json", GPT, P, loss=loss, scores=scores.detach())


def dpo():
    reference = weights(gpt2.shapes(False, False))
    P = {k: (p.detach() + 0.1 * torch.cos(0.2 * torch.arange(p.numel()) + i).view(p.shape)).float().double()
         .requires_grad_() for i, (k, p) in enumerate(reference.items())}

    def log_prob(P, prompt, answer):
        return answer_log_probs(gpt, P, prompt, answer).sum()

    logs = torch.stack([torch.stack([log_prob(P, p, a) for a in (w, l)]) for p, w, l in PAIRS])
    with torch.no_grad():
        ref = torch.stack([torch.stack([log_prob(reference, p, a) for a in (w, l)]) for p, w, l in PAIRS])
    rewards = BETA * (logs - ref)
    preference = -F.logsigmoid(rewards[:, 0] - rewards[:, 1]).mean()
    logits, _ = gpt(P, [0] + TEXT[:-1])
    text = F.cross_entropy(logits, torch.tensor(TEXT))
    loss = preference - NLL * logs[:, 0].mean() + REHEARSE * text
    write("dpo.json", GPT, P, loss=loss, preference=preference.detach(), rewards=rewards.detach(),
          reference=ref, logs=logs.detach())


sft()
lora("lora.json", GPT, gpt, weights(gpt2.shapes(False, False)), "transformer.", "wte.weight", True,
     {"c_attn", "c_proj", "c_fc"})
lora("loralinear.json", LLAMA, llama, weights(llama2.shapes(2, True)), "", "model.embed_tokens.weight", False,
     {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"})
reward()
dpo()
