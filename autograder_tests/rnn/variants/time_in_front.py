"""Time is moved in front and back again; a packed sequence finds the last outputs."""

import torch
from torch import nn


def rnn_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh, activation="tanh"):
    new = (weight_ih @ x.T + weight_hh @ h.T + (bias_ih + bias_hh).unsqueeze(1)).T
    if activation == "tanh":
        new = nn.Tanh()(new)
    elif activation == "relu":
        new = nn.ReLU()(new)
    elif activation == "sigmoid":
        new = nn.Sigmoid()(new)
    else:
        raise ValueError(activation)
    return new


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh"):
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.num_layers, self.nonlinearity = num_layers, nonlinearity
        for k in range(num_layers):
            for name, columns in (("ih", hidden_size if k else input_size), ("hh", hidden_size)):
                linear = nn.Linear(columns, hidden_size)  # lends its parameters
                self.register_parameter(f"weight_{name}_l{k}", linear.weight)
                self.register_parameter(f"bias_{name}_l{k}", linear.bias)

    def forward(self, x, h_0=None):
        x = x.transpose(0, 1)  # (T, B, I)
        shape = self.num_layers, x.size(1), self.hidden_size
        h_n = list(torch.zeros(shape).to(x) if h_0 is None else h_0)
        for k in range(self.num_layers):
            out = []
            for x_t in x:
                h_n[k] = rnn_step(
                    x_t,
                    h_n[k],
                    *(
                        self.get_parameter(f"{name}_l{k}")
                        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                    ),
                    activation=self.nonlinearity,
                )
                out.append(h_n[k])
            x = torch.stack(out)
        return x.permute(1, 0, 2).contiguous(), torch.stack(h_n)


def collapse(weight_ih, weight_hh, T):
    blocks = torch.empty(T, *weight_ih.shape, dtype=weight_ih.dtype)
    blocks[-1] = weight_ih
    for t in range(T - 2, -1, -1):
        blocks[t] = weight_hh @ blocks[t + 1].clone()
    return blocks.permute(1, 0, 2).flatten(1)


def many_to_one(out, lengths):
    return out.transpose(0, 1)[lengths - 1, range(len(lengths))]


def one_to_many(step, h, first, length):
    said, token = [], first
    for _ in range(length):
        logits, h = step(token, h)
        _, token = torch.max(logits, dim=-1)
        said.append(token.tolist())
    return torch.tensor(said).T


def many_to_many_loss(logits, targets, lengths):
    losses = nn.CrossEntropyLoss(reduction="none")(logits.permute(0, 2, 1), targets)
    per_sequence = [row[:n].sum() for row, n in zip(losses, lengths.tolist(), strict=True)]
    return torch.stack(per_sequence).mean()
