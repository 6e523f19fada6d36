# fails rnn_backward: at step 0, out[:, -1] is the last state
# after right/plain
# %%
def rnn_backward(dout, dh_n, x, h_0, out, weight_ih, weight_hh):
    dx, dh = torch.zeros_like(x), dh_n
    dW_ih, dW_hh, db = 0, 0, 0
    for t in range(x.shape[1] - 1, -1, -1):
        dx[:, t], dh, a, b, c = step_backward(
            dout[:, t] + dh, x[:, t], out[:, t - 1], out[:, t], weight_ih, weight_hh
        )
        dW_ih, dW_hh, db = dW_ih + a, dW_hh + b, db + c
    return dx, dh, dW_ih, dW_hh, db
