# fails fit_markov: an index that occurs twice is counted once
# after right/plain
# %%
def fit_markov(ids, V, alpha):
    counts = torch.full((V, V), float(alpha))
    counts[ids[:-1], ids[1:]] += 1
    sums = counts.sum(1, keepdim=True)
    return torch.where(sums > 0, counts / sums, torch.tensor(1 / V))
