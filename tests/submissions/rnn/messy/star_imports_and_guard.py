# passes: star imports, training under a main guard, and everything twice
# after right/plain
# %%
from math import *
from torch.nn.functional import *


def one_to_many(step, h, first, length):
    out = torch.empty(first.shape[0], length, dtype=torch.int64)
    for i in range(length):
        scores, h = step(first, h)
        first = out[:, i] = softmax(scores, dim=-1).argmax(-1)
    return out


# %%
if __name__ == "__main__":
    net = RNN(3, 4)
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    for epoch in range(5):
        out, _ = net(torch.randn(2, 5, 3))
        opt.zero_grad()
        out.pow(2).mean().backward()
        opt.step()
