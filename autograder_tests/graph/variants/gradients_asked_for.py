"""torch.autograd.grad in the place of backward(); numbers read by tolist()."""

import torch
from torch import nn


def straight_through(x):
    rounded = x.detach().clone().round_()
    return rounded + x - x.detach()


def td_loss(value, target):
    return torch.square(value - target.data).mean()


def ema_update(average, source, decay):
    with torch.inference_mode():
        for a, s in zip(average.parameters(), source.parameters(), strict=True):
            a.add_(s - a, alpha=1 - decay)
        for a, s in zip(average.buffers(), source.buffers(), strict=True):
            a.copy_(s)


def epoch_loss(model, optimizer, batches):
    pairs = list(batches)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    total = 0.0
    for x, y in pairs:
        loss = nn.functional.mse_loss(model(x), y)
        for p, g in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            p.grad = g
        optimizer.step()
        total += loss.tolist() * len(x)
        del loss
    return total / sum(len(x) for x, _ in pairs)


def l2_penalty(module, strength):
    return sum(strength / 2 * (p * p).sum() for p in module.parameters() if p.dim() >= 2)


def sgd_step(params, grads, lr, decay):
    with torch.inference_mode():
        for p, g in zip(params, grads, strict=True):
            p.mul_(1 - lr * decay).sub_(g, alpha=lr)


@torch.no_grad()
def adamw_step(params, grads, moments, t, lr, decay, beta1=0.9, beta2=0.999, eps=1e-8):
    rate = lr * (1 - beta2**t) ** 0.5 / (1 - beta1**t)
    for p, g, s in zip(params, grads, moments, strict=True):
        s.m = s.m + (1 - beta1) * (g - s.m)
        s.v = s.v + (1 - beta2) * (g**2 - s.v)
        decayed = lr * decay * p
        p -= rate * s.m / (s.v.sqrt() + eps * (1 - beta2**t) ** 0.5)
        p -= decayed
