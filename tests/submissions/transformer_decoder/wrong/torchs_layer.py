# fails DecoderLayer: wraps the layer of torch, which is forbidden
# after right/plain
# %%
class DecoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.layer = nn.TransformerDecoderLayer(
            d_model, num_heads, d_ff, dropout, batch_first=True, norm_first=norm_first
        )

    def forward(self, x, memory, mask=None, memory_mask=None):
        return self.layer(x, memory, None if mask is None else ~mask)
