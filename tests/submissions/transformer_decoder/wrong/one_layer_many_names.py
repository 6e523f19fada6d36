# fails Transformer: [layer] * n is one layer
# after right/plain
# %%
class Transformer(Transformer):
    def __init__(self, src_vocab, tgt_vocab, d_model, num_heads, d_ff, num_layers):
        super().__init__(src_vocab, tgt_vocab, d_model, num_heads, d_ff, 1)
        self.encoder = Encoder(src_vocab, d_model, num_heads, d_ff, num_layers)
        self.layers = nn.ModuleList([self.layers[0]] * num_layers)
