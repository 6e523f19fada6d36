"""Prints, comments, other libraries, and things that nobody uses."""

import string

import torch
import torch.nn.functional as F

LETTERS = string.printable  # for later


def vocabulary(text):
    print("vocabulary of", len(text), "characters")
    found = ""
    for c in sorted(text):
        if not found.endswith(c):
            found += c
    return [*found]


def encode(text, chars):
    out = []
    for c in text:
        matches = [i for i, other in enumerate(chars) if other == c]
        if not matches:
            raise KeyError(c)
        out += matches[:1]
    print(out)
    return torch.tensor(out, dtype=torch.int64)


def decode(ids, chars):
    text = "".join(chars[int(i)] for i in list(ids))
    print(text)
    return text


def one_hot(ids, V):
    x = F.one_hot(ids.clone(), num_classes=V)
    return 1.0 * x


def loss(params, inputs, targets, h_0):
    hiddens = [h_0.clone()]
    loss = 0.0
    for t, x in enumerate(inputs):
        z = F.linear(one_hot(x, len(params["b_y"])).to(h_0.dtype), params["W_xh"], params["b_h"])
        hiddens.append(torch.tanh(z + params["W_hh"].matmul(hiddens[-1])))
        logits = F.linear(hiddens[-1], params["W_hy"], params["b_y"])
        loss += F.nll_loss(F.log_softmax(logits[None], dim=1), targets[t : t + 1])
    print("loss", float(loss))
    return loss, hiddens[-1]


def gradients(params, inputs, targets, h_0):
    W_xh, W_hh, b_h, W_hy, b_y = (params[k] for k in ("W_xh", "W_hh", "b_h", "W_hy", "b_y"))
    h, hs, dys = h_0, [h_0], []
    for x, y in zip(inputs, targets, strict=True):
        h = torch.tanh(W_xh[:, x] + W_hh @ h + b_h)
        hs.append(h)
        p = F.softmax(W_hy @ h + b_y, dim=0)
        p[y] = p[y] - 1
        dys.append(p)
    T = len(inputs)
    dzs = [None] * T
    t = T - 1
    while t >= 0:
        dh = W_hy.T @ dys[t]
        if t < T - 1:
            dh = dh + W_hh.T @ dzs[t + 1]
        dzs[t] = dh - dh * hs[t + 1] ** 2
        t -= 1
    out = {"b_y": sum(dys), "b_h": sum(dzs)}
    out["W_hy"] = sum(torch.outer(d, h) for d, h in zip(dys, hs[1:], strict=True))
    out["W_hh"] = sum(torch.outer(d, h) for d, h in zip(dzs, hs[:-1], strict=True))
    out["W_xh"] = torch.zeros_like(W_xh)
    for d, x in zip(dzs, inputs, strict=True):
        out["W_xh"][:, x] += d
    print({k: tuple(v.shape) for k, v in out.items()})
    return out


def adagrad_step(params, grads, memory, lr):
    params = {k: v.clone() for k, v in params.items()}
    memory = {k: v.clone() for k, v in memory.items()}
    for name in params:
        memory[name] += grads[name] ** 2
        params[name] -= lr / (memory[name].sqrt() + 1e-8) * grads[name]
    return params, memory


def next_char(logits, temperature, generator):
    probs = F.softmax(logits.div(temperature), dim=1)
    samples = [torch.multinomial(probs, 1, generator=generator)]
    return torch.cat(samples).view(-1)


def generate(params, h, first, length, temperature, generator):
    current, result = first.clone(), torch.zeros(first.size(0), 0, dtype=first.dtype)
    state = h.clone()
    for i in range(length):
        x = one_hot(current, params["W_xh"].size(1)).to(state.dtype)
        state = torch.tanh(
            F.linear(x, params["W_xh"]) + F.linear(state, params["W_hh"], params["b_h"])
        )
        logits = F.linear(state, params["W_hy"], params["b_y"])
        current = next_char(logits, temperature, generator)
        result = torch.cat((result, current[:, None]), dim=1)
        print(i, end=" ")
    return result
