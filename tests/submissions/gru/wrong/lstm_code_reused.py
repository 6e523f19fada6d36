# fails gru_step: adds both products before r can act on one of them
# after right/plain
# %%
def gru_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    gates = x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh
    r, z, n = gates.chunk(3, 1)
    z = torch.sigmoid(z)
    return (1 - z) * torch.tanh(torch.sigmoid(r) * n) + z * h
