"""Right about the mathematics, but float32 whatever comes in."""

import torch


def vocabulary(text):
    return sorted(list(set(text)))


def encode(text, chars):
    return torch.tensor([chars.index(c) for c in text]).long()


def decode(ids, chars):
    return "".join([chars[i.item()] for i in ids])


def one_hot(ids, V):
    return torch.eye(V, dtype=torch.float32)[ids]


def single(params):
    return {k: v.to(torch.float32) for k, v in params.items()}


def loss(params, inputs, targets, h_0):
    params, h = single(params), h_0.float()
    total = torch.zeros((), dtype=torch.float32)
    for t in range(len(inputs)):
        x = one_hot(inputs[t], len(params["b_y"]))
        h = torch.tanh(params["W_xh"] @ x + params["W_hh"] @ h + params["b_h"])
        total += -torch.log_softmax(params["W_hy"] @ h + params["b_y"], dim=0)[targets[t]]
    return total, h


def gradients(params, inputs, targets, h_0):
    params, V = single(params), len(params["b_y"])
    hs = [h_0.float()]
    for x in inputs:
        z = params["W_xh"] @ one_hot(x, V) + params["W_hh"] @ hs[-1] + params["b_h"]
        hs.append(torch.tanh(z))
    out = {k: torch.zeros_like(v) for k, v in params.items()}
    carry = torch.zeros(len(h_0), dtype=torch.float32)
    for t in reversed(range(len(inputs))):
        p = torch.softmax(params["W_hy"] @ hs[t + 1] + params["b_y"], dim=0)
        dy = p - one_hot(targets[t], V)
        dz = (params["W_hy"].T @ dy + carry) * (1 - hs[t + 1] ** 2)
        out["W_hy"] += torch.outer(dy, hs[t + 1])
        out["b_y"] += dy
        out["W_xh"] += torch.outer(dz, one_hot(inputs[t], V))
        out["W_hh"] += torch.outer(dz, hs[t])
        out["b_h"] += dz
        carry = params["W_hh"].T @ dz
    return out


def adagrad_step(params, grads, memory, lr):
    params, grads, memory = single(params), single(grads), single(memory)
    memory = {k: memory[k] + grads[k] ** 2 for k in params}
    return {k: params[k] - lr * grads[k] / (memory[k] ** 0.5 + 1e-8) for k in params}, memory


def next_char(logits, temperature, generator):
    p = torch.softmax(logits.float() / temperature, dim=-1)
    return torch.multinomial(p, 1, generator=generator).flatten()


def generate(params, h, first, length, temperature, generator):
    params, h, x = single(params), h.float(), first
    out = []
    for _ in range(length):
        x = one_hot(x, len(params["b_y"]))
        h = torch.tanh(x @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
        x = next_char(h @ params["W_hy"].T + params["b_y"], temperature, generator)
        out.append(x)
    return torch.stack(out, dim=1)
