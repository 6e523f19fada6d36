"""The state is held where a sentence has ended; answers grow as tuples and columns."""

import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)

    def forward(self, src, lengths):
        x, h, out = self.embedding(src), None, []
        for t in range(src.shape[1]):
            _, new = self.gru(x[:, t : t + 1], h)  # (1, B, H)
            h = new if h is None else torch.where((t < lengths)[None, :, None], new, h)
            out.append(h[0])
        return torch.stack(out, dim=1), h[0]


class Decoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, h):
        h = self.cell(nn.functional.embedding(token, self.embedding.weight), h)
        return torch.addmm(self.head.bias, h, self.head.weight.mT), h


class Seq2Seq(nn.Module):
    def __init__(self, words, symbols, embedding_size, hidden_size, bos):
        super().__init__()
        self.encoder = Encoder(words, embedding_size, hidden_size)
        self.decoder = Decoder(symbols, embedding_size, hidden_size)
        self.bos = bos

    def forward(self, src, lengths, tgt):
        h = self.encoder(src, lengths)[1]
        given = tgt.roll(1, dims=1)
        given[:, 0] = self.bos
        states = []
        for x in self.decoder.embedding(given).transpose(0, 1):
            h = self.decoder.cell(x, h)
            states.append(h)
        return self.decoder.head(torch.stack(states)).transpose(0, 1)


def sequence_loss(logits, targets, pad):
    flat, right = logits.flatten(end_dim=1), targets.flatten()
    keep = (right != pad).nonzero().squeeze(1)
    return nn.functional.nll_loss(flat[keep].log_softmax(1), right[keep])


def train_step(model, optimizer, src, lengths, tgt, pad, max_norm):
    model.train()
    loss = sequence_loss(model(src, lengths, tgt), tgt, pad)
    parameters = list(model.parameters())
    gradients = torch.autograd.grad(loss, parameters)
    norm = torch.stack([g.norm() for g in gradients]).norm()
    factor = (max_norm / norm).clamp(max=1.0)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient * factor
    optimizer.step()
    return loss.detach().clone()


def translate(model, src, lengths, bos, eos, max_length):
    mode, answers = model.training, [None] * len(src)
    model.train(False)
    with torch.no_grad():
        h = model.encoder(src, lengths)[1]
        said = torch.full((len(src), 1), bos)
        for _ in range(max_length):
            logits, h = model.decoder(said[:, -1], h)
            said = torch.cat([said, logits.argmax(1, keepdim=True)], dim=1)
            if (said[:, 1:] == eos).any(1).all():
                break
    for b, row in enumerate(said[:, 1:]):
        ends = (row == eos).nonzero().flatten()
        answers[b] = list(row[: ends[0]]) if len(ends) else list(row)
    model.train(mode)
    return answers


def exact_match(predicted, truth, eos):
    ends = (truth == eos).int().argmax(dim=1)
    same = [torch.equal(torch.tensor(p, dtype=torch.long), row[:end])
            for p, row, end in zip(predicted, truth, ends, strict=True)]  # fmt: skip
    return torch.tensor(same).double().mean().item()


def edit_distance(a, b):
    best = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            best[i + 1, j + 1] = (
                best[i, j] if x == y else 1 + min(best[i, j], best[i, j + 1], best[i + 1, j])
            )
    return best[len(a), len(b)]
