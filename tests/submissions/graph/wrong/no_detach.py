# fails straight_through: the two x cancel on the way back
# after right/plain
# %%
def straight_through(x):
    return x + torch.round(x) - x
