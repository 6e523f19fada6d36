# passes: as in the lecture
# %% [markdown]
# # Final project: numbers
# I tried it on my own phone number first.

# %%
import torch
import torch.nn as nn
import torch.nn.functional as F


# %%
class Encoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)

    def forward(self, src, lengths):
        out, _ = self.gru(self.embedding(src))
        h = out[torch.arange(src.shape[0]), lengths - 1]
        return out, h


# %%
class Decoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, h):
        x = self.embedding(token)
        h = self.cell(x, h)
        return self.head(h), h


# %%
class Seq2Seq(nn.Module):
    def __init__(self, words, symbols, embedding_size, hidden_size, bos):
        super().__init__()
        self.encoder = Encoder(words, embedding_size, hidden_size)
        self.decoder = Decoder(symbols, embedding_size, hidden_size)
        self.bos = bos

    def forward(self, src, lengths, tgt):
        _, h = self.encoder(src, lengths)
        token = torch.full((src.shape[0],), self.bos)
        outs = []
        for t in range(tgt.shape[1]):
            logits, h = self.decoder(token, h)
            outs.append(logits)
            token = tgt[:, t]
        return torch.stack(outs, dim=1)


# %%
def sequence_loss(logits, targets, pad):
    return F.cross_entropy(logits.transpose(1, 2), targets, ignore_index=pad)


# %%
def train_step(model, optimizer, src, lengths, tgt, pad, max_norm):
    model.train()
    optimizer.zero_grad()
    loss = sequence_loss(model(src, lengths, tgt), tgt, pad)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return loss.item()


# %%
def translate(model, src, lengths, bos, eos, max_length):
    was_training = model.training
    model.eval()
    B = src.shape[0]
    said = [[] for _ in range(B)]
    done = torch.zeros(B, dtype=torch.bool)
    with torch.no_grad():
        _, h = model.encoder(src, lengths)
        token = torch.full((B,), bos)
        for _ in range(max_length):
            logits, h = model.decoder(token, h)
            token = logits.argmax(-1)
            done |= token == eos
            for b in range(B):
                if not done[b]:
                    said[b].append(token[b].item())
            if done.all():
                break
    model.train(was_training)
    return said


# %%
def exact_match(predicted, truth, eos):
    right = 0
    for said, row in zip(predicted, truth.tolist()):
        if said == row[: row.index(eos)]:
            right += 1
    return right / len(predicted)


# %%
def edit_distance(a, b):
    d = [[i + j for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            d[i][j] = min(
                d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + int(a[i - 1] != b[j - 1])
            )
    return d[-1][-1]


# %%
SECONDS = 5
words = "yeong il i sam sa o yuk chil pal gu".split()
model = Seq2Seq(14, 13, 16, 32, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
src = torch.randint(1, 14, (64, 5))
tgt = torch.randint(3, 13, (64, 4))
for step in range(20):
    loss = train_step(model, optimizer, src, torch.full((64,), 5), tgt, 0, 1.0)
print(loss, translate(model, src[:2], torch.tensor([5, 5]), 1, 2, 6))
