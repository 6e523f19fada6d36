"""The functions hand over to a class that holds the parameters; exponential races draw."""

import torch


def vocabulary(text):
    return [c for i, c in enumerate(sorted(text)) if i == sorted(text).index(c)]


def encode(text, chars):
    lookup = dict(zip(chars, range(len(chars)), strict=True))
    return torch.as_tensor([lookup[c] for c in text], dtype=torch.long)


def decode(ids, chars):
    out = []
    for i in ids:
        out.append(chars[i])
    return "".join(out)


def one_hot(ids, V):
    return torch.diag(torch.ones(V)).index_select(0, ids.reshape(-1)).reshape(*ids.shape, V)


class Model:
    def __init__(self, params):
        self.p = params
        self.V = params["b_y"].shape[0]

    def step(self, x, h):
        h = (x @ self.p["W_xh"].mT + h @ self.p["W_hh"].mT + self.p["b_h"]).tanh()
        return h, h @ self.p["W_hy"].mT + self.p["b_y"]

    def read(self, inputs, h):
        trace = []
        for x in one_hot(inputs, self.V).to(h.dtype):
            before = h
            h, logits = self.step(x, h)
            trace.append((x, before, h, logits))
        return trace


def loss(params, inputs, targets, h_0):
    trace = Model(params).read(inputs, h_0)
    log_p = torch.stack([logits for *_, logits in trace]).log_softmax(dim=-1)
    return -log_p[range(len(targets)), targets].sum(), trace[-1][2]


def gradients(params, inputs, targets, h_0):
    model = Model(params)
    trace = model.read(inputs, h_0)
    grads = dict.fromkeys(params, 0)
    dh = torch.zeros_like(h_0)
    for (x, before, h, logits), y in zip(trace[::-1], targets.flip(0), strict=True):
        dy = logits.softmax(-1) - one_hot(y, model.V).to(logits)
        dz = (dh + dy @ params["W_hy"]) * (1 - h.pow(2))
        grads["W_hy"] = grads["W_hy"] + dy.ger(h)
        grads["b_y"] = grads["b_y"] + dy
        grads["W_xh"] = grads["W_xh"] + dz.ger(x)
        grads["W_hh"] = grads["W_hh"] + dz.ger(before)
        grads["b_h"] = grads["b_h"] + dz
        dh = dz @ params["W_hh"]
    return grads


def adagrad_step(params, grads, memory, lr):
    memory = {n: memory[n] + torch.square(grads[n]) for n in memory}

    def moved(n):
        return torch.sub(params[n], torch.div(grads[n], memory[n].sqrt() + 1e-8), alpha=lr)

    return {n: moved(n) for n in params}, memory


def next_char(logits, temperature, generator):
    rates = torch.softmax(logits / temperature, dim=-1)
    waiting = torch.empty_like(rates).exponential_(generator=generator)
    return torch.argmin(waiting / rates, dim=-1)


def generate(params, h, first, length, temperature, generator):
    model, x, columns = Model(params), first, []
    for _ in range(length):
        h, logits = model.step(one_hot(x, model.V).to(h), h)
        x = next_char(logits, temperature, generator)
        columns.append(x.unsqueeze(-1))
    return torch.cat(columns, dim=-1)
