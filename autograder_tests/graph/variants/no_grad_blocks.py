"""no_grad blocks in the place of detach, and state_dict in the place of parameters."""

import torch
import torch.nn.functional as F


def straight_through(x):
    with torch.no_grad():
        correction = torch.floor(x + 0.5) - x
    return x + correction


def td_loss(value, target):
    with torch.no_grad():
        goal = target.clone()
    return F.mse_loss(value, goal, reduction="sum") / goal.numel()


def ema_update(average, source, decay):
    own, new = average.state_dict(), source.state_dict()
    learned = {name for name, _ in average.named_parameters()}
    mixed = {
        name: decay * own[name] + (1 - decay) * new[name] if name in learned else new[name]
        for name in own
    }
    average.load_state_dict(mixed)


def epoch_loss(model, optimizer, batches):
    sum_of_losses, examples = 0.0, 0
    for x, y in batches:
        model.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            sum_of_losses = sum_of_losses + loss * x.shape[0]
        examples += x.shape[0]
    return sum_of_losses / examples


def l2_penalty(module, strength):
    flat = torch.cat([p.reshape(-1) for p in module.parameters() if p.dim() >= 2])
    return 0.5 * strength * torch.dot(flat, flat)


def sgd_step(params, grads, lr, decay):
    with torch.no_grad():
        for p, g in zip(params, grads, strict=False):
            p.copy_((1 - lr * decay) * p - lr * g)


def adamw_step(params, grads, moments, t, lr, decay, beta1=0.9, beta2=0.999, eps=1e-8):
    with torch.no_grad():
        for p, g, moment in zip(params, grads, moments, strict=True):
            m = beta1 * moment.m + (1 - beta1) * g
            v = beta2 * moment.v + (1 - beta2) * torch.pow(g, 2)
            moment.m, moment.v = m, v
            shrunk = p * (1 - lr * decay)
            p.copy_(shrunk - lr * (m / (1 - beta1**t)) / ((v / (1 - beta2**t)) ** 0.5 + eps))
