"""torch.autograd.Function where the gradient is another one; .data where there is no graph."""

import torch
from torch import nn


class Round(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.round()

    @staticmethod
    def backward(ctx, dy):
        return dy


def straight_through(x):
    return Round.apply(x)


class Stop(torch.autograd.Function):
    @staticmethod
    def forward(ctx, t):
        return t.clone()

    @staticmethod
    def backward(ctx, _):
        return None


def td_loss(value, target):
    difference = value - Stop.apply(target)
    return (difference * difference).sum() / difference.numel()


def ema_update(average, source, decay):
    for a, s in zip(average.parameters(), source.parameters(), strict=True):
        a.data = decay * a.data + (1 - decay) * s.data
    for a, s in zip(average.buffers(), source.buffers(), strict=True):
        a.data.copy_(s.data)


def epoch_loss(model, optimizer, batches):
    total = n = 0
    for x, y in batches:
        optimizer.zero_grad()
        prediction = model(x)
        loss = ((prediction - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        total += float(loss) * x.shape[0]
        n += x.shape[0]
    return total / n


class HalfSquare(torch.autograd.Function):
    @staticmethod
    def forward(ctx, w):
        ctx.save_for_backward(w)
        return 0.5 * (w * w).sum()

    @staticmethod
    def backward(ctx, d):
        return d * ctx.saved_tensors[0]


def l2_penalty(module, strength):
    penalty = 0
    for p in module.parameters():
        if len(p.shape) > 1:
            penalty = penalty + HalfSquare.apply(p)
    return penalty * strength


def sgd_step(params, grads, lr, decay):
    for p, g in zip(params, grads, strict=True):
        p.data -= lr * (g + decay * p.data)


def adamw_step(params, grads, moments, t, lr, decay, beta1=0.9, beta2=0.999, eps=1e-8):
    for i in range(len(params)):
        p, g, s = params[i].data, grads[i].data, moments[i]
        s.m = s.m * beta1 + g * (1 - beta1)
        s.v = s.v * beta2 + g * g * (1 - beta2)
        m, v = s.m / (1 - beta1**t), s.v / (1 - beta2**t)
        params[i].data = p - lr * (m / (torch.sqrt(v) + eps) + decay * p)


unused = nn.Linear(2, 2)
