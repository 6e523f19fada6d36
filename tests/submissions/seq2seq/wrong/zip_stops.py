# fails exact_match: zip stops at the shorter one
# after right/plain
# %%
def exact_match(predicted, truth, eos):
    right = 0
    for said, row in zip(predicted, truth.tolist()):
        right += all(a == b for a, b in zip(said, row[: row.index(eos)]))
    return right / len(predicted)
