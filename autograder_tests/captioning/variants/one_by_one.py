"""Place by place, picture by picture and word by word, in lists."""

import torch
from torch import nn


def soft_attention(h, features, W_h, W_f, v, mask=None):
    contexts, all_weights = [], []
    for b in range(h.shape[0]):
        scores = []
        for i in range(features.shape[1]):
            scores.append(torch.dot(v, torch.tanh(W_h @ h[b] + W_f @ features[b, i])))
        scores = torch.stack(scores)
        if mask is not None:
            scores = scores.masked_fill(~mask[b], float("-inf"))
        weights = torch.softmax(scores, 0)
        context = torch.zeros_like(features[b, 0])
        for i in range(features.shape[1]):
            context = context + weights[i] * features[b, i]
        contexts.append(context)
        all_weights.append(weights)
    return torch.stack(contexts), torch.stack(all_weights)


class CaptionCell(nn.Module):
    def __init__(self, vocab_size, embedding_size, feature_size, hidden_size, attention_size):
        super().__init__()
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.W_h = nn.Parameter(torch.randn(attention_size, hidden_size) * 0.1)
        self.W_f = nn.Parameter(torch.randn(attention_size, feature_size) * 0.1)
        self.v = nn.Parameter(torch.randn(attention_size) * 0.1)
        self.gru = nn.GRUCell(embedding_size + feature_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, h, features):
        batch = token.shape[0]
        assert h.shape == (batch, self.hidden_size)
        context, weights = soft_attention(h, features, self.W_h, self.W_f, self.v)
        embedded = self.embedding(token)
        gru_input = torch.cat([embedded, context], dim=1)
        h_new = self.gru(gru_input, h)
        logits = self.head(h_new)
        return logits, h_new, weights


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
        all_logits, all_weights = [], []
        for b in range(captions.shape[0]):
            one = features[b : b + 1]
            h = self.begin(one)
            token = torch.tensor([bos])
            logits, weights = [], []
            for t in range(captions.shape[1]):
                out, h, w = self.cell(token, h, one)
                logits.append(out[0])
                weights.append(w[0])
                token = captions[b, t : t + 1]
            all_logits.append(torch.stack(logits))
            all_weights.append(torch.stack(weights))
        return torch.stack(all_logits), torch.stack(all_weights)


def caption_loss(logits, captions, pad):
    total = logits.new_zeros(())
    count = 0
    for b in range(captions.shape[0]):
        for t in range(captions.shape[1]):
            if captions[b, t] != pad:
                total = total - torch.log_softmax(logits[b, t], dim=0)[captions[b, t]]
                count += 1
    if count == 0:
        return total
    return total / count


def caption(model, features, bos, eos, max_length):
    B = features.shape[0]
    words = []
    weights = []
    finished = []
    for _ in range(B):
        words.append([])
        weights.append([])
        finished.append(False)
    with torch.no_grad():
        h = model.begin(features)
        token = torch.full((B,), bos, dtype=torch.long)
        step = 0
        while step < max_length and not all(finished):
            logits, h, w = model.cell(token, h, features)
            token = torch.argmax(logits, dim=-1)
            for b in range(B):
                if finished[b]:
                    continue
                if token[b].item() == eos:
                    finished[b] = True
                else:
                    words[b].append(token[b].item())
                    weights[b].append(w[b])
            step += 1
    for b in range(B):
        if len(weights[b]) == 0:
            weights[b] = torch.zeros(0, features.shape[1])
        else:
            weights[b] = torch.stack(weights[b], dim=0)
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
        self.gru = nn.GRU(embedding_size, hidden_size, 1, batch_first=True)
        self.W_h = nn.Parameter(torch.randn(attention_size, hidden_size) * 0.1)
        self.W_f = nn.Parameter(torch.randn(attention_size, feature_size) * 0.1)
        self.v = nn.Parameter(torch.randn(attention_size) * 0.1)
        self.image = nn.Linear(feature_size, joint_size)
        self.question = nn.Linear(hidden_size, joint_size)
        self.head = nn.Linear(joint_size, num_answers)

    def forward(self, features, questions, lengths):
        states = []
        for b in range(questions.shape[0]):
            n = int(lengths[b])
            _, last = self.gru(self.embedding(questions[b : b + 1, :n]))
            states.append(last[0, 0])
        q = torch.stack(states)
        context, weights = soft_attention(q, features, self.W_h, self.W_f, self.v)
        i = torch.tanh(self.image(context))
        j = torch.tanh(self.question(q))
        return self.head(i * j), weights


def answer_accuracy(logits, answers, kinds, num_kinds):
    right = [0] * num_kinds
    total = [0] * num_kinds
    for b in range(len(answers)):
        k = kinds[b].item()
        total[k] += 1
        if logits[b].argmax().item() == answers[b].item():
            right[k] += 1
    return torch.tensor([r / t if t > 0 else 0.0 for r, t in zip(right, total, strict=False)])
