"""Prints the learning rates of nanoGPT's schedule, from its description: linear warm-up of 100 steps that ends at 1e-3, then
a cosine to 1e-4 at step 2000. Columns: step, rate."""
from math import cos, pi

def rate(it, warmup=100, last=2000, high=1e-3, low=1e-4):
    if it < warmup:
        return high * (it + 1) / (warmup + 1)
    ratio = (it - warmup) / (last - warmup)
    return low + 0.5 * (1 + cos(pi * ratio)) * (high - low)

for it in (0, 1, 50, 99, 100, 101, 500, 1050, 1999, 2000):
    print(it, repr(rate(it)))
