# passes: the way back as a full convolution with the turned kernel
# after right/plain
# %%
def conv2d_backward(dout, x, w, stride=1, padding=0):
    B, C, H, W = x.shape
    O, C, K, L = w.shape
    Hp, Wp = H + 2 * padding, W + 2 * padding
    up = torch.zeros(B, O, Hp - K + 1, Wp - L + 1)
    up[:, :, ::stride, ::stride][:, :, : dout.shape[2], : dout.shape[3]] = dout
    full = conv2d(F.pad(up, (L - 1, L - 1, K - 1, K - 1)), w.flip(2, 3).transpose(0, 1), None)
    x_pad = F.pad(x, (padding,) * 4)
    dw = conv2d(x_pad.transpose(0, 1), up.transpose(0, 1), None).transpose(0, 1)
    return full[:, :, padding : Hp - padding, padding : Wp - padding], dw, dout.sum((0, 2, 3))
