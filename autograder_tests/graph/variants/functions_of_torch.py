"""What torch has ready-made, wherever it has something."""

import torch
from torch import nn


def straight_through(x):
    return torch.add(x, torch.sub(torch.round(x), x).detach())


def td_loss(value, target):
    return nn.functional.mse_loss(value, target.detach())


def ema_update(average, source, decay):
    with torch.no_grad():
        pairs = list(average.parameters()), list(source.parameters())
        torch._foreach_lerp_(*pairs, 1 - decay)
        for (_, a), (_, s) in zip(average.named_buffers(), source.named_buffers(), strict=True):
            a.copy_(s)


def epoch_loss(model, optimizer, batches):
    losses, sizes = [], []
    for x, y in batches:
        loss = nn.MSELoss()(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        sizes.append(x.size(0))
    sizes = torch.tensor(sizes)
    return (torch.stack(losses) * sizes).sum() / sizes.sum()


def l2_penalty(module, strength):
    weights = [p for p in module.parameters() if p.ndim > 1]
    return strength * torch.stack([torch.linalg.vector_norm(w) ** 2 for w in weights]).sum() / 2


def sgd_step(params, grads, lr, decay):
    with torch.no_grad():
        for p, g in zip(params, grads, strict=True):
            p.add_(g.add(p, alpha=decay), alpha=-lr)


def adamw_step(params, grads, moments, t, lr, decay, beta1=0.9, beta2=0.999, eps=1e-8):
    with torch.no_grad():
        for p, g, moment in zip(params, grads, moments, strict=True):
            p.mul_(1 - lr * decay)
            moment.m.lerp_(g, 1 - beta1)
            moment.v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
            root = (moment.v / (1 - beta2**t)).sqrt().add_(eps)
            p.addcdiv_(moment.m, root, value=-lr / (1 - beta1**t))
