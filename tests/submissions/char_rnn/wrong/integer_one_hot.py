# fails one_hot: whole numbers
# after right/plain
# %%
def one_hot_(ids, V):
    return torch.nn.functional.one_hot(ids, V)


one_hot = one_hot_
