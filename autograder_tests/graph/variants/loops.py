"""Everything number by number or tensor by tensor, with names of its own."""

import torch


def straight_through(x):
    flat = x.reshape(-1)
    out = [v + (torch.round(v) - v).detach() for v in flat]
    return torch.stack(out).reshape(x.shape) if out else x.clone()


def td_loss(value, target):
    total = 0
    for v, t in zip(value.reshape(-1), target.detach().reshape(-1), strict=True):
        total = total + (v - t) ** 2
    return total / value.numel()


@torch.no_grad()
def ema_update(average, source, decay):
    new = dict(source.named_parameters())
    for name, parameter in average.named_parameters():
        parameter *= decay
        parameter += (1 - decay) * new[name]
    counts = dict(source.named_buffers())
    for name, buffer in average.named_buffers():
        buffer.copy_(counts[name])


def epoch_loss(model, optimizer, batches):
    history = []
    for batch in batches:
        x, y = batch
        for group in optimizer.param_groups:
            for p in group["params"]:
                p.grad = None
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        history.extend([loss.item()] * len(y))
    return sum(history) / len(history)


def l2_penalty(module, strength):
    price = torch.zeros(())
    for layer in module.modules():
        for p in layer._parameters.values():
            if p is not None and p.dim() > 1:
                price = price + (p**2).sum()
    return price * strength / 2


def sgd_step(params, grads, lr, decay):
    for i, p in enumerate(params):
        with torch.no_grad():
            step = lr * grads[i] + lr * decay * p
            p -= step


def adamw_step(params, grads, moments, t, lr, decay, beta1=0.9, beta2=0.999, eps=1e-8):
    for i, p in enumerate(params):
        with torch.no_grad():
            g, memory = grads[i], moments[i]
            memory.m *= beta1
            memory.m += (1 - beta1) * g
            memory.v *= beta2
            memory.v += (1 - beta2) * g.square()
            quotient = (memory.m / (1 - beta1**t)) / (torch.sqrt(memory.v / (1 - beta2**t)) + eps)
            p -= lr * (quotient + decay * p)
