# passes: torch.autograd.Function where a gradient is another one
# after right/plain
# %%
class RoundST(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.round()

    @staticmethod
    def backward(ctx, grad):
        return grad


def straight_through(x):
    return RoundST.apply(x)


def td_loss(value, target):
    with torch.no_grad():
        t = 1.0 * target
    return nn.MSELoss()(value, t)
