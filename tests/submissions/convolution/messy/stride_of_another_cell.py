# fails conv1d: takes the stride of another cell, and not the one it is given
# after right/plain
# %%
s = 1


# %%
def conv1d(x, w, b, stride=1, padding=0):
    windows = F.pad(x, (padding, padding)).unfold(2, w.shape[2], s)
    out = torch.einsum("bcnk,ock->bon", windows, w)
    return out if b is None else out + b[:, None]
