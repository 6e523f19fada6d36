# passes: names float32, which is what the notebook has
# after right/plain
# %%
def positional_encoding(length, d_model, dtype=None):
    pos = torch.arange(length, dtype=torch.float32)[:, None]
    j = torch.arange(d_model)
    angle = pos / 10000 ** ((j - j % 2).float() / d_model)
    pe = torch.where(j % 2 == 0, angle.sin(), angle.cos())
    return pe if dtype is None else pe.to(dtype)


# %%
class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model, dtype=torch.float32))
        self.bias = nn.Parameter(torch.zeros(d_model, dtype=torch.float32))
        self.eps = eps

    def forward(self, x):
        mean = x.mean(-1, keepdim=True)
        std = ((x - mean).pow(2).mean(-1, keepdim=True) + self.eps).sqrt()
        return self.weight * ((x - mean) / std) + self.bias
