"""Writes rl.json: the losses of reinforcement learning as PyTorch computes them, for TestRLGolden.

Run: python3 rl.py   (made with PyTorch 1.13, float64)

Eight answers, two to each of four prompts, of different lengths; the rewards of the third prompt are equal. OWN says
which tokens the policy drew: a tool inserted the others. All numbers are formulas of the position. Everything is
written as in the papers, answer by answer with masks, unlike the flat arrays of package align.
"""
import json
import math
import sys

import torch

sys.path.append("../../nn/nntest/testdata")
from torchgolden import rounded

torch.set_default_dtype(torch.float64)
OWN = [[1, 1, 1], [1], [1, 1, 0, 0, 1, 1], [1, 1, 1, 1], [1, 1], [1, 1, 1, 1, 1], [1, 0, 1], [1, 1, 1, 1, 1, 1]]
REWARDS = [1, 0, 0.25, -1, 0.1, 0.1, 0.75, -0.5]
GROUP, MOST = 2, 6
CLIP, KL, LAMBDA, FLOOR, VALUE = 0.2, 0.05, 0.95, 0.1, 0.5


def formula(a, b, scale, base):
    out, n = [], 0
    for own in OWN:
        out.append(torch.tensor([base + scale * math.sin(a * (n + j) + b) for j in range(len(own))]))
        n += len(own)
    return out


def leaves(values):
    return [v.clone().requires_grad_() for v in values]


new = leaves(formula(0.37, 0.1, 0.8, -1.2))
value = leaves(formula(0.53, 0.2, 0.6, 0.1))
old = [p.detach() + d for p, d in zip(new, formula(0.91, 0.7, 0.4, 0.0))]
reference = [p.detach() + d for p, d in zip(new, formula(0.29, 0.3, 0.9, 0.1))]
mask = [torch.tensor(own, dtype=torch.float64) for own in OWN]
rewards = torch.tensor(REWARDS)


def surrogate(i, advantage):
    """PPO's clipped objective of the tokens of answer i (Schulman et al. 2017, eq. 7)."""
    ratio = (new[i] - old[i]).exp()
    return torch.min(ratio * advantage, ratio.clamp(1 - CLIP, 1 + CLIP) * advantage)


def grads(loss, leaf):
    for x in new + value:
        x.grad = None
    loss.backward()
    return [x.grad.tolist() for x in leaf]


def grpo(scale, length):
    """Shao et al. 2024, eq. 3 and 4; Liu et al. 2025 without scale and with a constant length."""
    groups = rewards.view(-1, GROUP)
    advantages = groups - groups.mean(1, keepdim=True)
    if scale == "group":
        advantages = advantages / (groups.std(1, keepdim=True) + FLOOR)
    if scale == "batch":
        advantages = advantages / (rewards.std() + FLOOR)
    advantages = advantages.flatten()
    loss, total = 0, sum(m.sum() for m in mask)
    for i, m in enumerate(mask):
        d = reference[i] - new[i]
        tokens = -surrogate(i, advantages[i]) + KL * (d.exp() - d - 1)
        n = {"answer": m.sum() * len(mask), "batch": total, "constant": MOST * len(mask)}[length]
        loss = loss + (tokens * m).sum() / n
    return {"normalise": scale, "length": length, "advantages": advantages.tolist(), "loss": loss.item(),
            "grad": grads(loss, new)}


def ppo(whiten):
    """Schulman et al. 2017, eq. 7 and 9, with eq. 11 and 12 over the tokens that the policy drew, and the KL penalty
    of Ouyang et al. 2022, eq. 2, in the reward of every token."""
    advantages, targets = [], []
    for i, m in enumerate(mask):
        steps = [t for t in range(len(m)) if m[t] > 0]
        a, target, delta = torch.zeros(len(m)), torch.zeros(len(m)), {}
        for n, t in enumerate(steps):
            after = value[i][steps[n + 1]].item() if n + 1 < len(steps) else 0.0
            earned = -KL * (old[i][t] - reference[i][t]).item() + (REWARDS[i] if n + 1 == len(steps) else 0.0)
            delta[n] = earned + after - value[i][t].item()
        for n, t in enumerate(steps):
            a[t] = sum(LAMBDA ** l * delta[n + l] for l in range(len(steps) - n))
            target[t] = a[t] + value[i][t].item()
        advantages.append(a)
        targets.append(target)
    plain = [a.tolist() for a in advantages]
    if whiten:
        drawn = torch.cat([a[m > 0] for a, m in zip(advantages, mask)])
        advantages = [(a - drawn.mean()) / (drawn.std() + FLOOR) for a in advantages]
    loss, policy, error = ppo_loss(advantages, targets)
    result = {"normalise": "batch" if whiten else "none", "advantages": plain, "targets": lists(targets),
              "policy_loss": policy.item(), "value_loss": error.item(), "loss": loss.item()}
    result["grad"] = grads(loss, new)
    result["value_grad"] = grads(ppo_loss(advantages, targets)[0], value)
    return result


def ppo_loss(advantages, targets):
    total = sum(m.sum() for m in mask)
    policy = sum((-surrogate(i, advantages[i]) * m).sum() for i, m in enumerate(mask)) / total
    error = sum(((value[i] - targets[i]) ** 2 * m).sum() for i, m in enumerate(mask)) / total
    return policy + VALUE * error, policy, error


def lists(tensors):
    return [t.tolist() for t in tensors]


golden = {"own": OWN, "rewards": REWARDS, "samples": GROUP, "most": MOST, "clip": CLIP, "kl": KL, "lambda": LAMBDA,
          "floor": FLOOR, "value": VALUE, "new": lists(new), "old": lists(old), "reference": lists(reference),
          "values": lists(value),
          "grpo": [grpo("group", "answer"), grpo("batch", "batch"), grpo("none", "constant")],
          "ppo": [ppo(False), ppo(True)]}
with open("rl.json", "w") as f:
    json.dump(rounded(golden), f)
    f.write("\n")
