# fails many_to_one: reads the padding
# after right/plain
# %%
def many_to_one(out, lengths):
    return out[:, -1, :]
