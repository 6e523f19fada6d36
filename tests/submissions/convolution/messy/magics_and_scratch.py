# passes: magics, prints, and scratch cells that raise
# after right/plain
# %%
# %matplotlib inline
# %timeit torch.randn(3, 3) @ torch.randn(3, 3)

# %%
x = torch.randn(2, 1, 8, 8)
print(conv2d(x, torch.randn(4, 1, 3, 3), None).shape)
undefined_name + 1

# %%
conv2d_backward(None, None, None)
