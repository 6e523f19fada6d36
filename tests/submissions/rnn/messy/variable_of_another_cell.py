# errors collapse: uses a variable that some cell, long deleted, has defined
# after right/plain
# %%
def collapse(weight_ih, weight_hh, T):
    blocks = [W]
    for _ in range(T - 1):
        blocks.insert(0, weight_hh @ blocks[0])
    return torch.cat(blocks, dim=1)
