# fails Encoder: reads the padding, and Seq2Seq loses nothing by it
# after right/plain
# %%
class Encoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)

    def forward(self, src, lengths):
        out, h_n = self.gru(self.embedding(src))
        return out, h_n.squeeze(0)
