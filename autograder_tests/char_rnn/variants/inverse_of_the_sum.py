"""Draws by the running sum of the chances; a step of the network is a function of its own."""

import torch


def vocabulary(text):
    return list(dict.fromkeys(sorted(text)))


def encode(text, chars):
    ids = []
    for char in text:
        if char not in chars:
            raise ValueError(f"{char!r} is not in the vocabulary")
        ids.append(chars.index(char))
    return torch.LongTensor(ids)


def decode(ids, chars):
    return "".join([chars[i] for i in ids])


def one_hot(ids, V):
    return torch.nn.functional.one_hot(ids, V).to(torch.get_default_dtype())


def step(params, x, h):
    h = torch.tanh(x @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
    return h, h @ params["W_hy"].T + params["b_y"]


def loss(params, inputs, targets, h_0):
    V, h = params["b_y"].numel(), h_0.unsqueeze(0)
    losses = []
    for x, y in zip(inputs.tolist(), targets.tolist(), strict=True):
        h, logits = step(params, torch.eye(V, dtype=h.dtype)[[x]], h)
        losses.append(torch.logsumexp(logits[0], 0) - logits[0, y])
    return sum(losses), h.squeeze(0)


def gradients(params, inputs, targets, h_0):
    V = params["b_y"].numel()
    eye = torch.eye(V, dtype=h_0.dtype)
    trace, h = [], h_0[None]
    for x in inputs:
        before = h
        h, logits = step(params, eye[x][None], h)
        trace.append((before[0], h[0], torch.softmax(logits[0], dim=-1)))
    total = {name: torch.zeros(p.shape, dtype=p.dtype) for name, p in params.items()}
    back = 0
    for (before, h, p), x, y in list(zip(trace, inputs, targets, strict=True))[::-1]:
        dy = p - eye[y]
        dz = (dy @ params["W_hy"] + back) * (1 + h) * (1 - h)
        for name, more in (
            ("W_hy", dy[:, None] * h),
            ("b_y", dy),
            ("W_xh", dz[:, None] * eye[x]),
            ("W_hh", dz[:, None] * before),
            ("b_h", dz),
        ):
            total[name] = total[name] + more
        back = dz @ params["W_hh"]
    return total


def adagrad_step(params, grads, memory, lr):
    out = ({}, {})
    for name in sorted(params):
        m = memory[name] + grads[name].pow(2)
        out[1][name] = m
        out[0][name] = params[name] - lr * grads[name] * (m + 1e-18).rsqrt()
    return out


def next_char(logits, temperature, generator):
    p = torch.softmax(logits.double() / temperature, dim=-1)
    u = torch.rand(len(p), 1, generator=generator, dtype=torch.float64)
    drawn = torch.searchsorted(p.cumsum(dim=-1), u, right=True)
    return drawn.squeeze(-1).clamp(max=p.size(-1) - 1)


def generate(params, h, first, length, temperature, generator):
    texts = [first]
    while len(texts) <= length:
        h, logits = step(params, one_hot(texts[-1], len(params["b_y"])), h)
        texts.append(next_char(logits, temperature, generator))
    return torch.stack(texts[1:]).T
