# fails fit_markov: takes the size of an alphabet of another cell
# after right/plain
# %%
alphabet = "abcdefgh"
SIZE = len(alphabet)


# %%
def fit_markov(ids, V, alpha):
    counts = torch.bincount(ids[:-1] * SIZE + ids[1:], minlength=SIZE**2).view(SIZE, SIZE) + alpha
    sums = counts.sum(1, keepdim=True)
    return torch.where(sums > 0, counts / sums, torch.tensor(1 / V))
