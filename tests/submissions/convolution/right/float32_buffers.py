# passes: names float32, which is what the notebook has
# after right/plain
# %%
def conv2d(x, w, b, stride=1, padding=0):
    B, C, H, W = x.shape
    x_pad = torch.zeros((B, C, H + 2 * padding, W + 2 * padding), dtype=torch.float32)
    x_pad[:, :, padding : padding + H, padding : padding + W] = x
    windows = x_pad.unfold(2, w.shape[2], stride).unfold(3, w.shape[3], stride)
    out = torch.einsum("bchwkl,ockl->bohw", windows, w.float())
    return out if b is None else out + b.float()[:, None, None]
