"""Through numpy and back, where no gradient is asked for."""

import numpy as np
import torch


def step_backward(dh_next, x, h, h_next, weight_ih, weight_hh):
    dh_next, x, h, h_next, weight_ih, weight_hh = (
        tensor.detach().numpy() for tensor in (dh_next, x, h, h_next, weight_ih, weight_hh)
    )
    dz = dh_next * (1 - np.square(h_next))
    found = dz.dot(weight_ih), dz.dot(weight_hh), dz.T.dot(x), dz.T.dot(h), dz.sum(axis=0)
    return tuple(torch.from_numpy(array) for array in found)


def rnn_backward(dout, dh_n, x, h_0, out, weight_ih, weight_hh):
    T = x.shape[1]
    states = [h_0, *out.unbind(1)]
    dx, dh, total = [None] * T, dh_n, None
    for t in range(T)[::-1]:
        dx[t], dh, *shared = step_backward(
            dh + dout[:, t], x[:, t], states[t], states[t + 1], weight_ih, weight_hh
        )
        total = shared if total is None else [a + b for a, b in zip(total, shared, strict=True)]
    return torch.stack(dx, 1), dh, total[0], total[1], total[2]


def step_jacobian(h_next, weight_hh):
    h, W = h_next.detach().numpy(), weight_hh.detach().numpy()
    return torch.from_numpy((1 - h**2)[:, :, np.newaxis] * W[np.newaxis])


def jacobian_norms(out, weight_hh):
    J = step_jacobian(out, weight_hh).numpy()
    norms, product = np.ones(len(J)), np.identity(J.shape[1])
    for t in range(len(J) - 1, 0, -1):
        product = product @ J[t]
        norms[t - 1] = np.linalg.norm(product, 2)
    return torch.from_numpy(norms)


def with_largest_singular_value(W, s):
    return torch.tensor(W.numpy() * s / np.linalg.svd(W.numpy(), compute_uv=False)[0])


def clip_by_norm(grads, max_norm):
    norm = float(np.sqrt(np.sum([np.sum(g.numpy() ** 2) for g in grads if g is not None])))
    factor = 1.0 if norm <= max_norm else max_norm / norm
    return tuple(None if g is None else g * factor for g in grads), norm


def clip_by_value(grads, limit):
    return [torch.from_numpy(np.clip(g.numpy(), -limit, limit)) for g in grads]


def truncated_bptt(model, head, optimizer, x, y, k):
    losses = np.zeros(0)
    state = None
    for t in np.arange(0, x.shape[1], k):
        out, state = model(x[:, t : t + k], state)
        error = head(out) - y[:, t : t + k]
        loss = (error * error).sum() / error.numel()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses = np.append(losses, loss.item())
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
    return losses.tolist()
