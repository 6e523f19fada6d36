# fails causal_mask: True hides, as in torch's own; what builds on it loses nothing
# after right/plain
# %%
def causal_mask(T):
    return torch.triu(torch.ones(T, T), diagonal=1).bool()
