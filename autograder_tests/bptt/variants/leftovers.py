"""Prints, asserts, classes and long names; the state cut at the start of a chunk."""

import torch
from torch import nn


class Gradients:
    """What a student keeps together."""

    def __init__(self, weight_ih, weight_hh):
        self.weight_ih = torch.zeros_like(weight_ih)
        self.weight_hh = torch.zeros_like(weight_hh)
        self.bias = torch.zeros_like(weight_hh).sum(dim=1)

    def add(self, weight_ih, weight_hh, bias):
        self.weight_ih += weight_ih
        self.weight_hh += weight_hh
        self.bias += bias


def step_backward(dh_next, x, h, h_next, weight_ih, weight_hh):
    print("step_backward:", dh_next.shape, x.shape)
    batch_size, hidden_size = dh_next.shape
    derivative_of_tanh = (1 + h_next) * (1 - h_next)
    dz = dh_next * derivative_of_tanh
    assert dz.shape == (batch_size, hidden_size)
    dx = nn.functional.linear(dz, weight_ih.T)
    dh = nn.functional.linear(dz, weight_hh.T)
    dW_ih = (dz.unsqueeze(2) @ x.unsqueeze(1)).sum(dim=0)
    dW_hh = (dz.unsqueeze(2) @ h.unsqueeze(1)).sum(dim=0)
    return dx, dh, dW_ih, dW_hh, dz.sum(dim=0, keepdim=True).squeeze(0)


def rnn_backward(dout, dh_n, x, h_0, out, weight_ih, weight_hh):
    all_states = torch.cat([h_0.unsqueeze(1), out], dim=1)
    gradients, dx, dh = Gradients(weight_ih, weight_hh), {}, dh_n
    t = x.shape[1] - 1
    while t >= 0:
        dh_t = dh + dout[:, t, :]
        dx[t], dh, *rest = step_backward(
            dh_t, x[:, t, :], all_states[:, t], all_states[:, t + 1], weight_ih, weight_hh
        )
        gradients.add(*rest)
        t -= 1
    dx = torch.stack([dx[t] for t in sorted(dx)], dim=1)
    return dx, dh, gradients.weight_ih, gradients.weight_hh, gradients.bias


def step_jacobian(h_next, weight_hh):
    identity = torch.eye(h_next.shape[1], dtype=h_next.dtype)
    diagonal = identity * (1 - h_next**2).unsqueeze(1)
    return torch.matmul(diagonal, weight_hh)


def jacobian_norms(out, weight_hh):
    T, H = out.shape
    product = torch.eye(H, dtype=out.dtype)
    norms = [1.0]
    for t in range(T - 1, 0, -1):
        product = torch.matmul(product, step_jacobian(out[[t]], weight_hh).squeeze(0))
        norms.append(torch.linalg.matrix_norm(product, ord=2).item())
    norms.reverse()
    return torch.tensor(norms, dtype=out.dtype)


def with_largest_singular_value(W, s):
    u, values, v = torch.linalg.svd(W, full_matrices=False)
    values = values * (s / values.max())
    print("singular values:", values)
    return u @ torch.diag(values) @ v


def clip_by_norm(grads, max_norm):
    norms = [torch.norm(g, p="fro") for g in grads if g is not None]
    total_norm = torch.sqrt(sum(norm**2 for norm in norms))
    print(f"norm: {float(total_norm):.3f}")
    coefficient = float(max_norm) / (float(total_norm) + 1e-6)
    if coefficient > 1:
        coefficient = 1
    result = []
    for g in grads:
        result.append(None if g is None else coefficient * g)
    return result, total_norm


def clip_by_value(grads, limit):
    clipped = []
    for g in grads:
        upper, lower = torch.full_like(g, limit), torch.full_like(g, -limit)
        clipped.append(torch.max(torch.min(g, upper), lower))
    return clipped


def truncated_bptt(model, head, optimizer, x, y, k):
    model.train()
    loss_fn = nn.MSELoss(reduction="sum")
    losses, state, number_of_steps = [], None, x.shape[1]
    for i, start in enumerate(range(0, number_of_steps, k)):
        stop = start + k if start + k < number_of_steps else number_of_steps
        inputs, targets = x[:, start:stop, :], y[:, start:stop, :]
        if isinstance(state, tuple):
            state = tuple([s.clone().detach() for s in state])
        elif state is not None:
            state = state.clone().detach().requires_grad_(False)
        optimizer.zero_grad(set_to_none=True)
        output, state = model(inputs, state)
        predictions = head(output)
        loss = loss_fn(predictions, targets) / targets.numel()
        loss.backward()
        optimizer.step()
        print(f"chunk {i}: {loss.item():.4f}")
        losses += [loss.item()]
    return losses
