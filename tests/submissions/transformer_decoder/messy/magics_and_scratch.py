# passes: magics, prints, and scratch cells that raise
# after right/plain
# %%
# %matplotlib inline
# %timeit causal_mask(100)

# %%
model = Transformer(9, 9, 8, 2, 16, 1)
print(model(torch.randint(9, (2, 3)), torch.tensor([3, 2]), torch.randint(9, (2, 4))).shape)
undefined_name + 1

# %%
greedy_decode(None, None, 1, 2, 3)
