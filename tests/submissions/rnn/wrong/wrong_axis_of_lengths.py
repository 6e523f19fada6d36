# errors many_to_one: lengths pick rows of the batch, which has fewer
# after right/plain
# %%
def many_to_one(out, lengths):
    return out[lengths + 100][:, 0]
