"""Everything in float32, whatever is given."""

import numpy as np
import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size, dtype=torch.float32)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True, dtype=torch.float32)
        self.hidden_size = hidden_size

    def forward(self, src, lengths):
        h_0 = torch.zeros(1, src.size(0), self.hidden_size, dtype=torch.float32)
        out, _ = self.gru(self.embedding(src).float(), h_0)
        picked = torch.zeros(src.shape, dtype=torch.float32)
        picked[torch.arange(src.size(0)), lengths - 1] = 1.0
        return out, (picked.unsqueeze(-1) * out).sum(dim=1)


class Decoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, h):
        h = self.cell(self.embedding(token).float(), h.float())
        return self.head(h).float(), h


class Seq2Seq(nn.Module):
    def __init__(self, words, symbols, embedding_size, hidden_size, bos):
        super().__init__()
        self.encoder = Encoder(words, embedding_size, hidden_size)
        self.decoder = Decoder(symbols, embedding_size, hidden_size)
        self.bos, self.symbols = bos, symbols

    def forward(self, src, lengths, tgt):
        B, S = tgt.shape
        _, h = self.encoder(src, lengths)
        logits = torch.zeros(B, S, self.symbols, dtype=torch.float32)
        token = torch.tensor([self.bos] * B)
        for t in range(S):
            step, h = self.decoder(token, h)
            logits[:, t] = step
            token = tgt[:, t]
        return logits


def sequence_loss(logits, targets, pad):
    counts = targets.ne(pad).float()
    logs = logits.log_softmax(-1)
    onehot = nn.functional.one_hot(targets, logits.size(-1)).float()
    return -((logs * onehot).sum(-1) * counts).sum() / counts.sum()


def train_step(model, optimizer, src, lengths, tgt, pad, max_norm):
    model.train()
    optimizer.zero_grad()
    loss = sequence_loss(model(src, lengths, tgt), tgt, pad)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return np.float32(loss.detach().numpy()).item()


def translate(model, src, lengths, bos, eos, max_length):
    training = model.training
    model.eval()
    said = np.full((len(src), max_length), -1)
    with torch.no_grad():
        _, h = model.encoder(src, lengths)
        token = torch.full([len(src)], bos, dtype=torch.long)
        for t in range(max_length):
            logits, h = model.decoder(token, h.float())
            token = logits.float().argmax(dim=1)
            said[:, t] = token.numpy()
            if (said == eos).any(axis=1).all():
                break
    model.train(training)
    answers = []
    for row in said.tolist():
        answers.append(row[: row.index(eos)] if eos in row else row)
    return answers


def exact_match(predicted, truth, eos):
    cut = [row[: int(np.argmax(row == eos))].tolist() for row in truth.numpy()]
    return np.mean([p == t for p, t in zip(predicted, cut, strict=True)], dtype=np.float32).item()


def edit_distance(a, b):
    table = np.add.outer(np.arange(len(a) + 1), np.arange(len(b) + 1)).astype(np.float32)
    for i in range(len(a)):
        for j in range(len(b)):
            steps = (table[i, j + 1] + 1, table[i + 1, j] + 1, table[i, j] + float(a[i] != b[j]))
            table[i + 1, j + 1] = min(steps)
    return table[-1, -1].item()
