# passes: columns by unfold, and folded back
# after right/plain
# %%
def conv2d(x, w, b, stride=1, padding=0):
    O, C, K, L = w.shape
    cols = F.unfold(x, (K, L), padding=padding, stride=stride)
    out = w.view(O, -1) @ cols
    if b is not None:
        out = out + b.view(-1, 1)
    H_out = output_size(x.shape[2], K, padding, stride)
    return out.view(len(x), O, H_out, -1)


# %%
def conv2d_backward(dout, x, w, stride=1, padding=0):
    O, C, K, L = w.shape
    cols = F.unfold(x, (K, L), padding=padding, stride=stride)
    d = dout.reshape(len(x), O, -1)
    dcols = w.reshape(O, -1).T @ d
    dx = F.fold(dcols, x.shape[2:], (K, L), padding=padding, stride=stride)
    dw = torch.einsum("bon,bkn->ok", d, cols).view_as(w)
    return dx, dw, d.sum((0, 2))
