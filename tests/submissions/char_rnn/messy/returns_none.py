# fails decode: prints the text, and returns nothing
# after right/plain
# %%
def decode(ids, chars):
    print("".join(chars[int(i)] for i in ids))
