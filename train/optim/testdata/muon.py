"""Writes muon.json: Muon's update of three matrices in six steps, from the definitions of Jordan et al. (2024) and
Liu et al. (2025, eq. 4) in plain tensor operations. Run: python3 muon.py > muon.json"""
import json, math, torch

STEPS, LR, DECAY, MOMENTUM, SCALE = 6, 0.02, 0.1, 0.95, 0.5

def wave(rows, cols, k):
    return torch.tensor([[math.sin(0.37 * (i * cols + j) + k) + (0.3 * math.cos(1.3 * i) if k else 0)
                          for j in range(cols)] for i in range(rows)], dtype=torch.float64)

def orthogonalize(u, rounds=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    x = u / max(float(u.norm()), 1e-7)
    if x.shape[0] > x.shape[1]:
        return orthogonalize(u.T, rounds).T
    for _ in range(rounds):
        s = x @ x.T
        x = a * x + (b * s + c * s @ s) @ x
    return x

def run(rows, cols):
    w, m, out = wave(rows, cols, 0), torch.zeros(rows, cols, dtype=torch.float64), []
    for k in range(STEPS):
        g = SCALE * wave(rows, cols, k + 1)
        m = MOMENTUM * m + (1 - MOMENTUM) * g
        u = MOMENTUM * m + (1 - MOMENTUM) * g
        w = w * (1 - LR * DECAY) - LR * 0.2 * math.sqrt(max(rows, cols)) * orthogonalize(u)
        out.append([float(x) for x in w.flatten()])
    return {"rows": rows, "cols": cols, "weights": out}

print(json.dumps({"torch": torch.__version__, "runs": [run(4, 4), run(3, 7), run(9, 5)]}))
