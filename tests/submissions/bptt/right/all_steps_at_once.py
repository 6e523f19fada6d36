# passes: the shared gradients after the loop, by einsum
# after right/plain
# %%
def rnn_backward(dout, dh_n, x, h_0, out, weight_ih, weight_hh):
    dzs, dh = [], dh_n
    for t in reversed(range(x.shape[1])):
        dzs.append((dout[:, t] + dh) * (1 - out[:, t] ** 2))
        dh = dzs[-1] @ weight_hh
    dz = torch.stack(dzs[::-1], 1)
    h_prev = torch.cat([h_0[:, None], out[:, :-1]], 1)
    dW_ih = torch.einsum("bth,bti->hi", dz, x)
    dW_hh = torch.einsum("bth,btk->hk", dz, h_prev)
    return dz @ weight_ih, dh, dW_ih, dW_hh, dz.sum((0, 1))
