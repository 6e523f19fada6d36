# fails collapse: W ** n
# after right/plain
# %%
def collapse(weight_ih, weight_hh, T):
    blocks = [(weight_hh ** (T - 1 - t)) @ weight_ih for t in range(T - 1)]
    return torch.cat(blocks + [weight_ih], dim=1)
