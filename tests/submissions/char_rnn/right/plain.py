# passes: the way of the lecture
# %% [markdown]
# # hello

# %%
import torch


# %%
def vocabulary(text):
    return sorted(set(text))


# %%
def encode(text, chars):
    char_to_id = {c: i for i, c in enumerate(chars)}
    return torch.tensor([char_to_id[c] for c in text], dtype=torch.long)


# %%
def decode(ids, chars):
    return "".join(chars[int(i)] for i in ids)


# %%
chars = vocabulary("hello")
print(chars, encode("hello", chars), decode(encode("hello", chars), chars))


# %%
def one_hot(ids, V):
    return torch.nn.functional.one_hot(ids, V).to(torch.get_default_dtype())


# %%
def loss(params, inputs, targets, h_0):
    h = h_0
    total = 0
    for t in range(len(inputs)):
        x = one_hot(inputs[t], params["b_y"].shape[0])
        h = torch.tanh(params["W_xh"] @ x + params["W_hh"] @ h + params["b_h"])
        y = params["W_hy"] @ h + params["b_y"]
        total = total - torch.log_softmax(y, dim=0)[targets[t]]
    return total, h


# %%
def gradients(params, inputs, targets, h_0):
    V = params["b_y"].shape[0]
    xs, hs, ps = {}, {-1: h_0}, {}
    for t in range(len(inputs)):
        xs[t] = one_hot(inputs[t], V)
        hs[t] = torch.tanh(params["W_xh"] @ xs[t] + params["W_hh"] @ hs[t - 1] + params["b_h"])
        ps[t] = torch.softmax(params["W_hy"] @ hs[t] + params["b_y"], dim=0)
    d = {k: torch.zeros_like(v) for k, v in params.items()}
    dh_next = torch.zeros_like(h_0)
    for t in reversed(range(len(inputs))):
        dy = ps[t].clone()
        dy[targets[t]] -= 1
        d["W_hy"] += torch.outer(dy, hs[t])
        d["b_y"] += dy
        dh = params["W_hy"].T @ dy + dh_next
        dz = (1 - hs[t] ** 2) * dh
        d["b_h"] += dz
        d["W_xh"] += torch.outer(dz, xs[t])
        d["W_hh"] += torch.outer(dz, hs[t - 1])
        dh_next = params["W_hh"].T @ dz
    return d


# %%
def adagrad_step(params, grads, memory, lr):
    new_params, new_memory = {}, {}
    for k in params:
        new_memory[k] = memory[k] + grads[k] ** 2
        new_params[k] = params[k] - lr * grads[k] / (torch.sqrt(new_memory[k]) + 1e-8)
    return new_params, new_memory


# %%
def next_char(logits, temperature, generator):
    p = torch.softmax(logits / temperature, dim=1)
    return torch.multinomial(p, 1, generator=generator)[:, 0]


# %%
def generate(params, h, first, length, temperature, generator):
    V = params["b_y"].shape[0]
    token = first
    result = []
    for _ in range(length):
        x = one_hot(token, V)
        h = torch.tanh(x @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
        token = next_char(h @ params["W_hy"].T + params["b_y"], temperature, generator)
        result.append(token)
    return torch.stack(result, dim=1)
