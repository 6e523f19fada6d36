"""Recursion in the place of loops, and helpers for what comes twice."""

import torch


def through_tanh(d, h):
    return d.mul(1 - h.square())


def step_backward(dh_next, x, h, h_next, weight_ih, weight_hh):
    dz = through_tanh(dh_next, h_next)
    both = dz @ torch.cat([weight_ih, weight_hh], dim=1)  # (B, I + H)
    dW = dz.t() @ torch.cat([x, h], dim=1)  # (H, I + H)
    features = x.size(1)
    return both[:, :features], both[:, features:], dW[:, :features], dW[:, features:], dz.sum(0)


def rnn_backward(dout, dh_n, x, h_0, out, weight_ih, weight_hh):
    h = h_0 if out.size(1) == 1 else out[:, -2]
    last, carry, *shared = step_backward(
        dh_n + dout[:, -1], x[:, -1], h, out[:, -1], weight_ih, weight_hh
    )
    if out.size(1) == 1:
        return last.unsqueeze(1), carry, *shared
    dx, dh_0, *earlier = rnn_backward(
        dout[:, :-1], carry, x[:, :-1], h_0, out[:, :-1], weight_ih, weight_hh
    )
    dx = torch.cat([dx, last.unsqueeze(1)], dim=1)
    return dx, dh_0, *(a + b for a, b in zip(earlier, shared, strict=True))


def step_jacobian(h_next, weight_hh):
    B, H = h_next.shape
    return (1 - h_next.square()).view(B, H, 1).expand(B, H, H) * weight_hh.expand(B, H, H)


def jacobian_norms(out, weight_hh):
    def reach(t):
        if t == len(out) - 1:
            return [torch.eye(out.size(1), dtype=out.dtype)]
        later = reach(t + 1)
        return [later[0] @ step_jacobian(out[t + 1 : t + 2], weight_hh)[0], *later]

    return torch.linalg.svdvals(torch.stack(reach(0))).amax(-1)


def with_largest_singular_value(W, s):
    return s * W / torch.linalg.norm(W, 2)


def clip_by_norm(grads, max_norm):
    norm = torch.stack([g.norm() for g in grads if g is not None]).norm()
    if norm <= max_norm:
        return list(grads), norm
    return [None if g is None else g / norm * max_norm for g in grads], norm


def clip_by_value(grads, limit):
    return [g.sign() * g.abs().clamp(max=limit) for g in grads]


def cut(state):
    return state.detach() if torch.is_tensor(state) else tuple(map(cut, state))


def truncated_bptt(model, head, optimizer, x, y, k, state=None):
    if not x.size(1):
        return []
    out, state = model(x[:, :k], state)
    loss = (head(out) - y[:, :k]).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    rest = truncated_bptt(model, head, optimizer, x[:, k:], y[:, k:], k, cut(state))
    return [loss.item(), *rest]
