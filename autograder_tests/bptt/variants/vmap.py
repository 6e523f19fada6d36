"""By vmap over the batch, and by functions of vectors."""

import torch
from torch import vmap


def of_one(dh_next, x, h, h_next, weight_ih, weight_hh):
    dz = dh_next * (1 - h_next**2)
    return dz @ weight_ih, dz @ weight_hh, dz[:, None] * x, dz[:, None] * h, dz


def step_backward(dh_next, x, h, h_next, weight_ih, weight_hh):
    each = vmap(of_one, in_dims=(0, 0, 0, 0, None, None))
    dx, dh, dW_ih, dW_hh, db = each(dh_next, x, h, h_next, weight_ih, weight_hh)
    return dx, dh, dW_ih.sum(0), dW_hh.sum(0), db.sum(0)


def rnn_backward(dout, dh_n, x, h_0, out, weight_ih, weight_hh):
    def sequence(dout, dh_n, x, h_0, out):
        before, dzs, dh = torch.cat([h_0[None], out[:-1]]), [], dh_n
        for t in reversed(range(len(x))):
            dzs.append((dh + dout[t]) * (1 - out[t] ** 2))
            dh = dzs[-1] @ weight_hh
        dz = torch.stack(dzs[::-1])  # (T, H)
        return dz @ weight_ih, dh, dz.T @ x, dz.T @ before, dz.sum(0)

    dx, dh_0, *shared = vmap(sequence)(dout, dh_n, x, h_0, out)
    return dx, dh_0, *(of_each.sum(0) for of_each in shared)


def step_jacobian(h_next, weight_hh):
    return vmap(lambda h: (1 - h**2)[:, None] * weight_hh)(h_next)


def jacobian_norms(out, weight_hh):
    products = [torch.eye(out.shape[-1], dtype=out.dtype)]
    for h in out[1:].flip(0):
        products.append(products[-1] @ torch.diag(1 - h * h) @ weight_hh)
    gram = torch.stack([p.T @ p for p in products[::-1]])
    return torch.linalg.eigvalsh(gram)[:, -1].clamp(min=0).sqrt()


def with_largest_singular_value(W, s):
    largest = torch.linalg.eigvalsh(W @ W.mT).max().sqrt()
    return torch.mul(W, s / largest)


def clip_by_norm(grads, max_norm):
    there = [g for g in grads if g is not None]
    norm = torch.stack(torch._foreach_norm(there)).norm()
    factor = float((max_norm / norm.clamp(min=1e-12)).clamp(max=1))
    clipped = iter(torch._foreach_mul(there, factor))
    return [None if g is None else next(clipped) for g in grads], norm


def clip_by_value(grads, limit):
    return [torch.where(g.abs() > limit, limit * torch.sign(g), g) for g in grads]


def truncated_bptt(model, head, optimizer, x, y, k):
    T = x.shape[1]
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    losses, state = [], None
    for chunk in torch.arange(T).split(k):
        out, state = model(x[:, chunk], state)
        loss = torch.mean((head(out) - y[:, chunk]) ** 2)
        gradients = torch.autograd.grad(loss, parameters)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        optimizer.step()
        losses.append(loss.item())
        state = torch.utils._pytree.tree_map(torch.Tensor.detach, state)
    return losses
