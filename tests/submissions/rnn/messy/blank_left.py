# errors one_to_many: one question is still the skeleton's
# after right/plain
# %%
def one_to_many(step, h, first, length):
    # your code here
    raise NotImplementedError
