# passes: positions are computed once and kept in a buffer
# after right/plain
# %%
class Encoder(nn.Module):
    def __init__(self, vocab_size, d_model, num_heads, d_ff, num_layers, max_len=512):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.register_buffer("pe", positional_encoding(max_len, d_model), persistent=False)
        self.layers = nn.ModuleList()
        for _ in range(num_layers):
            self.layers.append(EncoderLayer(d_model, num_heads, d_ff))

    def forward(self, ids, lengths):
        B, T = ids.shape
        x = self.embedding(ids) * self.embedding.embedding_dim**0.5
        x = x + self.pe[:T]
        mask = padding_mask(lengths, T).expand(B, 1, T, T)
        for layer in self.layers:
            x = layer(x, mask)
        return x
