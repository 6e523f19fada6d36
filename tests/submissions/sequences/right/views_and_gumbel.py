# passes: views instead of copies, and draws by Gumbel noise
# after right/plain
# %%
def windows(x, tau):
    return x.unfold(0, tau, 1)[:-1], x[tau:]


def sample_markov(P, first, length, generator):
    chain = [first]
    while len(chain) < length:
        u = torch.rand(len(first), len(P), generator=generator, dtype=P.dtype)
        chain.append((P[chain[-1]].log() - torch.log(-torch.log(u))).argmax(-1))
    return torch.stack(chain, dim=1)
