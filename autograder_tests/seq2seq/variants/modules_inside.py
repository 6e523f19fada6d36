"""Helper functions and classes; a teacher that shifts answers apart from the model."""

from dataclasses import dataclass, field

import torch
from torch import nn


def last_of(out, lengths):
    """Mask and add up: one step of each sentence is left."""
    steps = torch.arange(out.shape[1], device=out.device)
    return torch.einsum("bth,bt->bh", out, (steps == (lengths - 1)[:, None]).to(out.dtype))


class Encoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(num_embeddings=vocab_size, embedding_dim=embedding_size)
        self.gru = nn.GRU(input_size=embedding_size, hidden_size=hidden_size, batch_first=True)

    def forward(self, src, lengths):
        out, *_ = self.gru(self.embedding(src))
        return out, last_of(out, lengths)


class Decoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        parts = {
            "embedding": nn.Embedding(vocab_size, embedding_size),
            "cell": nn.GRUCell(embedding_size, hidden_size),
            "head": nn.Linear(hidden_size, vocab_size),
        }
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, token, h):
        h = self.cell.forward(self.embedding(token), h)
        return self.head(h), h


def shifted(tgt, bos):
    given = torch.empty_like(tgt)
    given[:, 0], given[:, 1:] = bos, tgt[:, :-1]
    return given


class Seq2Seq(nn.Module):
    def __init__(self, words, symbols, embedding_size, hidden_size, bos):
        super().__init__()
        self.parts(words, symbols, embedding_size, hidden_size)
        self.bos = bos

    def parts(self, words, symbols, *sizes):
        self.encoder, self.decoder = Encoder(words, *sizes), Decoder(symbols, *sizes)

    def steps(self, h, tokens):
        for token in tokens:
            logits, h = self.decoder(token, h)
            yield logits

    def forward(self, src, lengths, tgt):
        _, h = self.encoder(src, lengths)
        return torch.stack([*self.steps(h, shifted(tgt, self.bos).unbind(1))], dim=-2)


def sequence_loss(logits, targets, pad):
    weight = torch.ones(logits.shape[-1], dtype=logits.dtype)
    weight[pad] = 0
    return nn.functional.cross_entropy(logits.movedim(-1, 1), targets, weight=weight)


def train_step(model, optimizer, src, lengths, tgt, pad, max_norm):
    model.requires_grad_(True).train()
    optimizer.zero_grad()
    loss = sequence_loss(model(src, lengths, tgt), tgt, pad)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    assert torch.isfinite(norm)
    optimizer.step()
    return loss.tolist()


@dataclass
class Answer:
    symbols: list = field(default_factory=list)
    ended: bool = False

    def hear(self, symbol, eos):
        self.ended = self.ended or symbol == eos
        if not self.ended:
            self.symbols.append(symbol)


def translate(model, src, lengths, bos, eos, max_length):
    answers, mode = [Answer() for _ in src], model.training
    with torch.no_grad():
        _, h = model.eval().encoder(src, lengths)
        token = torch.full_like(lengths, bos)
        for _ in range(max_length):
            logits, h = model.decoder(token, h)
            token = logits.topk(1, dim=-1).indices[:, 0]
            for answer, symbol in zip(answers, token.tolist(), strict=True):
                answer.hear(symbol, eos)
            if all(answer.ended for answer in answers):
                break
    model.train(mode)
    return [answer.symbols for answer in answers]


def exact_match(predicted, truth, eos):
    hits = 0
    for b, said in enumerate(predicted):
        row = truth[b].tolist()
        hits += [*said, eos] == row[: len(said) + 1] and eos not in said
    return hits / len(predicted)


def edit_distance(a, b):
    if len(a) < len(b):
        a, b = b, a
    row = [*range(len(b) + 1)]
    for i in range(1, len(a) + 1):
        corner, row[0] = row[0], i
        for j in range(1, len(b) + 1):
            change = corner + (a[i - 1] != b[j - 1])
            corner = row[j]
            row[j] = min(change, row[j] + 1, row[j - 1] + 1)
    return row[-1]
