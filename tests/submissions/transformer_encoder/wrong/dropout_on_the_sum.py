# fails EncoderLayer: dropout hits the residual as well
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
            x = self.drop(x + self.self_attn(h, h, h, mask)[0])
            return self.drop(x + self.feed_forward(self.norm2(x)))
        x = self.norm1(self.drop(x + self.self_attn(x, x, x, mask)[0]))
        return self.norm2(self.drop(x + self.feed_forward(x)))
