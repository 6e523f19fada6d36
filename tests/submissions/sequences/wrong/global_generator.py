# fails sample_markov: draws from the generator that everybody shares
# after right/plain
# %%
def sample_markov(P, first, length, generator):
    ids = [first]
    for _ in range(length - 1):
        ids.append(torch.multinomial(P[ids[-1]], 1)[:, 0])
    return torch.stack(ids, 1)
