"""Everything in float32, as a notebook has it by default."""

import torch
import torch.nn.functional as F
from torch import nn


def soft_attention(h, features, W_h, W_f, v, mask=None):
    h, features, W_h, W_f, v = (x.float() for x in (h, features, W_h, W_f, v))
    scores = torch.tanh((h @ W_h.t()).unsqueeze(1) + features @ W_f.t()).matmul(v)
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    weights = F.softmax(scores, dim=1)
    return (features * weights[:, :, None]).sum(1), weights


class CaptionCell(nn.Module):
    def __init__(self, vocab_size, embedding_size, feature_size, hidden_size, attention_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.W_h = nn.Parameter(torch.zeros(attention_size, hidden_size))
        self.W_f = nn.Parameter(torch.zeros(attention_size, feature_size))
        self.v = nn.Parameter(torch.zeros(attention_size))
        for parameter in (self.W_h, self.W_f, self.v):
            nn.init.normal_(parameter, std=0.1)
        self.gru = nn.GRUCell(embedding_size + feature_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, h, features):
        h, features = h.float(), features.float()
        context, weights = soft_attention(h, features, self.W_h, self.W_f, self.v)
        x = torch.cat((self.embedding(token).float(), context.float()), dim=1)
        h = self.gru(x, h)
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
        B, T = captions.shape
        logits = torch.zeros(B, T, self.cell.head.out_features, dtype=torch.float32)
        weights = torch.zeros(B, T, features.shape[1], dtype=torch.float32)
        h = self.begin(features)
        for t in range(T):
            token = captions[:, t - 1] if t > 0 else torch.full((B,), bos, dtype=torch.long)
            logits[:, t], h, weights[:, t] = self.cell(token, h, features)
        return logits, weights


def caption_loss(logits, captions, pad):
    log_p = F.log_softmax(logits.float(), dim=-1)
    picked = log_p.gather(2, captions.unsqueeze(2)).squeeze(2)
    mask = (captions != pad).float()
    return -(picked * mask).sum() / (mask.sum() + (mask.sum() == 0))


def caption(model, features, bos, eos, max_length):
    model.eval()
    words, weights = [[] for _ in features], [[] for _ in features]
    ended = [False] * len(features)
    with torch.no_grad():
        h = model.begin(features)
        token = torch.tensor([bos] * len(features))
        for _ in range(max_length):
            logits, h, alpha = model.cell(token, h, features)
            token = torch.argmax(logits, dim=1)
            for b, word in enumerate(token.tolist()):
                ended[b] = ended[b] or word == eos
                if not ended[b]:
                    words[b].append(word)
                    weights[b].append(alpha[b].float())
            if all(ended):
                break
    L = features.size(1)
    return words, [torch.stack(w) if len(w) > 0 else torch.empty(0, L) for w in weights]


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
        self.gru = nn.GRU(embedding_size, hidden_size, num_layers=1, batch_first=True)
        self.W_h = nn.Parameter(torch.randn(attention_size, hidden_size, dtype=torch.float32))
        self.W_f = nn.Parameter(torch.randn(attention_size, feature_size, dtype=torch.float32))
        self.v = nn.Parameter(torch.randn(attention_size, dtype=torch.float32))
        self.image = nn.Linear(feature_size, joint_size)
        self.question = nn.Linear(hidden_size, joint_size)
        self.head = nn.Linear(joint_size, num_answers)

    def forward(self, features, questions, lengths):
        out, _ = self.gru(self.embedding(questions).float())
        index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, out.size(2))
        q = out.gather(1, index).squeeze(1)
        context, weights = soft_attention(q, features.float(), self.W_h, self.W_f, self.v)
        image, question = torch.tanh(self.image(context.float())), torch.tanh(self.question(q))
        return self.head(image * question), weights


def answer_accuracy(logits, answers, kinds, num_kinds):
    shares = torch.zeros(num_kinds)
    right = (logits.argmax(1) == answers).float()
    for k in range(num_kinds):
        if (kinds == k).any():
            shares[k] = right[kinds == k].mean()
    return shares
