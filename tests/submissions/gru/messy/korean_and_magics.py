# passes: 한글 주석, magics, and scratch cells that raise
# after right/plain
# %%
# %matplotlib inline
# 길이가 다른 문장을 뒤집는다
print(reverse_padded(torch.tensor([[1, 2, 3, 0]]), torch.tensor([3])))

# %%
GRU(3, 4)(torch.randn(2, 5, 7))
