# passes: the way of the lecture, step by step
# %% [markdown]
# # Homework 4, recurrent networks

# %%
import torch
import torch.nn as nn


# %%
def rnn_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh, activation="tanh"):
    new = x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh
    if activation == "tanh":
        new = torch.tanh(new)
    elif activation == "relu":
        new = torch.relu(new)
    elif activation == "sigmoid":
        new = torch.sigmoid(new)
    else:
        raise ValueError("unknown activation " + activation)
    return new


# %%
h = torch.zeros(1, 1)
for i in range(3):
    h = rnn_step(
        torch.ones(1, 1),
        h,
        torch.ones(1, 1),
        torch.ones(1, 1),
        torch.zeros(1),
        torch.zeros(1),
        "relu",
    )
    print(i, h)


# %%
class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh"):
        super().__init__()
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.nonlinearity = nonlinearity
        k = 1 / hidden_size**0.5
        for l in range(num_layers):
            size = input_size if l == 0 else hidden_size
            self.register_parameter(
                "weight_ih_l%d" % l, nn.Parameter(torch.empty(hidden_size, size).uniform_(-k, k))
            )
            self.register_parameter(
                "weight_hh_l%d" % l,
                nn.Parameter(torch.empty(hidden_size, hidden_size).uniform_(-k, k)),
            )
            self.register_parameter(
                "bias_ih_l%d" % l, nn.Parameter(torch.empty(hidden_size).uniform_(-k, k))
            )
            self.register_parameter(
                "bias_hh_l%d" % l, nn.Parameter(torch.empty(hidden_size).uniform_(-k, k))
            )

    def forward(self, x, h_0=None):
        B, T, I = x.shape
        if h_0 is None:
            h_0 = torch.zeros(self.num_layers, B, self.hidden_size, dtype=x.dtype)
        h_n = []
        for l in range(self.num_layers):
            h = h_0[l]
            outs = []
            for t in range(T):
                h = rnn_step(
                    x[:, t],
                    h,
                    getattr(self, "weight_ih_l%d" % l),
                    getattr(self, "weight_hh_l%d" % l),
                    getattr(self, "bias_ih_l%d" % l),
                    getattr(self, "bias_hh_l%d" % l),
                    self.nonlinearity,
                )
                outs.append(h)
            x = torch.stack(outs, dim=1)
            h_n.append(h)
        return x, torch.stack(h_n)


# %%
def collapse(weight_ih, weight_hh, T):
    blocks = [weight_ih]
    for _ in range(T - 1):
        blocks = [weight_hh @ blocks[0]] + blocks
    return torch.cat(blocks, dim=1)


# %%
def many_to_one(out, lengths):
    return out[torch.arange(out.shape[0]), lengths - 1]


# %%
def one_to_many(step, h, first, length):
    token = first
    tokens = []
    for _ in range(length):
        logits, h = step(token, h)
        token = logits.argmax(dim=1)
        tokens.append(token)
    return torch.stack(tokens, dim=1)


# %%
def many_to_many_loss(logits, targets, lengths):
    loss = nn.functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    mask = torch.arange(logits.shape[1])[None] < lengths[:, None]
    return (loss * mask).sum() / logits.shape[0]
