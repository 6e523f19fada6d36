"""A second witness for the oracles: everything number by number, gradients by hand, in numpy.

`grader verify` calls every test here on 1,000 draws. Each holds the solution, torch's own where
there is something, and this file against each other; it shares no code with either.
"""

import copy
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn


def agree(what, *all_of_them):
    """Require equal lists of arrays, to within rounding of float64."""
    arrays = [[np.asarray(x.detach() if torch.is_tensor(x) else x) for x in a] for a in all_of_them]
    for same in zip(*arrays, strict=True):
        for one, other in pairwise(same):
            assert one.shape == other.shape, f"{what}: {one.shape} is not {other.shape}"
            off = np.abs(one - other).max()
            assert off <= 1e-11 * (1 + np.abs(other).max()), f"{what}: {off:.1e} off"


def array(tensor):
    return tensor.detach().numpy().copy()


def test_straight_through(student, draw):
    """Halves do not occur; the gradient is the cotangent."""
    x, due = draw(3, 2, scale=3.0).requires_grad_(), draw(3, 2)
    y = student.straight_through(x)
    rounded = [int(v + 0.5) if v > 0 else -int(0.5 - v) for v in x.flatten().tolist()]
    agree("y", [y.flatten(), *torch.autograd.grad(y, x, due)], [np.array(rounded), due])


def test_td_loss(student, draw):
    """The loss and its gradient, and that the targets have none."""
    (N,) = draw.integers(1, 7, 1).tolist()
    value, target = draw(N).requires_grad_(), draw(N).requires_grad_()
    loss = student.td_loss(value, target)
    torch_loss = nn.functional.mse_loss(value, target.detach())
    (gradient,) = torch.autograd.grad(torch_loss, value)
    total, by_hand = 0.0, np.zeros(N)
    for n, (v, t) in enumerate(zip(value.tolist(), target.tolist(), strict=True)):
        total += (v - t) ** 2 / N
        by_hand[n] = 2 * (v - t) / N
    own = torch.autograd.grad(loss, [value, target], allow_unused=True)
    assert own[1] is None or not own[1].any()
    agree("loss", [loss, own[0]], [torch_loss, gradient], [total, by_hand])


def test_average(student, draw):
    """A linear layer and a norm layer, and torch's own averaged model."""
    source = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    draw.fill(source)
    source(draw(4, 2))  # moves the buffers
    average, decay = draw.fill(copy.deepcopy(source)), float(draw(1).sigmoid())
    average(draw(4, 2))
    torchs = torch.optim.swa_utils.AveragedModel(
        average, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
    )
    torchs.n_averaged += 1
    torchs.update_parameters(source)
    due = [
        decay * array(a) + (1 - decay) * array(s)
        for a, s in zip(average.parameters(), source.parameters(), strict=True)
    ]
    student.ema_update(average, source, decay)
    agree("parameters", average.parameters(), torchs.module.parameters(), due)
    agree("buffers", average.buffers(), [array(b) for b in source.buffers()])


def test_epoch(student, draw):
    """Where an epoch leads, with the gradient of each batch by hand, and its mean loss."""
    sizes = draw.integers(1, 5, 3).tolist()
    I, O = draw.integers(1, 4, 2).tolist()  # noqa: E741 (the letters that students read)
    model, lr = draw.fill(nn.Linear(I, O)), 0.1
    batches = [(draw(B, I), draw(B, O)) for B in sizes]
    weight, bias = array(model.weight), array(model.bias)
    total = 0.0
    for x, y in batches:
        to_weight, to_bias = np.zeros_like(weight), np.zeros_like(bias)
        for given, wanted in zip(x.numpy(), y.numpy(), strict=True):
            for o in range(O):
                off = bias[o] + sum(weight[o, i] * given[i] for i in range(I)) - wanted[o]
                total += off**2 / O
                to_bias[o] += 2 * off / (O * len(x))
                for i in range(I):
                    to_weight[o, i] += 2 * off * given[i] / (O * len(x))
        weight, bias = weight - lr * to_weight, bias - lr * to_bias
    loss = student.epoch_loss(model, torch.optim.SGD(model.parameters(), lr), iter(batches))
    agree("epoch", [loss, model.weight, model.bias], [total / sum(sizes), weight, bias])


def test_penalty(student, draw):
    """The penalty and its gradient; what has one axis has no part."""
    module, strength = nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3), nn.Linear(3, 1)), 0.3
    draw.fill(module)
    student.l2_penalty(module, strength).backward()
    with torch.no_grad():
        penalty = student.l2_penalty(module, strength)
    total = sum(number**2 for k in (0, 2) for row in module[k].weight.tolist() for number in row)
    agree("penalty", [penalty], [strength * total / 2])
    for name, p in module.named_parameters():
        if name in ("0.weight", "2.weight"):
            agree(name, [p.grad], [strength * array(p)])
        else:
            assert p.grad is None or not p.grad.any(), name


def optimized(kind, params, each, **options):
    """Return where an optimizer of torch leads."""
    own = [p.clone().requires_grad_() for p in params]
    optimizer = kind(own, **options)
    for grads in each:
        for p, g in zip(own, grads, strict=True):
            p.grad = g.clone()
        optimizer.step()
    return own


def stepped(student, params, each, lr, decay, moments=None, **options):
    """Return where the solution's steps lead; what it changes in place stays beside it."""

    def steps(names):
        own = [p.clone() for p in params]
        for t, grads in enumerate(each, 1):
            if moments:
                names.adamw_step(own, grads, moments, t, lr, decay, **options)
            else:
                names.sgd_step(own, grads, lr, decay)
        return own

    return student.beside(steps)()


def test_sgd(student, draw):
    """Some steps of gradient descent, number by number, and torch's own."""
    params, lr, decay = [draw(2, 3), draw(2)], 0.2, 0.3
    each = [[draw(2, 3), draw(2)] for _ in range(3)]
    torchs = optimized(torch.optim.SGD, params, each, lr=lr, weight_decay=decay)
    by_hand = [array(p) for p in params]
    for grads in each:
        for p, g in zip(by_hand, grads, strict=True):
            for place in np.ndindex(p.shape):
                p[place] -= lr * (float(g[place]) + decay * p[place])
    agree("params", stepped(student, params, each, lr, decay), torchs, by_hand)


def test_adamw(student, draw):
    """Some steps of AdamW, number by number, and torch's own."""
    params, lr, decay, beta1, beta2, eps = [draw(2, 3), draw(2)], 0.1, 0.5, 0.8, 0.95, 1e-3
    each = [[draw(2, 3), draw(2)] for _ in range(3)]
    options = {"lr": lr, "weight_decay": decay, "betas": (beta1, beta2), "eps": eps}
    torchs = optimized(torch.optim.AdamW, params, each, **options)
    by_hand = [array(p) for p in params]
    for n, p in enumerate(by_hand):
        for place in np.ndindex(p.shape):
            m = v = 0.0
            for t, grads in enumerate(each, 1):
                g = float(grads[n][place])
                m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
                quotient = m / (1 - beta1**t) / ((v / (1 - beta2**t)) ** 0.5 + eps)
                p[place] -= lr * (decay * p[place] + quotient)
    moments = [SimpleNamespace(m=torch.zeros_like(p), v=torch.zeros_like(p)) for p in params]
    own = stepped(student, params, each, lr, decay, moments, beta1=beta1, beta2=beta2, eps=eps)
    agree("params", own, torchs, by_hand)
