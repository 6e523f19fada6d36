# fails reverse_padded: the padding comes first, and SequenceClassifier loses nothing by it
# after right/plain
# %%
def reverse_padded(x, lengths):
    return x.flip(1)
