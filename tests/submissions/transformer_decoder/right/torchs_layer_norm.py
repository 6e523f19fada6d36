# passes: the parts in a loop, norms of torch, the causal mask alone
# after right/plain
# %%
class DecoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = MultiHeadAttention(d_model, num_heads)
        self.cross_attn = MultiHeadAttention(d_model, num_heads)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1, self.norm2, self.norm3 = [nn.LayerNorm(d_model) for _ in range(3)]
        self.dropout, self.norm_first = nn.Dropout(dropout), norm_first

    def forward(self, x, memory, mask=None, memory_mask=None):
        for norm, part in (
            (self.norm1, lambda y: self.self_attn(y, y, y, mask)[0]),
            (self.norm2, lambda y: self.cross_attn(y, memory, memory, memory_mask)[0]),
            (self.norm3, self.feed_forward),
        ):
            x = (
                x + self.dropout(part(norm(x)))
                if self.norm_first
                else norm(x + self.dropout(part(x)))
            )
        return x


# %%
def combine(causal, lengths):
    T = causal.shape[0]
    rows = [causal * (torch.arange(T) < n) for n in lengths]
    return torch.stack(rows).unsqueeze(1)
