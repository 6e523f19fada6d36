# fails Encoder: positions are taken along the batch, as in code that is time-first
# after right/plain
# %%
class Encoder(nn.Module):
    def __init__(self, vocab_size, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.d_model = d_model
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.register_buffer("pe", positional_encoding(512, d_model).unsqueeze(1))
        self.layers = nn.ModuleList(
            [EncoderLayer(d_model, num_heads, d_ff) for _ in range(num_layers)]
        )

    def forward(self, ids, lengths):
        x = self.embedding(ids) * math.sqrt(self.d_model)
        x = x + self.pe[: x.size(0)]
        for layer in self.layers:
            x = layer(x, padding_mask(lengths, ids.shape[1]))
        return x
