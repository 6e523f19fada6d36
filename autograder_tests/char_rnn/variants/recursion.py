"""A text is its first character and a shorter text."""

import functools

import torch


def vocabulary(text):
    return functools.reduce(lambda chars, c: chars if c in chars else sorted([*chars, c]), text, [])


def encode(text, chars):
    if not text:
        return torch.zeros(0, dtype=torch.int64)
    return torch.cat([torch.tensor([chars.index(text[0])]), encode(text[1:], chars)])


def decode(ids, chars):
    return chars[int(ids[0])] + decode(ids[1:], chars) if len(ids) else ""


def one_hot(ids, V):
    if ids.dim():
        return torch.stack([one_hot(i, V) for i in ids])
    x = torch.zeros(V)
    x[ids] = 1
    return x


def loss(params, inputs, targets, h_0):
    if not len(inputs):
        return h_0.new_zeros(()), h_0
    h = torch.tanh(params["W_xh"][:, inputs[0]] + params["W_hh"] @ h_0 + params["b_h"])
    first = -torch.log_softmax(params["W_hy"] @ h + params["b_y"], 0)[targets[0]]
    rest, last = loss(params, inputs[1:], targets[1:], h)
    return first + rest, last


def gradients(params, inputs, targets, h_0):
    return back(params, inputs, targets, h_0)[0]


def back(params, inputs, targets, h_0):
    """Return the gradients, and that of the state that reading starts from."""
    if not len(inputs):
        return {k: torch.zeros_like(p) for k, p in params.items()}, torch.zeros_like(h_0)
    h = torch.tanh(params["W_xh"][:, inputs[0]] + params["W_hh"] @ h_0 + params["b_h"])
    rest, dh = back(params, inputs[1:], targets[1:], h)
    dy = torch.softmax(params["W_hy"] @ h + params["b_y"], 0)
    dy = dy - one_hot(targets[0], len(dy)).to(dy)
    dz = (params["W_hy"].T @ dy + dh) * (1 - h**2)
    here = {
        "W_xh": torch.outer(dz, one_hot(inputs[0], len(dy)).to(dz)),
        "W_hh": torch.outer(dz, h_0),
        "b_h": dz,
        "W_hy": torch.outer(dy, h),
        "b_y": dy,
    }
    return {k: here[k] + rest[k] for k in params}, params["W_hh"].T @ dz


def adagrad_step(params, grads, memory, lr):
    if not params:
        return {}, {}
    (name, p), *others = params.items()
    m = memory[name] + grads[name] ** 2
    moved, kept = adagrad_step(dict(others), grads, memory, lr)
    return {name: p - lr * grads[name] / (m.sqrt() + 1e-8), **moved}, {name: m, **kept}


def next_char(logits, temperature, generator):
    rows = [torch.multinomial(p, 1, generator=generator) for p in (logits / temperature).softmax(1)]
    return torch.cat(rows)


def generate(params, h, first, length, temperature, generator):
    h = torch.tanh(params["W_xh"].T[first] + h @ params["W_hh"].T + params["b_h"])
    x = next_char(h @ params["W_hy"].T + params["b_y"], temperature, generator)
    if length == 1:
        return x[:, None]
    return torch.cat([x[:, None], generate(params, h, x, length - 1, temperature, generator)], 1)
