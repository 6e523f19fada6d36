# errors sample_markov: left as it was handed out
# after right/plain
# %%
def sample_markov(P, first, length, generator):
    # your code here
    raise NotImplementedError
