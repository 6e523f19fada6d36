"""A sequence is its first step and a shorter sequence."""

import functools

import torch
from torch import nn


def rnn_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh, activation="tanh"):
    z = torch.addmm(bias_ih + bias_hh, x, weight_ih.mT).addmm(h, weight_hh.mT)
    f = {"tanh": z.tanh, "relu": z.relu, "sigmoid": z.sigmoid}.get(activation)
    if f is None:
        raise ValueError("activation is one of tanh, relu and sigmoid")
    return f()


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh"):
        super().__init__()
        self.hidden_size, self.nonlinearity, self.layers = hidden_size, nonlinearity, []
        for k in range(num_layers):
            names = [f"{name}_l{k}" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
            columns = hidden_size if k else input_size
            for name, shape in zip(
                names,
                [
                    (hidden_size, columns),
                    (hidden_size, hidden_size),
                    (hidden_size,),
                    (hidden_size,),
                ],
                strict=True,
            ):
                self.register_parameter(name, nn.Parameter(torch.randn(shape) / hidden_size**0.5))
            self.layers.append(names)

    def forward(self, x, h_0=None):
        if h_0 is None:
            h_0 = x.new_zeros(len(self.layers), len(x), self.hidden_size)
        h_n = []
        for names, h in zip(self.layers, h_0.unbind(0), strict=True):
            parameters = [self.get_parameter(name) for name in names]
            states = self.states(x.unbind(1), h, parameters)
            x = torch.stack(states, 1)
            h_n.append(states[-1])
        return x, torch.stack(h_n)

    def states(self, steps, h, parameters):
        if not steps:
            return []
        h = rnn_step(steps[0], h, *parameters, self.nonlinearity)
        return [h, *self.states(steps[1:], h, parameters)]


def collapse(weight_ih, weight_hh, T):
    blocks = functools.reduce(
        lambda done, _: [weight_hh @ done[0], *done], range(T - 1), [weight_ih]
    )
    return torch.cat(blocks, -1)


def many_to_one(out, lengths):
    return torch.stack([sequence[: int(n)][-1] for sequence, n in zip(out, lengths, strict=True)])


def one_to_many(step, h, first, length):
    logits, h = step(first, h)
    token = logits.argmax(-1)
    rest = [one_to_many(step, h, token, length - 1)] if length > 1 else []
    return torch.cat([token[:, None], *rest], 1)


def many_to_many_loss(logits, targets, lengths):
    C = logits.size(-1)
    real = torch.arange(logits.size(1)).expand(targets.shape) < lengths[:, None]
    targets = torch.where(real, targets, torch.tensor(-100))
    flat = nn.functional.cross_entropy(logits.reshape(-1, C), targets.reshape(-1), reduction="sum")
    return flat / len(logits)
