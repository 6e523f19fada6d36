"""The inputs of all steps meet their weights in one product; gather and cross_entropy."""

import torch
import torch.nn.functional as F
from torch import nn

ACTIVATIONS = {"tanh": torch.tanh, "relu": F.relu, "sigmoid": torch.sigmoid}


def rnn_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh, activation="tanh"):
    try:
        f = ACTIVATIONS[activation]
    except KeyError:
        raise ValueError(f"unknown activation: {activation}") from None
    return f(F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh))


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh"):
        super().__init__()
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.activation = ACTIVATIONS[nonlinearity]
        for layer in range(num_layers):
            i = input_size if not layer else hidden_size
            self.register_parameter(f"weight_ih_l{layer}", self.made(hidden_size, i))
            self.register_parameter(f"weight_hh_l{layer}", self.made(hidden_size, hidden_size))
            self.register_parameter(f"bias_ih_l{layer}", self.made(hidden_size))
            self.register_parameter(f"bias_hh_l{layer}", self.made(hidden_size))

    def made(self, *shape):
        bound = self.hidden_size**-0.5
        return nn.Parameter(nn.init.uniform_(torch.empty(shape), -bound, bound))

    def layer(self, k, x, h):
        p = dict(self.named_parameters())
        z = F.linear(x, p[f"weight_ih_l{k}"], p[f"bias_ih_l{k}"] + p[f"bias_hh_l{k}"])  # (B, T, H)
        outputs = []
        for t in range(x.size(1)):
            h = self.activation(torch.addmm(z[:, t], h, p[f"weight_hh_l{k}"].t()))
            outputs.append(h.unsqueeze(1))
        return torch.cat(outputs, dim=1), h

    def forward(self, x, h_0=None):
        if h_0 is None:
            h_0 = torch.zeros(
                self.num_layers, x.size(0), self.hidden_size, dtype=x.dtype, device=x.device
            )
        h_n = []
        for k in range(self.num_layers):
            x, h = self.layer(k, x, h_0[k])
            h_n.append(h)
        return x, torch.stack(h_n)


def collapse(weight_ih, weight_hh, T):
    if T == 1:
        return weight_ih
    return torch.cat([weight_hh @ collapse(weight_ih, weight_hh, T - 1), weight_ih], dim=1)


def many_to_one(out, lengths):
    index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, out.size(2))
    return out.gather(1, index).squeeze(1)


def one_to_many(step, h, first, length):
    tokens = [first]
    while len(tokens) <= length:
        logits, h = step(tokens[-1], h)
        tokens.append(logits.max(dim=1)[1])
    return torch.stack(tokens[1:], dim=-1)


def many_to_many_loss(logits, targets, lengths):
    each = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")  # (B, T)
    mask = torch.arange(targets.size(1))[None, :] < lengths[:, None]
    return (each * mask).sum() / len(lengths)
