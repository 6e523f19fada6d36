"""Gather, one-hot vectors and masks in the place of indices; the table is a tensor."""

import torch
from torch import nn
from torch.nn import functional as F


class Encoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)

    def forward(self, src, lengths):
        output, _ = self.gru(self.embedding(src))
        index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, output.size(-1))
        return output, output.gather(1, index).squeeze(1)


class Decoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, h):
        onehot = F.one_hot(token, self.embedding.num_embeddings).to(h.dtype)
        h = self.cell(onehot @ self.embedding.weight, h)
        return self.head(h), h


class Seq2Seq(nn.Module):
    def __init__(self, words, symbols, embedding_size, hidden_size, bos):
        super().__init__()
        self.encoder = Encoder(words, embedding_size, hidden_size)
        self.decoder = Decoder(symbols, embedding_size, hidden_size)
        self.register_buffer("bos", torch.tensor(bos))

    def forward(self, src, lengths, tgt):
        _, h = self.encoder(src, lengths)
        given = F.pad(tgt, (1, 0), value=int(self.bos))
        columns = []
        for t in range(tgt.size(1)):
            column, h = self.decoder(given[:, t], h)
            columns.append(column.unsqueeze(1))
        return torch.cat(columns, dim=1)


def sequence_loss(logits, targets, pad):
    log_p = F.log_softmax(logits, dim=-1)
    own = log_p.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return -own.masked_select(targets != pad).mean()


def train_step(model, optimizer, src, lengths, tgt, pad, max_norm):
    model.train()
    loss = sequence_loss(model(src, lengths, tgt), tgt, pad)
    optimizer.zero_grad()
    loss.backward()
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    norm = torch.sqrt(sum(g.pow(2).sum() for g in grads))
    if norm > max_norm:
        for g in grads:
            g.mul_(max_norm / norm)
    optimizer.step()
    return loss.detach()


def translate(model, src, lengths, bos, eos, max_length):
    training = model.training
    model.eval()
    with torch.inference_mode():
        _, h = model.encoder(src, lengths)
        token = src.new_full((src.size(0),), bos)
        columns = []
        ended = torch.zeros_like(token, dtype=torch.bool)
        while len(columns) < max_length and not bool(ended.all()):
            logits, h = model.decoder(token, h)
            token = logits.softmax(-1).max(-1).indices
            ended |= token == eos
            token = token.masked_fill(ended, eos)
            columns.append(token)
        said = torch.stack(columns, dim=1)
    if training:
        model.train()
    return [row[row != eos].tolist() for row in said]


def exact_match(predicted, truth, eos):
    same = []
    for said, row in zip(predicted, truth.tolist(), strict=True):
        due = []
        for symbol in row:
            if symbol == eos:
                break
            due.append(symbol)
        same.append(1.0 if len(said) == len(due) and all(map(int.__eq__, said, due)) else 0.0)
    return torch.tensor(same).mean()


def edit_distance(a, b):
    table = torch.zeros(len(a) + 1, len(b) + 1, dtype=torch.int64)
    table[:, 0] = torch.arange(len(a) + 1)
    table[0] = torch.arange(len(b) + 1)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            change = 0 if a[i - 1] == b[j - 1] else 1
            table[i, j] = min(
                table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + change
            )
    return table[-1, -1]
