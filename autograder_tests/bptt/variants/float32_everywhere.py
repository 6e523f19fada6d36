"""Everything in float32, as a notebook has it by default."""

import torch


def step_backward(dh_next, x, h, h_next, weight_ih, weight_hh):
    dh_next, x, h, h_next = dh_next.float(), x.float(), h.float(), h_next.float()
    dz = dh_next * (1 - h_next**2)
    return dz @ weight_ih.float(), dz @ weight_hh.float(), dz.T @ x, dz.T @ h, dz.sum(0)


def rnn_backward(dout, dh_n, x, h_0, out, weight_ih, weight_hh):
    given = [tensor.float() for tensor in (dout, dh_n, x, h_0, out, weight_ih, weight_hh)]
    dout, dh, x, h_0, out, weight_ih, weight_hh = given
    B, T, I = x.shape  # noqa: E741
    H = h_0.shape[1]
    dx = torch.zeros(B, T, I, dtype=torch.float32)
    dW_ih, dW_hh = torch.zeros(H, I, dtype=torch.float32), torch.zeros(H, H, dtype=torch.float32)
    db = torch.zeros(H, dtype=torch.float32)
    for t in reversed(range(T)):
        h = out[:, t - 1] if t else h_0
        found = step_backward(dh + dout[:, t], x[:, t], h, out[:, t], weight_ih, weight_hh)
        dx[:, t], dh = found[0], found[1]
        dW_ih, dW_hh, db = dW_ih + found[2], dW_hh + found[3], db + found[4]
    return dx, dh, dW_ih, dW_hh, db


def step_jacobian(h_next, weight_hh):
    return torch.diag_embed(1 - h_next.float() ** 2) @ weight_hh.float()


def jacobian_norms(out, weight_hh):
    J = step_jacobian(out, weight_hh).float()
    product = torch.eye(out.shape[1], dtype=torch.float32)
    norms = torch.ones(len(out), dtype=torch.float32)
    for t in range(len(out) - 2, -1, -1):
        product = product @ J[t + 1]
        norms[t] = torch.linalg.matrix_norm(product, 2)
    return norms


def with_largest_singular_value(W, s):
    W = W.float()
    return W / torch.linalg.matrix_norm(W, ord=2) * s


def clip_by_norm(grads, max_norm):
    squares = torch.tensor([(g.float() ** 2).sum() for g in grads if g is not None]).float()
    norm = squares.sum().sqrt()
    factor = torch.clamp(max_norm / (norm + 1e-6), max=1.0)
    return [None if g is None else g.float() * factor for g in grads], norm


def clip_by_value(grads, limit):
    return [g.float().clip(-limit, limit) for g in grads]


def truncated_bptt(model, head, optimizer, x, y, k):
    losses, state = [], None
    for t in range(0, x.size(1), k):
        out, state = model(x[:, t : t + k], state)
        loss = ((head(out) - y[:, t : t + k]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state = [s.data for s in state] if isinstance(state, (tuple, list)) else state.data
        state = tuple(state) if isinstance(state, list) else state
        losses.append(torch.tensor(loss.item(), dtype=torch.float32))
    return losses
