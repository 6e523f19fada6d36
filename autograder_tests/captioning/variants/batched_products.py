"""Batched matrix products; a caption by recursion; counts by index_add."""

import torch
from torch import nn


def soft_attention(h, features, W_h, W_f, v, mask=None):
    hidden = nn.functional.linear(features, W_f) + nn.functional.linear(h, W_h).unsqueeze(-2)
    scores = nn.functional.linear(hidden.tanh(), v.unsqueeze(0)).squeeze(-1)
    if mask is not None:
        scores = scores + torch.zeros_like(scores).masked_fill(mask.logical_not(), -torch.inf)
    weights = scores.softmax(-1)
    return torch.bmm(weights.unsqueeze(1), features).squeeze(1), weights


class CaptionCell(nn.Module):
    def __init__(self, vocab_size, embedding_size, feature_size, hidden_size, attention_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.W_h = nn.Parameter(nn.Linear(hidden_size, attention_size).weight.detach().clone())
        self.W_f = nn.Parameter(nn.Linear(feature_size, attention_size).weight.detach().clone())
        self.v = nn.Parameter(torch.empty(attention_size).normal_(0, 0.1))
        self.gru = nn.GRUCell(feature_size + embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, h, features):
        context, weights = soft_attention(h, features, self.W_h, self.W_f, self.v)
        word = self.embedding.weight.index_select(0, token)
        new = self.gru(torch.cat([word, context], -1), h)
        return self.head(new), new, weights


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
        words = captions.roll(1, dims=1)
        words[:, 0] = bos
        return self.go_on(features, words, self.begin(features))

    def go_on(self, features, words, h):
        logits, h, weights = self.cell(words[:, 0], h, features)
        logits, weights = logits.unsqueeze(1), weights.unsqueeze(1)
        if words.shape[1] == 1:
            return logits, weights
        more, others = self.go_on(features, words[:, 1:], h)
        return torch.cat([logits, more], 1), torch.cat([weights, others], 1)


def caption_loss(logits, captions, pad):
    each = nn.functional.cross_entropy(
        logits.transpose(1, 2), captions, ignore_index=pad, reduction="none"
    )
    return each.sum() / (captions.ne(pad).sum() + 1e-9)


def caption(model, features, bos, eos, max_length):
    B, L = features.shape[0], features.shape[1]
    words = {b: [] for b in range(B)}
    weights = {b: features.new_zeros(0, L) for b in range(B)}

    def say(token, h, left, silent):
        logits, h, looked = model.cell(token, h, features)
        token = logits.max(dim=-1).indices
        silent = silent | {b for b in range(B) if token[b].item() == eos}
        for b in words.keys() - silent:
            words[b] = [*words[b], token[b].item()]
            weights[b] = torch.cat([weights[b], looked[b : b + 1]])
        if left > 1 and len(silent) < B:
            say(token, h, left - 1, silent)

    with torch.no_grad():
        say(torch.tensor([bos]).repeat(B), model.begin(features), max_length, set())
    return list(words.values()), list(weights.values())


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
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.W_h = nn.Parameter(torch.randn(attention_size, hidden_size) / hidden_size**0.5)
        self.W_f = nn.Parameter(torch.randn(attention_size, feature_size) / feature_size**0.5)
        self.v = nn.Parameter(torch.randn(attention_size) / attention_size**0.5)
        self.image = nn.Linear(feature_size, joint_size)
        self.question = nn.Linear(hidden_size, joint_size)
        self.head = nn.Linear(joint_size, num_answers)

    def forward(self, features, questions, lengths):
        words = nn.utils.rnn.pack_padded_sequence(
            self.embedding(questions), lengths, batch_first=True, enforce_sorted=False
        )
        _, h_n = self.gru(words)
        q = h_n[-1]
        context, weights = soft_attention(q, features, self.W_h, self.W_f, self.v)
        joint = torch.mul(torch.tanh(self.question(q)), torch.tanh(self.image(context)))
        return self.head(joint), weights


def answer_accuracy(logits, answers, kinds, num_kinds):
    right = (logits.argmax(-1) == answers).to(logits.dtype)
    good = logits.new_zeros(num_kinds).index_add(0, kinds, right)
    count = torch.bincount(kinds, minlength=num_kinds)
    return torch.where(count > 0, good / count, 0.0)
