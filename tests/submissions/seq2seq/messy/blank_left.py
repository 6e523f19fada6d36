# errors translate: left as it was handed out
# after right/plain
# %%
def translate(model, src, lengths, bos, eos, max_length):
    # your code here
    raise NotImplementedError
