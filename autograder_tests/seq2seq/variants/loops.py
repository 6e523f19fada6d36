"""Sentence by sentence, where that is allowed; numbers counted in plain loops."""

import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)

    def forward(self, src, lengths):
        B, T = src.shape
        out = self.embedding.weight.new_zeros(B, T, self.hidden_size)
        last = []
        for b in range(B):
            n = int(lengths[b])
            states, h_n = self.gru(self.embedding(src[b, :n])[None])
            out[b, :n] = states[0]
            last.append(h_n[0, 0])
        return out, torch.stack(last)


class Decoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, h):
        states = [
            self.cell(self.embedding(token[b : b + 1]), h[b : b + 1]) for b in range(len(token))
        ]
        h = torch.cat(states)
        return torch.cat([self.head(state) for state in states]), h


class Seq2Seq(nn.Module):
    def __init__(self, words, symbols, embedding_size, hidden_size, bos):
        super().__init__()
        self.encoder = Encoder(words, embedding_size, hidden_size)
        self.decoder = Decoder(symbols, embedding_size, hidden_size)
        self.bos = bos

    def forward(self, src, lengths, tgt):
        all_logits = []
        for b in range(len(src)):
            n = int(lengths[b])
            _, h = self.encoder(src[b : b + 1, :n], lengths[b : b + 1])
            before, rows = self.bos, []
            for symbol in tgt[b].tolist():
                logits, h = self.decoder(torch.tensor([before]), h)
                rows.append(logits[0])
                before = symbol
            all_logits.append(torch.stack(rows))
        return torch.stack(all_logits)


def sequence_loss(logits, targets, pad):
    total, count = 0, 0
    for rows, right in zip(logits, targets.tolist(), strict=True):
        for row, symbol in zip(rows, right, strict=True):
            if symbol != pad:
                total = total + torch.logsumexp(row, 0) - row[symbol]
                count += 1
    return total / count


def train_step(model, optimizer, src, lengths, tgt, pad, max_norm):
    if not model.training:
        model.train()
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = None
    logits = model(src, lengths, tgt)
    loss = sequence_loss(logits, tgt, pad)
    loss.backward()
    params = [p for group in optimizer.param_groups for p in group["params"]]
    total = torch.linalg.vector_norm(torch.cat([p.grad.flatten() for p in params]))
    scale = min(1.0, max_norm / (float(total) + 1e-6))
    for p in params:
        p.grad *= scale
    optimizer.step()
    return loss.item()


def translate(model, src, lengths, bos, eos, max_length):
    before = model.training
    model.eval()
    torch.set_grad_enabled(False)
    h = model.encoder(src, lengths)[1]
    answers = [[] for _ in range(len(src))]
    done = [False] * len(src)
    tokens = [bos] * len(src)
    for _ in range(max_length):
        logits, h = model.decoder(torch.tensor(tokens), h)
        for b in range(len(src)):
            tokens[b] = int(logits[b].argmax())
            if tokens[b] == eos:
                done[b] = True
            if not done[b]:
                answers[b].append(tokens[b])
        if all(done):
            break
    torch.set_grad_enabled(True)
    model.train(before)
    return answers


def exact_match(predicted, truth, eos):
    right = 0
    for b in range(len(predicted)):
        due = truth[b].tolist()
        due = due[: due.index(eos)]
        if predicted[b] == due:
            right += 1
    return right / len(predicted)


def edit_distance(a, b):
    d = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) + 1):
        for j in range(len(b) + 1):
            if i == 0:
                d[i][j] = j
            elif j == 0:
                d[i][j] = i
            elif a[i - 1] == b[j - 1]:
                d[i][j] = d[i - 1][j - 1]
            else:
                d[i][j] = 1 + min(d[i - 1][j], d[i][j - 1], d[i - 1][j - 1])
    return d[len(a)][len(b)]
