# fails encode: str.find, which gives -1 for what is not there
# after right/plain
# %%
def encode(text, chars):
    return torch.tensor(["".join(chars).find(c) for c in text])
