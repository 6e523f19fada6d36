# fails last_states: reads the padding
# after right/plain
# %%
def last_states(out, lengths):
    H = out.shape[2] // 2
    return torch.cat((out[:, -1, :H], out[:, 0, H:]), 1)
