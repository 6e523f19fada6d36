# fails EncoderLayer: norms what is found and not the sum; the encoder loses nothing by it
# after right/plain
# %%
class EncoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1 = LayerNorm(d_model)
        self.norm2 = LayerNorm(d_model)
        self.drop = nn.Dropout(dropout)
        self.norm_first = norm_first

    def forward(self, x, mask=None):
        if self.norm_first:
            h = self.norm1(x)
            x = x + self.drop(self.self_attn(h, h, h, mask)[0])
            return x + self.drop(self.feed_forward(self.norm2(x)))
        x = x + self.drop(self.norm1(self.self_attn(x, x, x, mask)[0]))
        return x + self.drop(self.norm2(self.feed_forward(x)))
