"""Writes optimizers.json: what torch.optim does to a few weights in twelve steps. Run: python3 optimizers.py > optimizers.json"""
import json, math, torch

N, STEPS = 23, 12

def weights():
    return torch.tensor([0.5 * math.sin(0.37 * i + 1) for i in range(N)], dtype=torch.float32)

def gradient(k):  # of step k = 0, 1, …; one weight sees large gradients, one tiny, one none
    g = [math.cos(0.61 * i + 0.9 * k) for i in range(N)]
    g[0] *= 20
    g[1] *= 1e-6
    g[2] = 0.0
    return torch.tensor(g, dtype=torch.float32)

def run(make, lr_of=None):
    w = torch.nn.Parameter(weights())
    opt = make([w])
    out = []
    for k in range(STEPS):
        if lr_of:
            opt.param_groups[0]["lr"] = lr_of(k)
        w.grad = gradient(k)
        opt.step()
        out.append([float(x) for x in w.detach().double()])
    return out

def clipped():  # the norm of two parameters together
    a, b = torch.nn.Parameter(weights()), torch.nn.Parameter(weights()[:5])
    a.grad, b.grad = gradient(3), gradient(4)[:5]
    norm = torch.nn.utils.clip_grad_norm_([a, b], 1.0)
    return {"norm": float(norm), "a": [float(x) for x in a.grad.double()], "b": [float(x) for x in b.grad.double()]}

print(json.dumps({
    "torch": torch.__version__,
    "start": [float(x) for x in weights().double()],
    "gradients": [[float(x) for x in gradient(k).double()] for k in range(STEPS)],
    "adam": run(lambda p: torch.optim.AdamW(p, lr=0.01, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.0)),
    "adamw": run(lambda p: torch.optim.AdamW(p, lr=0.02, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1),
                 lambda k: 0.02 / (k + 1)),
    "clip": clipped(),
}))
