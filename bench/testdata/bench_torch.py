#!/usr/bin/env python3
"""Time in PyTorch the training steps that `lmzoo bench` times, with the same shapes.

    python3 bench/testdata/bench_torch.py [--threads 2] [--seconds 2] [--rounds 5] [--json] [NAME...]

A step is the same as in lmzoo: random tokens in, forward, mean cross-entropy, backward, gradient
clipped to norm 1, AdamW; of word2vec, plain gradient descent on the vectors that occur.

How fast PyTorch is depends on its BLAS, on the number of threads, and on whether idle threads spin
(OMP_WAIT_POLICY=active) or sleep (passive). The policy is read when a process starts, so the script
starts itself anew for each setting, all settings in each round, and reports the best setting of each
model: the one with the smallest median. The first step of a round does not count.

On Debian: apt install python3-torch libopenblas0-openmp; OPENBLAS_CORETYPE unset. The reference BLAS,
Debian's default, is 15 to 30 times slower; the first line of the output names the BLAS.
"""
import argparse
import ctypes
import json
import math
import os
import re
import statistics
import subprocess
import sys
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError:
    sys.exit("bench_torch.py: this Python has no torch; on Debian run it with /usr/bin/python3")


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


class EncoderBlock(nn.Module):
    """A post-norm block of BERT."""

    def __init__(self, channels, heads):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(channels, eps=1e-12), nn.LayerNorm(channels, eps=1e-12)
        self.qkv, self.proj = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.wide, self.narrow = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)

    def attend(self, x):
        b, t, c = x.shape
        q, k, v = (p.view(b, t, self.heads, c // self.heads).transpose(1, 2) for p in self.qkv(x).split(c, dim=2))
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v)
        else:
            y = torch.softmax((q @ k.transpose(-2, -1)) / math.sqrt(c // self.heads), dim=-1) @ v
        return y.transpose(1, 2).reshape(b, t, c)

    def forward(self, x, positions=None):
        """Returns all rows, or the given number of rows, as [rows, channels]."""
        att = self.attend(x)
        if positions is not None:
            x, att = x.flatten(0, 1)[:positions], att.flatten(0, 1)[:positions]
        x = self.ln_1(x + self.proj(att))
        return self.ln_2(x + self.narrow(F.gelu(self.wide(x))))


class BERT(nn.Module):
    """The masked language model: logits of 15 % of the positions, where alone the last block is computed, too."""

    def __init__(self, vocab, window, layers, heads, channels):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocab, channels), nn.Embedding(window, channels)
        self.segments, self.ln = nn.Embedding(2, channels), nn.LayerNorm(channels, eps=1e-12)
        self.blocks = nn.ModuleList(EncoderBlock(channels, heads) for _ in range(layers))
        self.transform, self.ln_head = nn.Linear(channels, channels), nn.LayerNorm(channels, eps=1e-12)
        self.bias = nn.Parameter(torch.zeros(vocab))

    def forward(self, x):
        h = self.tokens(x) + self.positions.weight[: x.shape[1]] + self.segments.weight[0]
        h = self.ln(h)
        for block in self.blocks[:-1]:
            h = block(h)
        h = self.blocks[-1](h, x.numel() * 15 // 100)
        return F.linear(self.ln_head(F.gelu(self.transform(h))), self.tokens.weight, self.bias)


class ELMo(nn.Module):
    """Two stacks of LSTMs, one over the reversed rows, with a residual connection and one output layer."""

    def __init__(self, vocab, channels, layers):
        super().__init__()
        self.encoder, self.decoder = nn.Embedding(vocab, channels), nn.Linear(channels, vocab)
        self.stacks = nn.ModuleList(
            nn.ModuleList(nn.LSTM(channels, channels, batch_first=True) for _ in range(layers)) for _ in range(2))

    def forward(self, x):
        logits = []
        for stack, tokens in zip(self.stacks, (x, x.flip(1))):
            h = stack[0](self.encoder(tokens))[0]
            for lstm in stack[1:]:
                h = h + lstm(h)[0]
            logits.append(self.decoder(h))
        return torch.stack(logits)

    def loss(self, x, y):
        forwards, backwards = self(x).flatten(1, -2)
        return (F.cross_entropy(forwards, y.flatten()) + F.cross_entropy(backwards, y.flip(1).flatten())) / 2


class Word2Vec(nn.Module):
    """Skip-gram with negative sampling. The pairs of a word share its noise, so that they are matrix products."""

    def __init__(self, vocab, channels, window, negative):
        super().__init__()
        self.window, self.negative = window, negative
        self.inner, self.outer = (nn.Embedding(vocab, channels, sparse=True) for _ in range(2))

    def loss(self, x, y):
        words, vocab = x.numel(), self.inner.num_embeddings
        around = torch.randint(1, vocab, (words, 2 * self.window))
        reach = torch.randint(1, self.window + 1, (words, 1))
        inside = torch.arange(self.window).repeat(2) < reach
        out = torch.cat([x.flatten()[:, None], torch.randint(1, vocab, (words, self.negative))], dim=1)
        scores = self.inner(around) @ self.outer(out).transpose(1, 2)
        right, wrong = F.softplus(-scores[:, :, 0]), F.softplus(scores[:, :, 1:]).sum(2)
        return ((right + wrong) * inside).sum()


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
    "bert": (lambda: BERT(2000, 64, 4, 4, 128), 2000, 32, 64),
    "elmo": (lambda: ELMo(2000, 128, 2), 2000, 32, 64),
    "word2vec": (lambda: Word2Vec(10000, 100, 5, 5), 10000, 4, 256),
    "makemore-mlp": (lambda: NPLM(27, 16, 64, 64), 27, 32, 16),
    "makemore-rnn": (lambda: Recurrent(nn.RNN, 27, 64, 64), 27, 32, 16),
    "makemore-gru": (lambda: Recurrent(nn.GRU, 27, 64, 64), 27, 32, 16),
    "makemore-gpt": (lambda: GPT(27, 16, 4, 4, 64), 27, 32, 16),
}


class Run:
    def __init__(self, name):
        make, self.vocab, self.rows, self.length = SHAPES[name]
        self.name, self.model, self.seconds = name, make(), []
        self.sparse = isinstance(self.model, Word2Vec)  # trained by plain gradient descent, without clipping
        if self.sparse:
            self.optimizer = torch.optim.SGD(self.model.parameters(), lr=1e-6)
        else:
            self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-6, betas=(0.9, 0.99), weight_decay=0.1)

    def loss(self, x, y):
        if hasattr(self.model, "loss"):
            return self.model.loss(x, y)
        logits = self.model(x).flatten(0, -2)
        return F.cross_entropy(logits, y.flatten()[: len(logits)])

    def step(self):
        x, y = (torch.randint(1, self.vocab, (self.rows, self.length)) for _ in range(2))
        loss = self.loss(x, y)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if not self.sparse:
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


def blas():
    """The BLAS that torch has loaded, as OpenBLAS describes itself or as its file is called."""
    torch.ones(64, 64) @ torch.ones(64, 64)
    with open("/proc/self/maps") as maps:
        libraries = sorted({m[1] for m in re.finditer(r"(/\S*(?:blas|mkl)\S*\.so\S*)", maps.read())})
    for library in libraries:
        try:
            config = ctypes.CDLL(library).openblas_get_config
        except (OSError, AttributeError):
            continue
        config.restype = ctypes.c_char_p
        return config().decode().strip()
    return " ".join(os.path.realpath(l) for l in libraries) or "unknown BLAS"


def once(options):
    """All models in this process and its setting."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    runs = [Run(name) for name in options.names]
    for run in runs:
        run.round(options.seconds)
    print(json.dumps({"torch": torch.__version__, "blas": blas(), "seconds": {r.name: r.seconds for r in runs}}))


def settings(threads):
    """(threads, policy) of every setting; one thread waits for nobody."""
    return [(1, "active")] + [(threads, policy) for policy in ("active", "passive") if threads > 1]


def start(options, threads, policy):
    """One round of all models in a process of its own."""
    environment = {**os.environ, "OMP_WAIT_POLICY": policy, "OMP_NUM_THREADS": str(threads)}
    command = [sys.executable, __file__, "--once", "--threads", str(threads),
               "--seconds", str(options.seconds / options.rounds), *options.names]
    return json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)


def measure(options):
    """Every setting in each round: {name: {(threads, policy): [seconds of a step]}}."""
    all, about = {name: {} for name in options.names}, ""
    for _ in range(options.rounds):
        for setting in settings(options.threads):
            got = start(options, *setting)
            about = f"torch {got['torch']}, {got['blas']}"
            for name, seconds in got["seconds"].items():
                all[name].setdefault(setting, []).extend(seconds)
    return all, about


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(SHAPES))
    parser.add_argument("--threads", type=int, default=2, help="most threads; one thread is measured, too")
    parser.add_argument("--seconds", type=float, default=2, help="for each model and setting")
    parser.add_argument("--rounds", type=int, default=5, help="turns that the seconds are divided into")
    parser.add_argument("--json", action="store_true", help="print the seconds of all steps as JSON")
    parser.add_argument("--once", action="store_true", help="measure this process alone, in its setting")
    options = parser.parse_args()
    if options.once:
        once(options)
        return
    all, about = measure(options)
    if options.json:
        steps = {name: {f"{t} {p}": s for (t, p), s in by.items()} for name, by in all.items()}
        print(json.dumps({"about": about, "steps": steps}))
        return
    print(about)
    print(f"{'name':<14}{'ms/step':>10}{'fastest':>10}{'slowest':>10}{'n':>6}  best setting; others")
    for name, by in all.items():
        order = sorted(by, key=lambda setting: statistics.median(by[setting]))
        best = by[order[0]]
        words = [f"{t} thread{'s' * (t > 1)}{' ' + p if t > 1 else ''}" for t, p in order]
        others = ", ".join(f"{w} {1e3 * statistics.median(by[s]):.2f}" for w, s in zip(words[1:], order[1:]))
        print(f"{name:<14}{1e3 * statistics.median(best):>10.2f}{1e3 * min(best):>10.2f}{1e3 * max(best):>10.2f}"
              f"{len(best):>6}  {words[0]}; {others}")


if __name__ == "__main__":
    main()
