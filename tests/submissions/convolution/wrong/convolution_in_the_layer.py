# fails conv2d: turns the kernels, though the layer is a correlation, and conv2d_backward loses nothing
# after right/plain
# %%
def conv2d(x, w, b, stride=1, padding=0):
    windows = F.pad(x, (padding,) * 4).unfold(2, w.shape[2], stride).unfold(3, w.shape[3], stride)
    out = torch.einsum("bchwkl,ockl->bohw", windows, w.flip(2, 3))
    return out if b is None else out + b[:, None, None]


# %%
def conv2d_backward(dout, x, w, stride=1, padding=0):
    up = torch.zeros(*dout.shape[:2], x.shape[2] + 2 * padding - w.shape[2] + 1,
                     x.shape[3] + 2 * padding - w.shape[3] + 1)  # fmt: skip
    up[:, :, ::stride, ::stride][:, :, : dout.shape[2], : dout.shape[3]] = dout
    K, L = w.shape[2:]
    up_pad = F.pad(up, (L - 1, L - 1, K - 1, K - 1))
    dx = conv2d(up_pad, w.flip(2, 3).transpose(0, 1), None)
    x_pad = F.pad(x, (padding,) * 4)
    dw = conv2d(x_pad.transpose(0, 1), up.transpose(0, 1), None).transpose(0, 1)
    dx = dx[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]]
    return dx, dw, dout.sum((0, 2, 3))
