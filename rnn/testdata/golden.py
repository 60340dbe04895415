"""Writes elman.json, lstm.json and gru.json: what PyTorch says about small recurrent models, for TestGolden.

Run: python3 golden.py   (made with PyTorch 1.13, float64)

Weights come from a formula, so that no weight file is needed. Two batches follow each other; the numbers
are those of the second, which begins with the memory the first left behind. Every document of a row is
run alone, and from a memory of zeros if it begins with BOS: the packed batch must give the same.
"""
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

sys.path.append("../../nn/nntest/testdata")
from torchgolden import documents, formula, write

V, E, H, L = 9, 5, 6, 2
FIRST = [[0, 3, 5, 2, 7], [1, 0, 4, 4, 8]]
X = [[6, 3, 0, 8, 1], [2, 2, 5, 0, 0]]
Y = [[3, 0, 8, -1, 4], [2, 5, 0, 0, 7]]


class Model(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.encoder = nn.Embedding(V, E)
        self.rnn = cell(E, H, L)
        self.decoder = nn.Linear(H, V)

    def rows(self, batch, states):
        """Logits [B, T, V] and the memory of every row afterwards."""
        logits, after = [], []
        for row, state in zip(batch, states):
            out = []
            for d in documents(row):
                if d[0] == 0:
                    state = None
                h, state = self.rnn(self.encoder(torch.tensor(d)), state)
                out.append(self.decoder(h))
            logits.append(torch.cat(out))
            after.append(state)
        return torch.stack(logits), after


for name, cell in [("elman", nn.RNN), ("lstm", nn.LSTM), ("gru", nn.GRU)]:
    m = Model(cell)
    with torch.no_grad():
        for k, (_, p) in enumerate(sorted(m.named_parameters())):
            p.copy_(formula(k, p.shape))
    with torch.no_grad():
        _, states = m.rows(FIRST, [None] * len(FIRST))
    logits, _ = m.rows(X, states)
    loss = F.cross_entropy(logits.view(-1, V), torch.tensor(Y).view(-1), ignore_index=-1)
    loss.backward()
    config = {"cell": name, "vocab_size": V, "n_embd": E, "hidden": H, "layers": L}
    write(name + ".json", config, X, Y, loss, logits.view(-1, V), m.named_parameters(), first=sum(FIRST, []))
