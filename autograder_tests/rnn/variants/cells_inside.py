"""Cells that are no modules hold the parameters of a layer; loss by logsumexp."""

import torch
from torch import nn
from torch.nn.parameter import Parameter


def rnn_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh, activation="tanh"):
    functions = {
        "tanh": lambda z: 2 * torch.sigmoid(2 * z) - 1,
        "relu": lambda z: torch.maximum(z, torch.zeros_like(z)),
        "sigmoid": lambda z: (1 + torch.tanh(z / 2)) / 2,
    }
    if activation in functions:
        weight, bias = torch.cat([weight_ih, weight_hh], dim=1), bias_ih + bias_hh
        return functions[activation](torch.cat([x, h], dim=1) @ weight.T + bias)
    raise ValueError("activation must be one of " + ", ".join(functions))


class Cell:
    """What belongs to one layer."""

    def __init__(self, owner, k, features, hidden):
        self.owner, self.k = owner, k
        for kind, shape in (
            ("weight_ih", (hidden, features)),
            ("weight_hh", (hidden, hidden)),
            ("bias_ih", (hidden,)),
            ("bias_hh", (hidden,)),
        ):
            parameter = Parameter(torch.empty(*shape))
            nn.init.uniform_(parameter, -1 / hidden**0.5, 1 / hidden**0.5)
            owner.register_parameter(f"{kind}_l{k}", parameter)

    def __call__(self, x, h, how):
        kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return rnn_step(x, h, *(getattr(self.owner, f"{n}_l{self.k}") for n in kinds), how)


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh"):
        super().__init__()
        self.hidden_size, self.nonlinearity = hidden_size, nonlinearity
        sizes = [input_size] + [hidden_size] * (num_layers - 1)
        self.cells = [Cell(self, k, size, hidden_size) for k, size in enumerate(sizes)]

    def forward(self, x, h_0=None):
        last = []
        for k, cell in enumerate(self.cells):
            h = x.new_zeros(x.size(0), self.hidden_size) if h_0 is None else h_0[k]
            x, h = self.read(cell, x, h)
            last += [h]
        return x, torch.stack(last)

    def read(self, cell, x, h):
        states = [h]
        for x_t in torch.unbind(x, 1):
            states.append(cell(x_t, states[-1], self.nonlinearity))
        return torch.stack(states[1:], 1), states[-1]


def collapse(weight_ih, weight_hh, T):
    M = weight_ih
    newest = weight_ih
    for _ in range(1, T):
        newest = weight_hh.matmul(newest)
        M = torch.hstack([newest, M])
    return M


def many_to_one(out, lengths):
    last = torch.arange(out.size(1)).unsqueeze(0) == (lengths - 1).unsqueeze(1)  # (B, T)
    return out[last]


def one_to_many(step, h, first, length):
    if length == 0:
        return torch.empty(len(first), 0, dtype=torch.long)
    logits, h = step(first, h)
    token = logits.topk(1).indices.squeeze(-1)
    return torch.cat([token.unsqueeze(-1), one_to_many(step, h, token, length - 1)], dim=-1)


def many_to_many_loss(logits, targets, lengths):
    B, T, _ = logits.shape
    right = logits[torch.arange(B)[:, None], torch.arange(T), targets]  # (B, T)
    losses = torch.logsumexp(logits, dim=-1) - right
    behind = torch.arange(T) >= lengths.view(B, 1)
    return losses.masked_fill(behind, 0).sum(-1).mean(0)
