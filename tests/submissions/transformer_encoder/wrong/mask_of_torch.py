# fails padding_mask: True for padding, as torch's own layers have it; the encoder loses nothing by it
# after right/plain
# %%
def padding_mask(lengths, T):
    return (torch.arange(T)[None, :] >= lengths[:, None])[:, None, None, :]
