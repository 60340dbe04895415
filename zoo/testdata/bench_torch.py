#!/usr/bin/env python3
"""Time in PyTorch the training steps that `lmzoo bench` times, with the same shapes, and print the medians.

    python3 zoo/testdata/bench_torch.py [--threads 2] [--seconds 2] [NAME...]

A step is what the zoo's is: random tokens in, forward, mean cross-entropy, backward, gradient clipped to length 1, AdamW.
Every model is run in each of five rounds, so that a disturbance falls on all alike; the first step of a round does
not count.
"""
import argparse
import math
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F


class Recurrent(nn.Module):
    def __init__(self, cell, vocab, embd, hidden):
        super().__init__()
        self.encoder = nn.Embedding(vocab, embd)
        self.rnn = cell(embd, hidden, batch_first=True)
        self.decoder = nn.Linear(hidden, vocab)

    def forward(self, x):
        return self.decoder(self.rnn(self.encoder(x))[0])


class Block(nn.Module):
    def __init__(self, channels, heads):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.qkv, self.proj = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.wide, self.narrow = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)

    def attend(self, x, mask):
        b, t, c = x.shape
        q, k, v = (p.view(b, t, self.heads, c // self.heads).transpose(1, 2) for p in self.qkv(x).split(c, dim=2))
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            att = (q @ k.transpose(-2, -1)) / math.sqrt(c // self.heads)
            y = torch.softmax(att.masked_fill(mask[:t, :t], float("-inf")), dim=-1) @ v
        return self.proj(y.transpose(1, 2).reshape(b, t, c))

    def forward(self, x, mask):
        x = x + self.attend(self.ln_1(x), mask)
        return x + self.narrow(F.gelu(self.wide(self.ln_2(x)), approximate="tanh"))


class GPT(nn.Module):
    def __init__(self, vocab, window, layers, heads, channels):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocab, channels), nn.Embedding(window, channels)
        self.blocks = nn.ModuleList(Block(channels, heads) for _ in range(layers))
        self.ln = nn.LayerNorm(channels)
        self.register_buffer("mask", torch.ones(window, window, dtype=torch.bool).triu(1))

    def forward(self, x):
        h = self.tokens(x) + self.positions.weight[: x.shape[1]]
        for block in self.blocks:
            h = block(h, self.mask)
        return F.linear(self.ln(h), self.tokens.weight)


class NPLM(nn.Module):
    def __init__(self, vocab, context, embd, hidden):
        super().__init__()
        self.context = context
        self.c = nn.Embedding(vocab, embd)
        self.hidden, self.out = nn.Linear(context * embd, hidden), nn.Linear(hidden, vocab)

    def forward(self, x):
        padded = F.pad(x, (self.context - 1, 0))
        rows = padded.unfold(1, self.context, 1)
        return self.out(torch.tanh(self.hidden(self.c(rows).flatten(2))))


SHAPES = {  # name: (model, vocabulary, rows, tokens of a row)
    "mlp": (lambda: NPLM(65, 8, 32, 256), 65, 32, 64),
    "rnn-128": (lambda: Recurrent(nn.RNN, 65, 128, 128), 65, 32, 64),
    "lstm-128": (lambda: Recurrent(nn.LSTM, 65, 128, 128), 65, 32, 64),
    "lstm-256": (lambda: Recurrent(nn.LSTM, 65, 256, 256), 65, 32, 64),
    "gru-128": (lambda: Recurrent(nn.GRU, 65, 128, 128), 65, 32, 64),
    "gru-256": (lambda: Recurrent(nn.GRU, 65, 256, 256), 65, 32, 64),
    "gpt": (lambda: GPT(65, 64, 4, 4, 128), 65, 12, 64),
    "gpt-384": (lambda: GPT(65, 256, 6, 6, 384), 65, 4, 256),
    "makemore-mlp": (lambda: NPLM(27, 16, 64, 64), 27, 32, 16),
    "makemore-rnn": (lambda: Recurrent(nn.RNN, 27, 64, 64), 27, 32, 16),
    "makemore-gru": (lambda: Recurrent(nn.GRU, 27, 64, 64), 27, 32, 16),
    "makemore-gpt": (lambda: GPT(27, 16, 4, 4, 64), 27, 32, 16),
}


class Run:
    def __init__(self, name):
        make, self.vocab, self.rows, self.length = SHAPES[name]
        self.name, self.model, self.seconds = name, make(), []
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-6, betas=(0.9, 0.99), weight_decay=0.1)

    def step(self):
        x, y = (torch.randint(1, self.vocab, (self.rows, self.length)) for _ in range(2))
        loss = F.cross_entropy(self.model(x).flatten(0, 1), y.flatten())
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        loss.item()

    def round(self, seconds):
        self.step()
        end = time.perf_counter() + seconds
        while True:
            start = time.perf_counter()
            self.step()
            now = time.perf_counter()
            self.seconds.append(now - start)
            if now >= end:
                return


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(SHAPES))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    runs = [Run(name) for name in options.names]
    rounds = 5
    for _ in range(rounds):
        for run in runs:
            run.round(options.seconds / rounds)
    print(f"torch {torch.__version__}, {options.threads} threads")
    print(f"{'name':<14}{'ms/step':>10}{'fastest':>10}{'tokens/s':>12}{'steps':>8}")
    for run in runs:
        median = statistics.median(run.seconds)
        print(f"{run.name:<14}{1e3 * median:>10.2f}{1e3 * min(run.seconds):>10.2f}{run.rows * run.length / median:>12.0f}{len(run.seconds):>8}")


if __name__ == "__main__":
    main()
