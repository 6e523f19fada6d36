# fails toeplitz: n rows, in which the kernel wraps round
# after right/plain
# %%
def toeplitz(k, n):
    row = torch.cat([k, torch.zeros(n - len(k), dtype=k.dtype)])
    return torch.stack([row.roll(i) for i in range(n)])
