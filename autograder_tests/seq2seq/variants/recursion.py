"""Recursion in the place of loops."""

import functools
import itertools

import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)

    def forward(self, src, lengths):
        states = self.states(self.embedding(src), None)
        out = torch.cat(states, dim=1)
        return out, torch.cat([out[b, n - 1 : n] for b, n in enumerate(lengths)])

    def states(self, x, h):
        if x.size(1) == 0:
            return []
        out, h = self.gru(x[:, :1], h)
        return [out, *self.states(x[:, 1:], h)]


class Decoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, h):
        return (lambda new: (self.head(new), new))(self.cell(self.embedding(token), h))


class Seq2Seq(nn.Module):
    def __init__(self, words, symbols, embedding_size, hidden_size, bos):
        super().__init__()
        self.encoder = Encoder(words, embedding_size, hidden_size)
        self.decoder = Decoder(symbols, embedding_size, hidden_size)
        self.bos = bos

    def forward(self, src, lengths, tgt):
        first = torch.full((len(tgt),), self.bos)
        given = [first, *tgt[:, :-1].T]
        start = None, self.encoder(src, lengths)[1]
        steps = itertools.accumulate(
            given, lambda before, token: self.decoder(token, before[1]), initial=start
        )
        return torch.stack([logits for logits, _ in itertools.islice(steps, 1, None)], dim=1)


def sequence_loss(logits, targets, pad):
    targets = targets.masked_fill(targets == pad, -100)
    return nn.CrossEntropyLoss()(logits.reshape(-1, logits.size(-1)), targets.reshape(-1))


def train_step(model, optimizer, src, lengths, tgt, pad, max_norm):
    model.train(True)

    def closure():
        optimizer.zero_grad()
        loss = sequence_loss(model(src, lengths, tgt), tgt, pad)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        return loss

    return optimizer.step(closure).item()


def translate(model, src, lengths, bos, eos, max_length):
    def go_on(token, h, left, ended):
        if left == 0 or bool(ended.all()):
            return [[] for _ in token]
        logits, h = model.decoder(token, h)
        token = logits.argmax(-1)
        ended = ended | (token == eos)
        rest = go_on(token, h, left - 1, ended)
        return [
            [] if over else [int(symbol), *more]
            for symbol, over, more in zip(token, ended, rest, strict=True)
        ]

    mode = model.training
    try:
        model.eval()
        with torch.no_grad():
            _, h = model.encoder(src, lengths)
            token = torch.full(lengths.shape, bos)
            return go_on(token, h, max_length, torch.zeros(len(src), dtype=torch.bool))
    finally:
        model.train(mode)


def exact_match(predicted, truth, eos):
    rows = [list(itertools.takewhile(lambda s: s != eos, row)) for row in truth.tolist()]
    return sum(map(lambda pair: pair[0] == pair[1], zip(predicted, rows, strict=True))) / len(rows)


def edit_distance(a, b):
    a, b = tuple(a), tuple(b)

    @functools.cache
    def rest(i, j):
        if i == len(a):
            return len(b) - j
        if j == len(b):
            return len(a) - i
        return min(rest(i + 1, j) + 1, rest(i, j + 1) + 1, rest(i + 1, j + 1) + (a[i] != b[j]))

    return rest(0, 0)
