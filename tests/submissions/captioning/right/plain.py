# passes: the way of the lecture, step by step
# %% [markdown]
# # Homework 11, captions

# %%
import torch
import torch.nn as nn
import torch.nn.functional as F


# %%
def soft_attention(h, features, W_h, W_f, v, mask=None):
    query = h @ W_h.T  # (B, A)
    keys = features @ W_f.T  # (B, L, A)
    scores = torch.tanh(query.unsqueeze(1) + keys) @ v
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = F.softmax(scores, dim=1)
    context = torch.bmm(weights.unsqueeze(1), features).squeeze(1)
    return context, weights


# %%
c, w = soft_attention(
    torch.randn(2, 4), torch.randn(2, 9, 3), torch.randn(6, 4), torch.randn(6, 3), torch.randn(6)
)
print(c.shape, w.sum(1))


# %%
class CaptionCell(nn.Module):
    def __init__(self, vocab_size, embedding_size, feature_size, hidden_size, attention_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.W_h = nn.Parameter(torch.randn(attention_size, hidden_size) * 0.1)
        self.W_f = nn.Parameter(torch.randn(attention_size, feature_size) * 0.1)
        self.v = nn.Parameter(torch.randn(attention_size) * 0.1)
        self.gru = nn.GRUCell(embedding_size + feature_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, h, features):
        context, weights = soft_attention(h, features, self.W_h, self.W_f, self.v)
        x = torch.cat([self.embedding(token), context], dim=1)
        h = self.gru(x, h)
        logits = self.head(h)
        return logits, h, weights


# %%
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
        h = self.begin(features)
        token = torch.full((B,), bos, dtype=torch.long, device=captions.device)
        all_logits, all_weights = [], []
        for t in range(T):
            logits, h, weights = self.cell(token, h, features)
            all_logits.append(logits)
            all_weights.append(weights)
            token = captions[:, t]  # teacher forcing
        return torch.stack(all_logits, dim=1), torch.stack(all_weights, dim=1)


# %%
def caption_loss(logits, captions, pad):
    B, T, V = logits.shape
    loss = F.cross_entropy(logits.reshape(B * T, V), captions.reshape(B * T), reduction="none")
    mask = (captions.reshape(B * T) != pad).to(loss.dtype)
    if mask.sum() == 0:
        return (loss * mask).sum()
    return (loss * mask).sum() / mask.sum()


# %%
def caption(model, features, bos, eos, max_length):
    B, L = features.shape[0], features.shape[1]
    words = [[] for _ in range(B)]
    weights = [[] for _ in range(B)]
    done = [False] * B
    with torch.no_grad():
        h = model.begin(features)
        token = torch.full((B,), bos, dtype=torch.long)
        for step in range(max_length):
            logits, h, w = model.cell(token, h, features)
            token = logits.argmax(dim=1)
            for b in range(B):
                if token[b] == eos:
                    done[b] = True
                if not done[b]:
                    words[b].append(token[b].item())
                    weights[b].append(w[b])
            if all(done):
                break
    weights = [torch.stack(w) if len(w) > 0 else torch.zeros(0, L) for w in weights]
    return words, weights


# %%
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
        self.W_h = nn.Parameter(torch.randn(attention_size, hidden_size) * 0.1)
        self.W_f = nn.Parameter(torch.randn(attention_size, feature_size) * 0.1)
        self.v = nn.Parameter(torch.randn(attention_size) * 0.1)
        self.image = nn.Linear(feature_size, joint_size)
        self.question = nn.Linear(hidden_size, joint_size)
        self.head = nn.Linear(joint_size, num_answers)

    def forward(self, features, questions, lengths):
        out, _ = self.gru(self.embedding(questions))
        q = out[torch.arange(out.size(0)), lengths - 1]
        context, weights = soft_attention(q, features, self.W_h, self.W_f, self.v)
        joint = torch.tanh(self.image(context)) * torch.tanh(self.question(q))
        return self.head(joint), weights


# %%
def answer_accuracy(logits, answers, kinds, num_kinds):
    predicted = logits.argmax(dim=1)
    result = torch.zeros(num_kinds)
    for k in range(num_kinds):
        mine = kinds == k
        if mine.sum() > 0:
            result[k] = (predicted[mine] == answers[mine]).float().mean()
    return result
