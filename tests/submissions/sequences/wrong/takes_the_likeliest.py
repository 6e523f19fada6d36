# fails sample_markov: takes the likeliest symbol
# after right/plain
# %%
def sample_markov(P, first, length, generator):
    ids = [first]
    for _ in range(length - 1):
        ids.append(P[ids[-1]].argmax(1))
    return torch.stack(ids, 1)
