# passes: one indexing for all sequences
# after right/plain
# %%
def reverse_padded(x, lengths):
    t = torch.arange(x.shape[1])
    index = lengths[:, None] - 1 - t
    index = torch.where(index < 0, t, index)
    return x[torch.arange(len(x))[:, None], index]
