# errors toeplitz: left as it was handed out
# after right/plain
# %%
def toeplitz(k, n):
    # your code here
    raise NotImplementedError
