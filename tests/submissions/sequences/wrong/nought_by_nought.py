# fails fit_markov: a symbol that is never left has a row of NaN
# after right/plain
# %%
def fit_markov(ids, V, alpha):
    counts = torch.bincount(ids[:-1] * V + ids[1:], minlength=V * V).view(V, V) + alpha
    return counts / counts.sum(1, keepdim=True)
