"""All parameters laid out in one vector, computed there, and written back."""

import torch
from torch import nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters


def straight_through(x):
    return x - x.detach() + x.round().detach()


def td_loss(value, target):
    difference = (value - target.detach()).flatten()
    return difference @ difference / len(difference)


@torch.no_grad()
def ema_update(average, source, decay):
    own, new = parameters_to_vector(average.parameters()), parameters_to_vector(source.parameters())
    vector_to_parameters(new + decay * (own - new), average.parameters())
    for a, s in zip(average.buffers(), source.buffers(), strict=True):
        a.data = s.detach().clone()


def epoch_loss(model, optimizer, batches):
    criterion = nn.MSELoss(reduction="none")
    mean, seen = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad(set_to_none=False)
        losses = criterion(model(x), y).flatten(1).mean(dim=1)
        losses.mean().backward()
        optimizer.step()
        seen += len(losses)
        mean += (losses.detach().mean().item() - mean) * len(losses) / seen
    return mean


def l2_penalty(module, strength):
    weights = parameters_to_vector(p for p in module.parameters() if p.dim() > 1)
    return strength * weights.pow(2).sum().div(2)


def sgd_step(params, grads, lr, decay):
    with torch.no_grad():
        p = torch.cat([p.reshape(-1) for p in params])
        g = torch.cat([g.reshape(-1) for g in grads])
        stepped = (p - lr * (g + decay * p)).split([*map(torch.numel, params)])
        for own, new in zip(params, stepped, strict=True):
            own.copy_(new.view_as(own))


def adamw_step(params, grads, moments, t, lr, decay, beta1=0.9, beta2=0.999, eps=1e-8):
    with torch.no_grad():
        sizes = [p.numel() for p in params]
        p, g, m, v = (
            torch.cat([x.reshape(-1) for x in tensors])
            for tensors in (params, grads, [s.m for s in moments], [s.v for s in moments])
        )
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        p = p - lr * decay * p - lr * m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + eps)
        pieces = zip(params, moments, p.split(sizes), m.split(sizes), v.split(sizes), strict=True)
        for own, s, new_p, new_m, new_v in pieces:
            own.copy_(new_p.view_as(own))
            s.m, s.v = new_m.view_as(own).clone(), new_v.view_as(own).clone()
