# passes: names float32, and counts with tensors
# after right/plain
# %%
class Encoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)

    def forward(self, src, lengths):
        h0 = torch.zeros(1, len(src), self.hidden_size, dtype=torch.float32)
        out, _ = self.gru(self.embedding(src), h0)
        last = F.one_hot(lengths - 1, src.shape[1]).float()
        return out, (last[:, None] @ out.float())[:, 0]


# %%
def sequence_loss(logits, targets, pad):
    keep = (targets != pad).float()
    ce = F.cross_entropy(logits.float().transpose(1, 2), targets, reduction="none")
    return (ce * keep).sum() / keep.sum()


# %%
def edit_distance(a, b):
    d = torch.zeros(len(a) + 1, len(b) + 1)
    d[:, 0], d[0, :] = torch.arange(len(a) + 1), torch.arange(len(b) + 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            d[i + 1, j + 1] = min(d[i, j + 1] + 1, d[i + 1, j] + 1, d[i, j] + (x != y))
    return d[-1, -1]
