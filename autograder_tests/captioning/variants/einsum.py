"""Everything by einsum; the caption as a loop over a table of words."""

import torch
from torch import nn


def soft_attention(h, features, W_h, W_f, v, mask=None):
    z = torch.einsum("bh,ah->ba", h, W_h)[:, None, :] + torch.einsum("blf,af->bla", features, W_f)
    e = torch.einsum("bla,a->bl", z.tanh(), v)
    if mask is not None:
        e = torch.where(mask, e, torch.full_like(e, -torch.inf))
    alpha = nn.functional.softmax(e, dim=1)
    return torch.einsum("bl,blf->bf", alpha, features), alpha


class CaptionCell(nn.Module):
    def __init__(self, vocab_size, embedding_size, feature_size, hidden_size, attention_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        for name, size in (("W_h", hidden_size), ("W_f", feature_size)):
            weight = nn.init.xavier_uniform_(torch.empty(attention_size, size))
            self.register_parameter(name, nn.Parameter(weight))
        self.v = nn.Parameter(torch.rand(attention_size) - 0.5)
        self.gru = nn.GRUCell(embedding_size + feature_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, h, features):
        seen, alpha = soft_attention(h, features, self.W_h, self.W_f, self.v)
        h = self.gru(torch.hstack((self.embedding(token), seen)), h)
        return torch.einsum("bh,vh->bv", h, self.head.weight) + self.head.bias, h, alpha


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
        B, _T = captions.shape
        read = torch.cat([captions.new_full((B, 1), bos), captions[:, :-1]], dim=1)
        h, found = self.begin(features), []
        for token in read.unbind(dim=1):
            logits, h, alpha = self.cell(token, h, features)
            found.append((logits, alpha))
        logits, alphas = zip(*found, strict=False)
        return torch.stack(logits, 1), torch.stack(alphas, 1)


def caption_loss(logits, captions, pad):
    kept = captions != pad
    log_p = logits.log_softmax(dim=-1)
    one_hot = nn.functional.one_hot(captions, logits.shape[-1]).to(log_p)
    each = -torch.einsum("btv,btv->bt", log_p, one_hot)
    return (each * kept).sum() / max(int(kept.sum()), 1)


@torch.no_grad()
def caption(model, features, bos, eos, max_length):
    B = len(features)
    h, token = model.begin(features), torch.full((B,), bos)
    said, looked = [], []
    over = torch.zeros(B, dtype=torch.bool)
    while len(said) < max_length:
        logits, h, alpha = model.cell(token, h, features)
        token = logits.argmax(-1)
        over = over | (token == eos)
        if over.all():
            break
        said.append(torch.where(over, eos, token))
        looked.append(alpha)
    words, weights = [], []
    for b in range(B):
        row = [int(step[b]) for step in said]
        n = row.index(eos) if eos in row else len(row)
        words.append(row[:n])
        weights.append(
            torch.stack([alpha[b] for alpha in looked[:n]])
            if n
            else torch.zeros(0, features.shape[1])
        )
    return words, weights


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
        self.W_h = nn.Parameter(torch.randn(attention_size, hidden_size))
        self.W_f = nn.Parameter(torch.randn(attention_size, feature_size))
        self.v = nn.Parameter(torch.randn(attention_size))
        self.image, self.question = (
            nn.Linear(feature_size, joint_size), nn.Linear(hidden_size, joint_size),
        )  # fmt: skip
        self.head = nn.Linear(joint_size, num_answers)

    def forward(self, features, questions, lengths):
        out, _ = self.gru(self.embedding(questions))
        last = nn.functional.one_hot(lengths - 1, questions.shape[1]).to(out)
        q = torch.einsum("bth,bt->bh", out, last)
        seen, alpha = soft_attention(q, features, self.W_h, self.W_f, self.v)
        return self.head(self.image(seen).tanh() * self.question(q).tanh()), alpha


def answer_accuracy(logits, answers, kinds, num_kinds):
    right = logits.argmax(dim=1).eq(answers)
    of_kind = kinds[None, :] == torch.arange(num_kinds)[:, None]
    return (of_kind & right).sum(1) / of_kind.sum(1).clamp(min=1)
