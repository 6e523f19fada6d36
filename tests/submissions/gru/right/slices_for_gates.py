# passes: cuts the gates out of the stacked matrices
# after right/plain
# %%
def gru_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    H = h.shape[1]
    W_r, W_z, W_n = weight_ih[:H], weight_ih[H : 2 * H], weight_ih[2 * H :]
    U_r, U_z, U_n = weight_hh[:H], weight_hh[H : 2 * H], weight_hh[2 * H :]
    b, d = bias_ih + bias_hh, bias_hh
    r = torch.sigmoid(x @ W_r.T + h @ U_r.T + b[:H])
    z = torch.sigmoid(x @ W_z.T + h @ U_z.T + b[H : 2 * H])
    n = torch.tanh(x @ W_n.T + bias_ih[2 * H :] + r * (h @ U_n.T + d[2 * H :]))
    return (1 - z) * n + z * h
