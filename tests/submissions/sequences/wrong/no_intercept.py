# fails fit_ar: has no constant
# after right/plain
# %%
def fit_ar(x, tau):
    X, y = windows(x, tau)
    return torch.linalg.lstsq(X, y[:, None]).solution[:, 0], torch.zeros((), dtype=x.dtype)
