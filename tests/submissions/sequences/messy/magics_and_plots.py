# passes: magics, plots, a long training at top level, and scratch cells that raise
# after right/plain
# %%
# %matplotlib inline
import matplotlib.pyplot as plt

# %%
plt.plot(forecast(torch.randn(10), torch.ones(3) / 3, torch.tensor(0.0), 20))
plt.show()

# %%
net = LatentAR(1, 8)
opt = torch.optim.Adam(net.parameters())
for i in range(10**9):
    opt.zero_grad()
    (net(torch.randn(8, 20, 1)) ** 2).mean().backward()
    opt.step()

# %%
undefined_name + 1
