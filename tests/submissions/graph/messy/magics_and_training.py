# passes: magics, a training loop at top level, and scratch cells that raise
# after right/plain
# %%
# %matplotlib inline
# %timeit straight_through(torch.randn(3))

# %%
net = nn.Linear(3, 1)
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(100000):
    print(epoch_loss(net, opt, [(torch.randn(8, 3), torch.randn(8, 1)) for _ in range(100)]))

# %%
net.weight.round_()
loss.backward()
