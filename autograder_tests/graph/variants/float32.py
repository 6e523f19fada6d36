"""float32 by name, as in many a notebook, where it is harmless."""

import torch
from torch import nn


def straight_through(x):
    x = x.to(torch.float32)
    return x + (torch.round(x) - x).detach()


def td_loss(value, target):
    value, target = value.float(), target.detach().float()
    return torch.mean((value - target) ** 2)


def ema_update(average, source, decay):
    keep = torch.tensor(decay)
    with torch.no_grad():
        for a, s in zip(average.parameters(), source.parameters(), strict=True):
            a.copy_(a * keep + s * (1 - keep))
        for a, s in zip(average.buffers(), source.buffers(), strict=True):
            a.copy_(s)


def epoch_loss(model, optimizer, batches):
    total = torch.zeros(1, dtype=torch.float32)
    count = 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x.float()), y.float())
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(x)
        count += len(x)
    return (total / count).item()


def l2_penalty(module, strength):
    total = torch.tensor(0.0, dtype=torch.float32)
    for p in module.parameters():
        if p.dim() > 1:
            total = total + (p.float() ** 2).sum()
    return strength / 2 * total


def sgd_step(params, grads, lr, decay):
    rate = torch.tensor(lr)
    with torch.no_grad():
        for p, g in zip(params, grads, strict=True):
            p.sub_(rate * (g + decay * p))


def adamw_step(params, grads, moments, t, lr, decay, beta1=0.9, beta2=0.999, eps=1e-8):
    one = torch.tensor(1.0)
    with torch.no_grad():
        for p, g, moment in zip(params, grads, moments, strict=True):
            moment.m = beta1 * moment.m + (one - beta1) * g
            moment.v = beta2 * moment.v + (one - beta2) * g**2
            m, v = moment.m / (one - beta1**t), moment.v / (one - beta2**t)
            p.sub_(lr * m / (v.sqrt() + eps) + lr * decay * p)
