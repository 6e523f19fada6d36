# errors convolve: mirrors the kernel at its diagonal, and then it does not fit
# after right/plain
# %%
def convolve(x, k):
    y = torch.zeros(x.shape[0] - k.shape[0] + 1, x.shape[1] - k.shape[1] + 1)
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            y[i, j] = (x[i : i + k.shape[0], j : j + k.shape[1]] * k.T).sum()
    return y
