"""Work in progress: prints, checks of its own, helpers, arguments that are not needed."""

import copy

import torch
from torch import nn


def straight_through(x, verbose=False):
    if verbose:
        print("rounding", x.shape)
    y = x.clone()
    y.data = y.data.round()
    return y


def stop(tensor):
    return tensor.clone().detach()


def td_loss(value, target, gamma=None):
    assert value.shape == target.shape
    error = stop(target) - value
    return (error**2).mean(dim=tuple(range(error.dim()))) if error.dim() else error**2


def ema_update(average, source, decay):
    backup = copy.deepcopy(source.state_dict())
    with torch.no_grad():
        for name, p in average.named_parameters():
            p.copy_(decay * p + (1.0 - decay) * backup[name])
    for name, b in average.named_buffers():
        b.data = backup[name]


def one_step(model, optimizer, x, y):
    optimizer.zero_grad()
    output = model(x)
    loss = nn.functional.mse_loss(output, y)
    loss.backward()
    optimizer.step()
    return loss.item(), x.size(0)


def epoch_loss(model, optimizer, batches, log_every=100):
    results = []
    for i, (x, y) in enumerate(batches):
        results.append(one_step(model, optimizer, x, y))
        if (i + 1) % log_every == 0:
            print(f"batch {i}: {results[-1][0]:.4f}")
    return sum(loss * n for loss, n in results) / sum(n for _, n in results)


def l2_penalty(module, strength, names=False):
    terms = []
    for name, p in module.named_parameters():
        if p.dim() < 2:
            continue
        if names:
            print(name)
        terms.append(torch.sum(torch.mul(p, p)))
    return torch.stack(terms).sum() * (strength * 0.5)


def sgd_step(params, grads, lr, decay, momentum=0.0):
    grads = [g.clone() for g in grads]
    with torch.no_grad():
        for p, g in zip(params, grads, strict=True):
            g += decay * p
            p += -lr * g


def adamw_step(params, grads, moments, t, lr, decay, beta1=0.9, beta2=0.999, eps=1e-8):
    def hat(average, beta):
        return average / (1 - beta**t)

    for index, (p, g) in enumerate(zip(params, grads, strict=True)):
        old = moments[index]
        with torch.no_grad():
            old.m = torch.lerp(g, old.m, beta1)
            old.v = torch.lerp(g**2, old.v, beta2)
            before = p.clone()
            p.data.sub_(lr * hat(old.m, beta1) / (torch.sqrt(hat(old.v, beta2)) + eps))
            p.data.sub_(lr * decay * before)
