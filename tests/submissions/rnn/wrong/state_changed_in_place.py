# fails rnn_step: h is updated in place, right values and a spoilt argument
# after right/plain
# %%
def rnn_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh, activation="tanh"):
    f = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid}
    if activation not in f:
        raise ValueError(activation)
    new = f[activation](x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh)
    h.data[:] = new.data
    return new
