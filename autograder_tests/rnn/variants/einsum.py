"""Everything by einsum, and the activation looked up by its name."""

import math

import torch
from torch import nn


def rnn_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh, activation="tanh"):
    if activation not in ("tanh", "relu", "sigmoid"):
        raise ValueError(activation)
    new = torch.einsum("bi,hi->bh", x, weight_ih) + torch.einsum("bk,hk->bh", h, weight_hh)
    return getattr(torch, activation)(new + bias_ih + bias_hh)


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh"):
        super().__init__()
        self.H, self.L, self.f = hidden_size, num_layers, nonlinearity
        for k in range(num_layers):
            sizes = ((input_size, hidden_size)[k > 0],), (hidden_size,)
            for name, size in zip(("ih", "hh"), sizes, strict=True):
                for kind, shape in (("weight", (hidden_size, *size)), ("bias", (hidden_size,))):
                    value = (2 * torch.rand(shape) - 1) / math.sqrt(hidden_size)
                    setattr(self, f"{kind}_{name}_l{k}", nn.Parameter(value))

    def forward(self, x, h_0=None):
        h = [x.new_zeros(x.shape[0], self.H)] * self.L if h_0 is None else list(h_0)
        shown = []
        for t in range(x.shape[1]):  # all layers of a step, then the next step
            below = x[:, t]
            for k in range(self.L):
                h[k] = below = rnn_step(
                    below,
                    h[k],
                    getattr(self, f"weight_ih_l{k}"),
                    getattr(self, f"weight_hh_l{k}"),
                    getattr(self, f"bias_ih_l{k}"),
                    getattr(self, f"bias_hh_l{k}"),
                    self.f,
                )
            shown.append(below)
        return torch.stack(shown, 1), torch.stack(h, 0)


def collapse(weight_ih, weight_hh, T):
    powers = torch.stack([torch.linalg.matrix_power(weight_hh, n) for n in range(T - 1, -1, -1)])
    return torch.einsum("thk,ki->hti", powers, weight_ih).reshape(len(weight_hh), -1)


def many_to_one(out, lengths):
    chosen = torch.nn.functional.one_hot(lengths - 1, out.shape[1]).to(out)
    return torch.einsum("bth,bt->bh", out, chosen)


def one_to_many(step, h, first, length):
    said = torch.empty(len(first), length, dtype=torch.long)
    token = first
    for n in range(length):
        logits, h = step(token, h)
        said[:, n] = token = torch.argmax(logits, 1)
    return said


def many_to_many_loss(logits, targets, lengths):
    B, T, C = logits.shape
    right = torch.nn.functional.one_hot(targets, C).to(logits)
    real = (torch.arange(T).expand(B, T) < lengths[:, None]).to(logits)
    return -torch.einsum("btc,btc,bt->", logits.log_softmax(-1), right, real) / B
