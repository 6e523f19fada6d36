"""Helpers and modules around the parameters that are asked for; prints and asserts left over."""

import math

import torch
from torch import nn


class Additive(nn.Module):
    """Applies the weights that it is called with."""

    def forward(self, query, keys, W_q, W_k, v, mask):
        energy = torch.tanh(torch.add(query @ W_q.mT.unsqueeze(0), keys @ W_k.mT))
        energy = torch.matmul(energy, v)
        return energy if mask is None else energy.masked_fill(torch.logical_not(mask), -math.inf)


additive = Additive()


def soft_attention(h, features, W_h, W_f, v, mask=None):
    scores = additive(h[:, None, :], features, W_h, W_f, v, mask)
    exp = torch.exp(scores - scores.max(dim=1, keepdim=True).values)
    weights = exp / exp.sum(dim=1, keepdim=True)
    return torch.matmul(weights[:, None, :], features)[:, 0, :], weights


def attention_parameters(module, attention_size, hidden_size, feature_size):
    """Register what an attention needs."""
    module.register_parameter("W_h", nn.Parameter(torch.randn(attention_size, hidden_size) / 9))
    module.register_parameter("W_f", nn.Parameter(torch.randn(attention_size, feature_size) / 9))
    module.register_parameter("v", nn.Parameter(torch.randn(attention_size) / 9))


class CaptionCell(nn.Module):
    def __init__(self, vocab_size, embedding_size, feature_size, hidden_size, attention_size):
        super().__init__()
        attention_parameters(self, attention_size, hidden_size, feature_size)
        self.dropout = nn.Dropout(0.0)
        self.head = nn.Linear(hidden_size, vocab_size)
        self.gru = nn.GRUCell(embedding_size + feature_size, hidden_size)
        self.embedding = nn.Embedding(vocab_size, embedding_size)

    def look(self, h, features):
        return soft_attention(h, features, self.W_h, self.W_f, self.v)

    def forward(self, token, h, features):
        context, weights = self.look(h, features)
        x = torch.zeros(len(h), self.gru.input_size, dtype=h.dtype)
        split = self.embedding.embedding_dim
        x[:, :split] = self.dropout(self.embedding(token))
        x[:, split:] = context
        state = self.gru(x, h)
        return self.head(state), state, weights


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
        read = captions.clone()
        read[:, 1:], read[:, 0] = captions[:, :-1], bos
        state = self.begin(features)
        outputs = {"logits": [], "weights": []}
        for t in range(read.size(1)):
            logits, state, weights = self.cell(read[:, t], state, features)
            outputs["logits"].append(logits)
            outputs["weights"].append(weights.detach())
        return tuple(torch.stack(steps).transpose(0, 1) for steps in outputs.values())


criterion = nn.CrossEntropyLoss(reduction="none")


def caption_loss(logits, captions, pad):
    words = captions != pad
    if not words.any():
        return (logits * 0.0).sum()
    return criterion(logits[words], captions[words]).mean()


@torch.no_grad()
def caption(model, features, bos, eos, max_length):
    training = getattr(model, "training", False)
    if hasattr(model, "eval"):
        model.eval()
    B, L, _ = features.shape
    h = model.begin(features)
    token = torch.ones(B, dtype=torch.int64) * bos
    words, weights = torch.zeros(B, 0, dtype=torch.int64), torch.zeros(B, 0, L, dtype=h.dtype)
    ended = torch.zeros(B, dtype=torch.bool)
    for _ in range(max_length):
        logits, h, looked = model.cell(token, h, features)
        token = logits.argmax(-1)
        words = torch.cat([words, token[:, None]], dim=1)
        weights = torch.cat([weights, looked[:, None]], dim=1)
        ended |= token == eos
        if bool(ended.all()):
            break
    ends = (words == eos).int().cumsum(1).eq(0).sum(1).tolist()
    if training:
        model.train()
    words = [row[:n].tolist() for row, n in zip(words, ends, strict=False)]
    return words, [rows[:n] for rows, n in zip(weights, ends, strict=False)]


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
        attention_parameters(self, attention_size, hidden_size, feature_size)
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.image = nn.Linear(feature_size, joint_size)
        self.question = nn.Linear(hidden_size, joint_size)
        self.head = nn.Linear(joint_size, num_answers)

    def read(self, questions, lengths):
        h, last = None, []
        for word in self.embedding(questions).unbind(dim=1):
            out, h = self.gru(word.unsqueeze(1), h)
            last.append(out.squeeze(1))
        states = torch.stack(last)  # (T, B, H)
        return states[lengths - 1, torch.arange(len(lengths))]

    def forward(self, features, questions, lengths):
        q = self.read(questions, lengths)
        context, weights = soft_attention(q, features, self.W_h, self.W_f, self.v)
        both = torch.stack([self.image(context), self.question(q)]).tanh()
        return self.head(both.prod(dim=0)), weights


def answer_accuracy(logits, answers, kinds, num_kinds):
    guesses = torch.max(logits, dim=-1)[1]
    total = torch.zeros(num_kinds, dtype=logits.dtype).scatter_add(
        0, kinds, torch.ones_like(kinds, dtype=logits.dtype)
    )
    right = torch.zeros(num_kinds, dtype=logits.dtype).scatter_add(
        0, kinds, guesses.eq(answers).to(logits.dtype)
    )
    return torch.nan_to_num(right / total, nan=0.0)
