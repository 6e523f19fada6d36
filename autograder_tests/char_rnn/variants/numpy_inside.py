"""Numbers are numpy's on the inside."""

import numpy as np
import torch


def vocabulary(text):
    return [str(c) for c in np.unique(list(text))] if text else []


def encode(text, chars):
    table = {c: n for n, c in enumerate(chars)}
    return torch.from_numpy(np.array([table[c] for c in text], dtype=np.int64))


def decode(ids, chars):
    return "".join(np.array(chars)[np.asarray(ids, dtype=int)].tolist())


def one_hot(ids, V):
    return torch.tensor(np.eye(V)[ids.numpy()], dtype=torch.get_default_dtype())


def loss(params, inputs, targets, h_0):
    p = {k: v.detach().numpy() for k, v in params.items()}
    h, total = h_0.detach().numpy(), 0.0
    for x, y in zip(inputs.numpy(), targets.numpy(), strict=True):
        h = np.tanh(p["W_xh"][:, x] + p["W_hh"].dot(h) + p["b_h"])
        o = p["W_hy"].dot(h) + p["b_y"]
        o -= o.max()
        total += np.log(np.exp(o).sum()) - o[y]
    return torch.tensor(total, dtype=h_0.dtype), torch.tensor(h, dtype=h_0.dtype)


def gradients(params, inputs, targets, h_0):
    p = {k: v.detach().numpy() for k, v in params.items()}
    inputs, targets = inputs.numpy(), targets.numpy()
    hs, ys = [h_0.detach().numpy()], []
    for x in inputs:
        hs.append(np.tanh(p["W_xh"][:, x] + p["W_hh"] @ hs[-1] + p["b_h"]))
        e = np.exp(p["W_hy"] @ hs[-1] + p["b_y"])
        ys.append(e / e.sum())
    d = {k: np.zeros_like(v) for k, v in p.items()}
    dh_next = np.zeros_like(hs[0])
    for t in range(len(inputs) - 1, -1, -1):
        dy = np.copy(ys[t])
        dy[targets[t]] -= 1
        dz = (p["W_hy"].T @ dy + dh_next) * (1 - hs[t + 1] ** 2)
        d["W_hy"] += np.outer(dy, hs[t + 1])
        d["b_y"] += dy
        d["b_h"] += dz
        d["W_hh"] += np.outer(dz, hs[t])
        d["W_xh"][:, inputs[t]] += dz
        dh_next = p["W_hh"].T @ dz
    return {k: torch.tensor(v) for k, v in d.items()}


def adagrad_step(params, grads, memory, lr):
    new = {}
    m = {}
    for k in params:
        g = grads[k].numpy()
        m[k] = memory[k].numpy() + g**2
        new[k] = torch.tensor(params[k].numpy() - lr * g / (np.sqrt(m[k]) + 1e-8))
    return new, {k: torch.tensor(v) for k, v in m.items()}


def next_char(logits, temperature, generator):
    z = logits.numpy() / temperature
    e = np.exp(z - z.max(axis=1, keepdims=True))
    e /= e.sum(axis=1, keepdims=True)
    u = torch.rand(len(e), generator=generator, dtype=torch.float64).numpy()
    ids = (e.cumsum(axis=1) < u[:, None]).sum(axis=1)
    return torch.tensor(np.minimum(ids, e.shape[1] - 1))


def generate(params, h, first, length, temperature, generator):
    p = {k: v.numpy() for k, v in params.items()}
    h, x = h.numpy(), first.numpy()
    out = np.zeros((len(x), length), dtype=np.int64)
    for t in range(length):
        h = np.tanh(p["W_xh"].T[x] + h @ p["W_hh"].T + p["b_h"])
        x = next_char(torch.tensor(h @ p["W_hy"].T + p["b_y"]), temperature, generator).numpy()
        out[:, t] = x
    return torch.tensor(out)
