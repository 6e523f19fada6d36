"""With type hints, keyword arguments, torch's functional forms, and names of their own."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def soft_attention(
    h: Tensor, features: Tensor, W_h: Tensor, W_f: Tensor, v: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    query = F.linear(input=h, weight=W_h)
    keys = F.linear(input=features, weight=W_f)
    logits = torch.einsum("bla,a->bl", torch.tanh(query[:, None] + keys), v)
    if mask is not None:
        logits = logits.masked_fill(
            mask=torch.bitwise_not(mask), value=torch.finfo(logits.dtype).min
        )
    alphas = F.softmax(input=logits, dim=1)
    return (alphas[..., None] * features).sum(dim=-2), alphas


class CaptionCell(nn.Module):
    def __init__(
        self,
        vocab_size: int,
        embedding_size: int,
        feature_size: int,
        hidden_size: int,
        attention_size: int,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_embeddings=vocab_size, embedding_dim=embedding_size)
        self.W_h = nn.Parameter(data=torch.normal(0.0, 0.1, size=(attention_size, hidden_size)))
        self.W_f = nn.Parameter(data=torch.normal(0.0, 0.1, size=(attention_size, feature_size)))
        self.v = nn.Parameter(data=torch.normal(0.0, 0.1, size=(attention_size,)))
        self.gru = nn.GRUCell(input_size=embedding_size + feature_size, hidden_size=hidden_size)
        self.head = nn.Linear(in_features=hidden_size, out_features=vocab_size)

    def forward(self, token: Tensor, h: Tensor, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        context, alphas = soft_attention(
            h=h, features=features, W_h=self.W_h, W_f=self.W_f, v=self.v
        )
        word = F.embedding(input=token, weight=self.embedding.weight)
        h = self.gru(input=torch.cat(tensors=(word, context), dim=-1), hx=h)
        return self.head(h), h, alphas


class Captioner(nn.Module):
    def __init__(self, vocab_size, embedding_size, feature_size, hidden_size, attention_size):
        super().__init__()
        self.start = nn.Linear(feature_size, hidden_size)
        self.cell = CaptionCell(
            vocab_size, embedding_size, feature_size, hidden_size, attention_size
        )

    def begin(self, features):
        return torch.tanh(self.start(features.mean(dim=1)))

    def forward(self, features: Tensor, captions: Tensor, bos: int) -> tuple[Tensor, Tensor]:
        h = self.begin(features=features)
        previous = torch.full(size=(captions.size(0),), fill_value=bos, dtype=torch.long)
        steps: list[tuple[Tensor, Tensor]] = []
        for current in captions.unbind(dim=1):
            logits, h, alphas = self.cell(token=previous, h=h, features=features)
            steps.append((logits, alphas))
            previous = current
        return torch.stack([s[0] for s in steps], dim=1), torch.stack([s[1] for s in steps], dim=1)


def caption_loss(logits: Tensor, captions: Tensor, pad: int) -> Tensor:
    keep = (captions != pad).flatten()
    words = keep.sum()
    losses = F.cross_entropy(logits.flatten(end_dim=1), captions.flatten(), reduction="none")
    return torch.where(keep, losses, torch.zeros_like(losses)).sum() / words.clamp_min(1)


@torch.no_grad()
def caption(
    model: nn.Module, features: Tensor, bos: int, eos: int, max_length: int
) -> tuple[list[list[int]], list[Tensor]]:
    B, L = features.shape[:2]
    tokens = torch.full(size=(B, max_length + 1), fill_value=eos, dtype=torch.long)
    alphas = torch.zeros(size=(B, max_length, L), dtype=features.dtype)
    tokens[:, 0] = bos
    h = model.begin(features)
    alive = torch.ones(B, dtype=torch.bool)
    n = torch.zeros(B, dtype=torch.long)
    for t in range(max_length):
        logits, h, alphas[:, t] = model.cell(tokens[:, t], h, features)
        best = logits.argmax(dim=-1)
        alive &= best != eos
        n += alive
        tokens[:, t + 1] = best
        if not alive.any():
            break
    words = [[int(word) for word in tokens[b, 1 : 1 + int(n[b])]] for b in range(B)]
    return words, [alphas[b, : int(n[b])] for b in range(B)]


class VQA(nn.Module):
    def __init__(
        self,
        vocab_size: int,
        embedding_size: int,
        feature_size: int,
        hidden_size: int,
        attention_size: int,
        joint_size: int,
        num_answers: int,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.W_h = nn.Parameter(torch.normal(0.0, 0.1, size=(attention_size, hidden_size)))
        self.W_f = nn.Parameter(torch.normal(0.0, 0.1, size=(attention_size, feature_size)))
        self.v = nn.Parameter(torch.normal(0.0, 0.1, size=(attention_size,)))
        self.image = nn.Linear(feature_size, joint_size)
        self.question = nn.Linear(hidden_size, joint_size)
        self.head = nn.Linear(joint_size, num_answers)

    def forward(
        self, features: Tensor, questions: Tensor, lengths: Tensor
    ) -> tuple[Tensor, Tensor]:
        states, _ = self.gru(self.embedding(questions))
        q = torch.take_along_dim(states, (lengths - 1)[:, None, None], dim=1)[:, 0]
        context, alphas = soft_attention(q, features, self.W_h, self.W_f, self.v)
        return self.head(F.tanh(self.image(context)) * F.tanh(self.question(q))), alphas


def answer_accuracy(logits: Tensor, answers: Tensor, kinds: Tensor, num_kinds: int) -> Tensor:
    right = torch.eq(torch.argmax(logits, dim=-1), answers)
    good = torch.bincount(kinds[right], minlength=num_kinds)
    return good / torch.bincount(kinds, minlength=num_kinds).clamp_min(1)
