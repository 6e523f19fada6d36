# errors generate: one question is still the skeleton's
# after right/plain
# %%
def generate(params, h, first, length, temperature, generator):
    # your code here
    raise NotImplementedError
