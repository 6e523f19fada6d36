# passes: numpy where no gradient is asked for, and draws by the cumulative sum
# after right/plain
# %%
import numpy as np


def fit_ar(x, tau):
    x = x.numpy()
    A = np.stack([x[k : len(x) - tau + k] for k in range(tau)] + [np.ones(len(x) - tau)], 1)
    sol = np.linalg.lstsq(A, x[tau:], rcond=None)[0]
    return torch.tensor(sol[:-1]), torch.tensor(sol[-1])


def fit_markov(ids, V, alpha):
    counts = np.full((V, V), float(alpha))
    np.add.at(counts, (ids[:-1].numpy(), ids[1:].numpy()), 1)
    counts[counts.sum(1) == 0] = 1
    return torch.tensor(counts / counts.sum(1, keepdims=True))


def sample_markov(P, first, length, generator):
    ids = [first]
    for _ in range(length - 1):
        u = torch.rand(len(first), 1, generator=generator, dtype=P.dtype)
        cdf = P[ids[-1]].cumsum(1)
        ids.append((u * cdf[:, -1:] >= cdf).sum(1))
    return torch.stack(ids, 1)
