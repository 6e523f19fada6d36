"""In place, but only on tensors of its own; sums by addmm."""

import torch


def step_backward(dh_next, x, h, h_next, weight_ih, weight_hh):
    dz = h_next.pow(2).neg_().add_(1).mul_(dh_next)
    return (
        torch.mm(dz, weight_ih),
        torch.mm(dz, weight_hh),
        torch.mm(dz.mT, x),
        torch.mm(dz.mT, h),
        torch.ones(1, len(x), dtype=dz.dtype).mm(dz).flatten(),
    )


def rnn_backward(dout, dh_n, x, h_0, out, weight_ih, weight_hh):
    dz = dout.clone()
    dz[:, -1] += dh_n
    slopes = 1 - out**2
    for t in range(out.size(1) - 1, 0, -1):
        dz[:, t] *= slopes[:, t]
        dz[:, t - 1] += dz[:, t] @ weight_hh
    dz[:, 0] *= slopes[:, 0]
    flat = dz.flatten(0, 1)  # (B·T, H)
    before = out.roll(1, dims=1)
    before[:, 0] = h_0
    dW_ih = torch.addmm(torch.zeros_like(weight_ih), flat.T, x.flatten(0, 1))
    dW_hh = torch.addmm(torch.zeros_like(weight_hh), flat.T, before.flatten(0, 1))
    return dz @ weight_ih, dz[:, 0] @ weight_hh, dW_ih, dW_hh, flat.sum(0)


def step_jacobian(h_next, weight_hh):
    J = weight_hh.repeat(len(h_next), 1, 1)
    J *= (1 - h_next**2)[..., None]
    return J


def jacobian_norms(out, weight_hh):
    T, H = out.shape
    reach = torch.eye(H, dtype=out.dtype).repeat(T, 1, 1)
    J = step_jacobian(out, weight_hh)
    for t in range(1, T):
        reach[:t] = J[t] @ reach[:t]
    return torch.linalg.matrix_norm(reach, ord=2)


def with_largest_singular_value(W, s):
    scaled = W.clone()
    scaled /= torch.linalg.matrix_norm(W, ord=2)
    scaled *= s
    return scaled


def clip_by_norm(grads, max_norm):
    copies = [None if g is None else g.clone() for g in grads]
    there = [g for g in copies if g is not None]
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in there]))
    if norm > max_norm:
        for g in there:
            g.mul_(max_norm / norm)
    return copies, norm


def clip_by_value(grads, limit):
    return [g.clone().clamp_(-limit, limit) for g in grads]


def truncated_bptt(model, head, optimizer, x, y, k):
    losses, state = [], None
    for x_k, y_k in zip(x.split(k, dim=1), y.split(k, dim=1), strict=True):
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = None
        out, state = model(x_k, state)
        loss = (head(out) - y_k).square().mean()
        loss.backward()
        optimizer.step()
        for part in state if isinstance(state, tuple) else (state,):
            part.detach_()
        losses.append(loss.item())
    return losses
