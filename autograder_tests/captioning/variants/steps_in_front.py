"""Steps and places as the first axis inside; a cell of functions; dicts of what was said."""

import torch
from torch import nn


def soft_attention(h, features, W_h, W_f, v, mask=None):
    by_place = features.transpose(0, 1)  # (L, B, F)
    asked = h.matmul(W_h.T)
    scores = torch.stack([(asked + f.matmul(W_f.T)).tanh().matmul(v) for f in by_place])  # (L, B)
    if mask is not None:
        scores = torch.where(mask.T, scores, scores.new_tensor(-torch.inf))
    weights = scores.softmax(dim=0)
    context = sum(w.unsqueeze(1) * f for w, f in zip(weights, by_place, strict=False))
    return context, weights.T


class CaptionCell(nn.Module):
    def __init__(self, vocab_size, embedding_size, feature_size, hidden_size, attention_size):
        super().__init__()
        self.v = nn.Parameter(torch.randn(attention_size))
        self.W_f = nn.Parameter(torch.randn(attention_size, feature_size))
        self.W_h = nn.Parameter(torch.randn(attention_size, hidden_size))
        self.head = nn.Linear(hidden_size, vocab_size)
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRUCell(embedding_size + feature_size, hidden_size)

    def forward(self, token, h, features):
        context, weights = soft_attention(h, features, W_h=self.W_h, W_f=self.W_f, v=self.v)
        E = self.embedding.embedding_dim
        words, seen = self.gru.weight_ih[:, :E], self.gru.weight_ih[:, E:]
        a = self.embedding(token) @ words.T + context @ seen.T + self.gru.bias_ih
        r_a, z_a, n_a = a.chunk(3, dim=1)
        r_b, z_b, n_b = nn.functional.linear(h, self.gru.weight_hh, self.gru.bias_hh).chunk(3, 1)
        z = torch.sigmoid(z_a + z_b)
        h = (1 - z) * torch.tanh(n_a + torch.sigmoid(r_a + r_b) * n_b) + z * h
        return self.head(h), h, weights


class Captioner(nn.Module):
    def __init__(self, vocab_size, embedding_size, feature_size, hidden_size, attention_size):
        super().__init__()
        self.start = nn.Linear(feature_size, hidden_size)
        self.cell = CaptionCell(
            vocab_size, embedding_size, feature_size, hidden_size, attention_size
        )

    def begin(self, features):
        return torch.tanh(self.start(features.mean(dim=1)))

    def forward(self, features, captions, bos):
        T = captions.shape[1]
        h = self.begin(features)
        logits, weights = [None] * T, [None] * T
        for t in range(T):
            before = captions[:, t - 1] if t else torch.full_like(captions[:, 0], bos)
            logits[t], h, weights[t] = self.cell(before, h, features)
        return torch.stack(logits).permute(1, 0, 2), torch.stack(weights).permute(1, 0, 2)


def caption_loss(logits, captions, pad):
    total, count = 0.0 * logits.sum(), 0
    for step, words in zip(logits.transpose(0, 1), captions.T, strict=False):
        total = total + nn.functional.cross_entropy(step, words, ignore_index=pad, reduction="sum")
        count += int((words != pad).sum())
    return total / (count or 1)


def caption(model, features, bos, eos, max_length):
    said = {b: [] for b in range(len(features))}
    active = list(said)
    with torch.no_grad():
        h = model.begin(features)
        tokens = features.new_full((len(features),), bos, dtype=torch.int64)
        while active and max_length > 0:
            max_length -= 1
            logits, h, weights = model.cell(tokens, h, features)
            best = logits.sort(dim=-1, descending=True).indices[:, 0]
            active = [b for b in active if best[b] != eos]
            for b in active:
                said[b].append((int(best[b]), weights[b].tolist()))
            tokens = best
    words = [[word for word, _ in row] for row in said.values()]
    looks = [[where for _, where in row] for row in said.values()]
    L = features.shape[1]
    return words, [torch.tensor(rows, dtype=features.dtype).reshape(-1, L) for rows in looks]


class VQA(nn.Module):
    def __init__(
        self,
        vocab_size,
        embedding_size,
        feature_size,
        hidden_size,
        attention_size,
        joint_size,
        num_answers,
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size)
        self.v = nn.Parameter(torch.randn(attention_size))
        self.W_f = nn.Parameter(torch.randn(attention_size, feature_size))
        self.W_h = nn.Parameter(torch.randn(attention_size, hidden_size))
        self.image = nn.Linear(feature_size, joint_size)
        self.question = nn.Linear(hidden_size, joint_size)
        self.head = nn.Linear(joint_size, num_answers)

    def forward(self, features, questions, lengths):
        out, _ = self.gru(self.embedding(questions.T))  # (T, B, H)
        q = torch.stack([out[n - 1, b] for b, n in enumerate(lengths.tolist())])
        context, weights = soft_attention(q, features, self.W_h, self.W_f, self.v)
        seen, asked = self.image(context).tanh(), self.question(q).tanh()
        return torch.addmm(self.head.bias, seen * asked, self.head.weight.T), weights


def answer_accuracy(logits, answers, kinds, num_kinds):
    guess = logits.argmax(dim=-1)
    table = torch.zeros(num_kinds, 2, dtype=torch.float64)
    for kind, right in zip(kinds.tolist(), (guess == answers).tolist(), strict=False):
        table[kind, int(right)] += 1
    return table[:, 1] / table.sum(dim=1).clamp(min=1)
