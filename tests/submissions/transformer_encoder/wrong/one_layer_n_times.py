# fails Encoder: one layer under N names
# after right/plain
# %%
class Encoder(nn.Module):
    def __init__(self, vocab_size, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.d_model = d_model
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.layers = nn.ModuleList([EncoderLayer(d_model, num_heads, d_ff)] * num_layers)

    def forward(self, ids, lengths):
        x = self.embedding(ids) * math.sqrt(self.d_model)
        x = x + positional_encoding(ids.shape[1], self.d_model)
        for layer in self.layers:
            x = layer(x, padding_mask(lengths, ids.shape[1]))
        return x
