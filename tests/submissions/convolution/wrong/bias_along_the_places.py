# errors conv1d: adds the bias along the places
# after right/plain
# %%
def conv1d(x, w, b, stride=1, padding=0):
    windows = F.pad(x, (padding, padding)).unfold(2, w.shape[2], stride)
    out = torch.einsum("bcnk,ock->bon", windows, w)
    return out if b is None else out + b
