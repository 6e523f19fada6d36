# fails exact_match: takes the end from another cell, and not the one it is given
# after right/plain
# %%
EOS = 2


# %%
def exact_match(predicted, truth, eos):
    cut = lambda row: row[: row.index(EOS)] if EOS in row else row
    same = [p == cut(row) for p, row in zip(predicted, truth.tolist())]
    return sum(same) / len(same)
