# passes: the way of the lecture, step by step
# %% [markdown]
# # Homework 5: backprop through time
# I worked through the indices on paper first.

# %%
import torch
from torch import nn


# %%
def step_backward(dh_next, x, h, h_next, weight_ih, weight_hh):
    dtanh = 1 - h_next * h_next
    dz = dh_next * dtanh
    dx = torch.matmul(dz, weight_ih)
    dh = torch.matmul(dz, weight_hh)
    dW_ih = torch.matmul(dz.t(), x)
    dW_hh = torch.matmul(dz.t(), h)
    db = torch.sum(dz, 0)
    return dx, dh, dW_ih, dW_hh, db


# %%
def rnn_backward(dout, dh_n, x, h_0, out, weight_ih, weight_hh):
    B, T, I = x.shape
    dx = torch.zeros_like(x)
    dW_ih = torch.zeros_like(weight_ih)
    dW_hh = torch.zeros_like(weight_hh)
    db = torch.zeros(weight_hh.shape[0], dtype=x.dtype)
    dh = dh_n
    for t in range(T - 1, -1, -1):
        h_before = h_0 if t == 0 else out[:, t - 1]
        dx[:, t], dh, a, b, c = step_backward(
            dout[:, t] + dh, x[:, t], h_before, out[:, t], weight_ih, weight_hh
        )
        dW_ih += a
        dW_hh += b
        db += c
    return dx, dh, dW_ih, dW_hh, db


# %%
def step_jacobian(h_next, weight_hh):
    return torch.diag_embed(1 - h_next**2) @ weight_hh


# %%
def jacobian_norms(out, weight_hh):
    T, H = out.shape
    P = torch.eye(H, dtype=out.dtype)
    norms = torch.ones(T, dtype=out.dtype)
    for t in range(T - 2, -1, -1):
        P = P @ step_jacobian(out[t + 1 : t + 2], weight_hh)[0]
        norms[t] = torch.linalg.svdvals(P).max()
    return norms


# %%
def with_largest_singular_value(W, s):
    sigma = torch.linalg.svdvals(W)[0]
    return W / sigma * s


# %%
def clip_by_norm(grads, max_norm):
    total = 0
    for g in grads:
        if g is not None:
            total = total + (g**2).sum()
    norm = total**0.5
    scale = max_norm / norm if norm > max_norm else 1.0
    return [g * scale if g is not None else None for g in grads], norm


# %%
def clip_by_value(grads, limit):
    return [torch.clamp(g, -limit, limit) for g in grads]


# %%
def truncated_bptt(model, head, optimizer, x, y, k):
    loss_fn = nn.MSELoss()
    losses = []
    state = None
    for start in range(0, x.shape[1], k):
        out, state = model(x[:, start : start + k], state)
        loss = loss_fn(head(out), y[:, start : start + k])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if isinstance(state, tuple):
            state = tuple(s.detach() for s in state)
        else:
            state = state.detach()
        losses.append(loss.item())
    return losses


# %%
model, head = nn.RNN(1, 4, batch_first=True), nn.Linear(4, 1)
optimizer = torch.optim.SGD([*model.parameters(), *head.parameters()], lr=0.1)
print(truncated_bptt(model, head, optimizer, torch.randn(2, 9, 1), torch.randn(2, 9, 1), 4))
