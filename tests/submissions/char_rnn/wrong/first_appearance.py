# fails vocabulary: by first appearance, and not sorted
# after right/plain
# %%
def vocabulary(text):
    return list(dict.fromkeys(text))
