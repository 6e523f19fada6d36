# passes: a function for what both sub-layers have in common
# after right/plain
# %%
class EncoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1, self.norm2 = LayerNorm(d_model), LayerNorm(d_model)
        self.p, self.norm_first = dropout, norm_first

    def residual(self, x, norm, f):
        if self.norm_first:
            return x + nn.functional.dropout(f(norm(x)), self.p, self.training)
        return norm(x + nn.functional.dropout(f(x), self.p, self.training))

    def forward(self, x, mask=None):
        x = self.residual(x, self.norm1, lambda y: self.self_attn(y, y, y, mask)[0])
        return self.residual(x, self.norm2, self.feed_forward)
