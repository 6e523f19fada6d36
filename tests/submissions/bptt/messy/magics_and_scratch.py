# passes: magics, prints, and scratch cells that raise
# after right/plain
# %%
# %matplotlib inline
# %timeit torch.randn(3) @ torch.randn(3)

# %%
W = torch.randn(3, 3)
print(torch.linalg.svdvals(with_largest_singular_value(W, 0.9)))
undefined_name + 1

# %%
rnn_backward(None, None, None, None, None, None, None)
