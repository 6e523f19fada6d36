"""As in min-char-rnn: columns, one dict for each quantity, everything by step."""

import torch


def vocabulary(text):
    chars = []
    for c in text:
        if c not in chars:
            chars.append(c)
    chars.sort()
    return chars


def encode(text, chars):
    char_to_ix = {ch: i for i, ch in enumerate(chars)}
    ids = torch.zeros(len(text), dtype=torch.long)
    for t in range(len(text)):
        ids[t] = char_to_ix[text[t]]
    return ids


def decode(ids, chars):
    ix_to_char = dict(enumerate(chars))
    text = ""
    for i in ids.tolist():
        text += ix_to_char[i]
    return text


def one_hot(ids, V):
    x = torch.zeros(*ids.shape, V)
    x.scatter_(-1, ids.unsqueeze(-1), 1.0)
    return x


def forward(params, inputs, targets, h_0):
    xs, hs, ps, total = {}, {-1: h_0.reshape(-1, 1)}, {}, 0
    for t in range(len(inputs)):
        xs[t] = one_hot(inputs[t], len(params["b_y"])).reshape(-1, 1)
        hs[t] = torch.tanh(
            params["W_xh"] @ xs[t] + params["W_hh"] @ hs[t - 1] + params["b_h"].reshape(-1, 1)
        )
        y = params["W_hy"] @ hs[t] + params["b_y"].reshape(-1, 1)
        y = y - y.max()
        ps[t] = torch.exp(y) / torch.exp(y).sum()
        total = total + torch.exp(y).sum().log() - y[targets[t], 0]
    return xs, hs, ps, total


def loss(params, inputs, targets, h_0):
    _, hs, _, total = forward(params, inputs, targets, h_0)
    return total, hs[len(inputs) - 1].reshape(-1)


def gradients(params, inputs, targets, h_0):
    xs, hs, ps, _ = forward(params, inputs, targets, h_0)
    dWxh, dWhh, dWhy = (torch.zeros_like(params[k]) for k in ("W_xh", "W_hh", "W_hy"))
    dbh = torch.zeros_like(params["b_h"]).reshape(-1, 1)
    dby = torch.zeros_like(params["b_y"]).reshape(-1, 1)
    dhnext = torch.zeros_like(hs[0])
    for t in range(len(inputs) - 1, -1, -1):
        dy = ps[t].clone()
        dy[targets[t]] -= 1
        dWhy += dy @ hs[t].T
        dby += dy
        dh = params["W_hy"].T @ dy + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += dhraw @ xs[t].T
        dWhh += dhraw @ hs[t - 1].T
        dhnext = params["W_hh"].T @ dhraw
    return {
        "W_xh": dWxh, "W_hh": dWhh, "W_hy": dWhy, "b_h": dbh.reshape(-1), "b_y": dby.reshape(-1),
    }  # fmt: skip


def adagrad_step(params, grads, memory, lr):
    new_params, new_memory = {}, {}
    for key in params:
        mem = memory[key].clone()
        mem += grads[key] * grads[key]
        new_params[key] = params[key] + -lr * grads[key] / torch.sqrt(mem + 1e-16)
        new_memory[key] = mem
    return new_params, new_memory


def next_char(logits, temperature, generator):
    p = torch.exp((logits - logits.max(dim=1, keepdim=True)[0]) / temperature)
    return torch.multinomial(p, num_samples=1, replacement=True, generator=generator)[:, 0]


def generate(params, h, first, length, temperature, generator):
    ixes, x = [], one_hot(first, len(params["b_y"]))
    for _ in range(length):
        h = torch.tanh(
            torch.mm(x, params["W_xh"].t()) + torch.mm(h, params["W_hh"].t()) + params["b_h"]
        )
        y = torch.mm(h, params["W_hy"].t()) + params["b_y"]
        ix = next_char(y, temperature, generator)
        x = torch.zeros_like(x)
        x[torch.arange(len(x)), ix] = 1
        ixes.append(ix)
    return torch.stack(ixes, 1)
