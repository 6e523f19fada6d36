# fails combine: (B, T, T) meets the heads
# after right/plain
# %%
def combine(causal, lengths):
    return causal & (torch.arange(causal.shape[0]) < lengths[:, None])[:, None, :]
