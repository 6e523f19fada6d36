# fails windows: the target stands in its window, and fit_ar loses nothing by it
# after right/plain
# %%
def windows(x, tau):
    return x.unfold(0, tau, 1)[:-1], x[tau - 1 : -1]
