"""Only what must be is in the loop; the rest is a matrix product over all steps. Gumbel's trick."""

import torch


def vocabulary(text):
    return sorted({*text})


def encode(text, chars):
    return torch.tensor(list(map(list(chars).index, text)), dtype=torch.int64)


def decode(ids, chars):
    return "".join(map(chars.__getitem__, torch.as_tensor(ids).tolist()))


def one_hot(ids, V):
    return (ids[..., None] == torch.arange(V)).to(torch.get_default_dtype())


def states(params, inputs, h_0):
    read = params["W_xh"].T[inputs] + params["b_h"]  # (T, H)
    hs = [h_0]
    for z in read:
        hs.append((z + params["W_hh"].mv(hs[-1])).tanh())
    return torch.stack(hs)


def loss(params, inputs, targets, h_0):
    hs = states(params, inputs, h_0)
    logits = torch.addmm(params["b_y"], hs[1:], params["W_hy"].T)
    return torch.nn.functional.cross_entropy(logits, targets, reduction="sum"), hs[-1]


def gradients(params, inputs, targets, h_0):
    hs = states(params, inputs, h_0)
    T = len(inputs)
    dy = torch.softmax(hs[1:] @ params["W_hy"].T + params["b_y"], dim=1)
    dy[torch.arange(T), targets] -= 1
    from_y = dy @ params["W_hy"]
    dz = torch.zeros_like(from_y)
    for t in range(T)[::-1]:
        later = dz[t + 1] @ params["W_hh"] if t + 1 < T else 0
        dz[t] = (from_y[t] + later) * (1 - hs[t + 1].square())
    columns = torch.zeros_like(params["W_xh"]).T.contiguous()
    columns.index_add_(0, inputs, dz)
    return {
        "W_hy": dy.T @ hs[1:],
        "b_y": dy.sum(0),
        "W_xh": columns.T,
        "W_hh": torch.einsum("th,tk->hk", dz, hs[:-1]),
        "b_h": dz.sum(0),
    }


def adagrad_step(params, grads, memory, lr):
    memory = {k: m.addcmul(grads[k], grads[k]) for k, m in memory.items()}
    params = {k: p.addcdiv(grads[k], memory[k].sqrt() + 1e-8, value=-lr) for k, p in params.items()}
    return params, memory


def next_char(logits, temperature, generator):
    u = torch.rand(logits.shape, generator=generator, dtype=logits.dtype)
    gumbel = -torch.log(-torch.log(u))
    return (logits / temperature + gumbel).argmax(dim=-1)


def generate(params, h, first, length, temperature, generator):
    out = torch.empty(len(first), length, dtype=torch.int64)
    x = first
    for t in range(length):
        h = torch.tanh(params["W_xh"].T[x] + h @ params["W_hh"].T + params["b_h"])
        logits = h @ params["W_hy"].T + params["b_y"]
        x = out[:, t] = next_char(logits, temperature, generator)
    return out
