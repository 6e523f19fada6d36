"""Words and weights in tensors and tuples; packed questions; masks by indexing."""

import torch
from torch import nn


def soft_attention(h, features, W_h, W_f, v, mask=None):
    scores = (torch.tanh((W_h @ h.T).T.unsqueeze(1) + features @ W_f.T) * v).sum(dim=-1)
    if mask is not None:
        scores = scores.clone()
        scores[~mask] = float("-inf")
    weights = torch.softmax(scores, dim=1)
    return torch.sum(features * weights.unsqueeze(2), dim=1), weights


class CaptionCell(nn.Module):
    def __init__(self, vocab_size, embedding_size, feature_size, hidden_size, attention_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size, padding_idx=0)
        self.W_h = nn.Parameter(torch.empty(attention_size, hidden_size))
        self.W_f = nn.Parameter(torch.empty(attention_size, feature_size))
        self.v = nn.Parameter(torch.empty(attention_size))
        self.gru = nn.GRUCell(embedding_size + feature_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)
        for parameter in (self.W_h, self.W_f, self.v):
            nn.init.uniform_(parameter, -0.1, 0.1)

    def forward(self, token, h, features):
        context, weights = soft_attention(h, features, self.W_h, self.W_f, self.v)
        h = self.gru(torch.cat((self.embedding(token), context), 1), h)
        return [self.head(h), h, weights]


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
        h = self.begin(features)
        words = nn.functional.pad(captions, (1, 0), value=bos)
        logits, weights = [], []
        for token in words.T[:-1]:
            out, h, w = self.cell(token, h, features)
            logits += [out]
            weights += [w]
        return torch.stack(logits, dim=-2), torch.stack(weights, dim=-2)


def caption_loss(logits, captions, pad):
    loss = nn.functional.nll_loss(
        logits.log_softmax(-1).reshape(-1, logits.shape[-1]),
        captions.reshape(-1),
        ignore_index=pad,
    )
    return torch.nan_to_num(loss) if (captions == pad).all() else loss


def caption(model, features, bos, eos, max_length):
    with torch.inference_mode():
        state, token = model.begin(features), torch.full([len(features)], bos)
        steps, silent = [], torch.zeros(len(features), dtype=torch.bool)
        for _ in range(max_length):
            logits, state, weights = model.cell(token, state, features)
            token = torch.argmax(logits, 1)
            silent = silent.logical_or(token.eq(eos))
            if silent.all():
                break
            steps.append((token, weights, ~silent))
        words = tuple(
            torch.tensor([int(t[b]) for t, _, speaks in steps if speaks[b]])
            for b in range(len(features))
        )
        looked = tuple(
            torch.stack([torch.zeros_like(features[b, :, 0])] + [w[b] for _, w, s in steps if s[b]])
            for b in range(len(features))
        )
    return words, tuple(rows[1:].clone() for rows in looked)


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
        self.embedding = nn.Embedding(vocab_size, embedding_size, padding_idx=0)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.W_h = nn.Parameter(0.1 * torch.randn(attention_size, hidden_size))
        self.W_f = nn.Parameter(0.1 * torch.randn(attention_size, feature_size))
        self.v = nn.Parameter(0.1 * torch.randn(attention_size))
        self.image = nn.Linear(feature_size, joint_size)
        self.question = nn.Linear(hidden_size, joint_size)
        self.head = nn.Linear(joint_size, num_answers)

    def forward(self, features, questions, lengths):
        out = self.gru(self.embedding(questions))[0]
        steps = torch.arange(questions.shape[1])
        q = out[steps.unsqueeze(0) == (lengths - 1).unsqueeze(1)]
        context, weights = soft_attention(q, features, self.W_h, self.W_f, self.v)
        joint = self.question(q).tanh_() * self.image(context).tanh_()
        return (self.head(joint), weights)


def answer_accuracy(logits, answers, kinds, num_kinds):
    right = (logits.argmax(dim=-1) == answers).double()
    shares = [right[kinds == kind] for kind in range(num_kinds)]
    return torch.stack([s.mean() if len(s) else s.sum() for s in shares])
