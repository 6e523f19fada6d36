# passes: encodes into a list, and has a helper for one step
# after right/plain
# %%
def step(params, x, h):
    h = torch.tanh(params["W_xh"][:, x] + params["W_hh"] @ h + params["b_h"])
    return h, params["W_hy"] @ h + params["b_y"]


def encode(text, chars):
    for c in text:
        if c not in chars:
            raise ValueError("unknown: " + c)
    return [chars.index(c) for c in text]


def loss(params, inputs, targets, h_0):
    losses, h = [], h_0
    for x, y in zip(inputs, targets):
        h, logits = step(params, x, h)
        losses.append(torch.logsumexp(logits, 0) - logits[y])
    return sum(losses), h
