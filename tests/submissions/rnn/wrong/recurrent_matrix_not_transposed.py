# fails rnn_step: h @ W_hh, which fits as W_hh is square
# after right/plain
# %%
def rnn_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh, activation="tanh"):
    z = torch.matmul(x, weight_ih.T) + bias_ih + torch.matmul(h, weight_hh) + bias_hh
    if activation == "tanh":
        return torch.tanh(z)
    if activation == "relu":
        return torch.relu(z)
    if activation == "sigmoid":
        return torch.sigmoid(z)
    raise ValueError(activation)
