"""One sequence after the other, as outer products of vectors."""

import math

import torch
from torch import nn


def step_backward(dh_next, x, h, h_next, weight_ih, weight_hh):
    dW_ih, dW_hh = torch.zeros_like(weight_ih), torch.zeros_like(weight_hh)
    db = torch.zeros_like(weight_hh[0])
    dx, dh = torch.zeros_like(x), torch.zeros_like(h)
    for b in range(x.shape[0]):
        dz = dh_next[b] * (1.0 - torch.square(h_next[b]))
        dx[b] = weight_ih.T @ dz
        dh[b] = weight_hh.T.mv(dz)
        dW_ih += torch.outer(dz, x[b])
        dW_hh += torch.outer(dz, h[b])
        db += dz
    return [dx, dh, dW_ih, dW_hh, db]


def rnn_backward(dout, dh_n, x, h_0, out, weight_ih, weight_hh):
    T = x.shape[1]
    dx = torch.zeros_like(x)
    dW_ih = torch.zeros_like(weight_ih)
    dW_hh = torch.zeros_like(weight_hh)
    db = x.new_zeros(weight_hh.size(0))
    dh = dh_n.clone()
    for t in range(T - 1, -1, -1):
        h_prev = h_0 if t == 0 else out[:, t - 1]
        dh = dh + dout[:, t]
        dx_t, dh, dW_ih_t, dW_hh_t, db_t = step_backward(
            dh, x[:, t], h_prev, out[:, t], weight_ih, weight_hh
        )
        dx[:, t] = dx_t
        dW_ih += dW_ih_t
        dW_hh += dW_hh_t
        db += db_t
    return dx, dh, dW_ih, dW_hh, db


def step_jacobian(h_next, weight_hh):
    matrices = []
    for h in h_next:
        matrices.append(torch.diag(1 - h**2) @ weight_hh)
    return torch.stack(matrices)


def jacobian_norms(out, weight_hh):
    T = len(out)
    norms = torch.zeros(T, dtype=out.dtype)
    for t in range(T):
        product = torch.eye(out.shape[1], dtype=out.dtype)
        for later in range(t + 1, T):
            product = step_jacobian(out[later : later + 1], weight_hh)[0] @ product
        norms[t] = torch.linalg.norm(product, ord=2)
    return norms


def with_largest_singular_value(W, s):
    _, values, _ = torch.linalg.svd(W)
    return W * (s / values[0].item())


def clip_by_norm(grads, max_norm):
    total = 0.0
    for g in grads:
        if g is not None:
            total += (g * g).sum().item()
    norm = math.sqrt(total)
    clipped = []
    for g in grads:
        if g is None:
            clipped.append(None)
        elif norm > max_norm:
            clipped.append(g * max_norm / norm)
        else:
            clipped.append(g.clone())
    return clipped, norm


def clip_by_value(grads, limit):
    clipped = []
    for g in grads:
        g = g.clone()
        g[g > limit] = limit
        g[g < -limit] = -limit
        clipped.append(g)
    return clipped


def truncated_bptt(model, head, optimizer, x, y, k):
    criterion = nn.MSELoss()
    T = x.size(1)
    losses = []
    state = None
    t = 0
    while t < T:
        end = min(t + k, T)
        optimizer.zero_grad()
        out, state = model(x[:, t:end], state)
        loss = criterion(head(out), y[:, t:end])
        loss.backward()
        optimizer.step()
        if isinstance(state, tuple):
            h, c = state
            state = (h.detach(), c.detach())
        else:
            state = state.detach()
        losses.append(float(loss.detach()))
        t = end
    return losses
