"""Packed sentences, all symbols embedded at once, and a batch that shrinks as answers end."""

from functools import cache

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Encoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size, padding_idx=0)
        self.gru = nn.GRU(embedding_size, hidden_size, num_layers=1, batch_first=True)

    def forward(self, src, lengths):
        packed = pack_padded_sequence(
            self.embedding(src), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        out, h_n = self.gru(packed)
        out, _ = pad_packed_sequence(out, batch_first=True, total_length=src.size(1))
        return out, h_n.squeeze(0)


class Decoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size, padding_idx=0)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, h):
        new = self.cell(self.embedding(token), h)
        return self.head(new), new


class Seq2Seq(nn.Module):
    def __init__(self, words, symbols, embedding_size, hidden_size, bos):
        super().__init__()
        self.encoder = Encoder(words, embedding_size, hidden_size)
        self.decoder = Decoder(symbols, embedding_size, hidden_size)
        self.bos = bos

    def forward(self, src, lengths, tgt):
        _, h = self.encoder(src, lengths)
        given = torch.cat([torch.full_like(tgt[:, :1], self.bos), tgt[:, :-1]], dim=1)
        logits = []
        for token in given.unbind(dim=1):
            step, h = self.decoder(token, h)
            logits.append(step)
        return torch.stack(logits, 1)


def sequence_loss(logits, targets, pad):
    losses = nn.functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    counts = (targets != pad).to(losses.dtype)
    return (losses * counts).sum() / counts.sum()


def train_step(model, optimizer, src, lengths, tgt, pad, max_norm):
    model.train()
    optimizer.zero_grad(set_to_none=True)
    loss = sequence_loss(model(src, lengths, tgt), tgt, pad)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(list(model.parameters()), max_norm=max_norm)
    optimizer.step()
    return float(loss)


@torch.no_grad()
def translate(model, src, lengths, bos, eos, max_length):
    was_training = model.training
    model.eval()
    answers = {b: [] for b in range(src.size(0))}
    open_ones = torch.arange(src.size(0))  # only answers that have not ended are asked for
    _, h = model.encoder(src, lengths)
    token = torch.full((src.size(0),), bos)
    for _ in range(max_length):
        logits, h = model.decoder(token, h)
        token = logits.argmax(-1)
        go_on = token != eos
        open_ones, token, h = open_ones[go_on], token[go_on], h[go_on]
        for b, symbol in zip(open_ones.tolist(), token.tolist(), strict=True):
            answers[b].append(symbol)
        if not len(open_ones):
            break
    model.train(was_training)
    return list(answers.values())


def exact_match(predicted, truth, eos):
    right = 0
    for said, row in zip(predicted, truth, strict=True):
        end = int((row == eos).nonzero()[0])
        right += list(said) == row[:end].tolist()
    return right / len(predicted)


def edit_distance(a, b):
    @cache
    def distance(i, j):
        if i == 0 or j == 0:
            return i + j
        if a[i - 1] == b[j - 1]:
            return distance(i - 1, j - 1)
        return 1 + min(distance(i - 1, j), distance(i, j - 1), distance(i - 1, j - 1))

    return distance(len(a), len(b))
