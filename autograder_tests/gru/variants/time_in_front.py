"""Everything with the steps as the first axis inside; sequences one by one where lengths differ."""

import torch
from torch import nn


def gru_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    a = weight_ih @ x.T + bias_ih[:, None]  # (3H, B)
    b = weight_hh @ h.T + bias_hh[:, None]
    a, b = a.unflatten(0, (3, -1)), b.unflatten(0, (3, -1))
    r, z = (a[:2] + b[:2]).sigmoid().unbind(0)
    n = (a[2] + r * b[2]).tanh()
    return ((1 - z) * n + z * h.T).T


def sweep(x, h, parameters):
    """Read x (T, B, I) from its first step to its last."""
    out = []
    for x_t in x:
        h = gru_step(x_t, h, *parameters)
        out.append(h)
    return torch.stack(out)


class GRU(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False):
        super().__init__()
        self.H = hidden_size
        self.tails = []
        D = 2 if bidirectional else 1
        for k in range(num_layers):
            self.tails.append([f"_l{k}", f"_l{k}_reverse"][:D])
            for tail in self.tails[-1]:
                reads = input_size if k == 0 else D * hidden_size
                init = nn.init.xavier_uniform_
                for name, columns in (("weight_ih", reads), ("weight_hh", hidden_size)):
                    weight = init(torch.empty(3 * hidden_size, columns))
                    self.register_parameter(name + tail, nn.Parameter(weight))
                for name in ("bias_ih", "bias_hh"):
                    self.register_parameter(name + tail, nn.Parameter(torch.zeros(3 * hidden_size)))

    def forward(self, x, h_0=None):
        x = x.transpose(0, 1)
        count = sum(map(len, self.tails))
        states = [x.new_zeros(x.size(1), self.H)] * count if h_0 is None else list(h_0)
        ends = []
        for tails in self.tails:
            outs = []
            for tail in tails:
                own = {n: p for n, p in self.named_parameters() if n.partition("_l")[2] == tail[2:]}
                names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                parameters = [own[name + tail] for name in names]
                reverse = tail.endswith("_reverse")
                out = sweep(x.flip(0) if reverse else x, states.pop(0), parameters)
                ends.append(out[-1])
                outs.append(out.flip(0) if reverse else out)
            x = torch.cat(outs, dim=-1)
        return x.transpose(0, 1), torch.stack(ends)


def count_parameters(input_size, hidden_size, num_layers, bidirectional):
    D = 1 + bidirectional
    first = 3 * hidden_size * (input_size + hidden_size + 2)
    rest = 3 * hidden_size * (D * hidden_size + hidden_size + 2)
    return D * (first + (num_layers - 1) * rest)


def reverse_padded(x, lengths):
    x = x.transpose(0, 1)
    T = len(x)
    steps = torch.arange(T).unsqueeze(1)  # (T, 1)
    source = lengths - 1 - steps  # (T, B)
    source = torch.where(source >= 0, source, steps)
    return x[source, torch.arange(x.size(1))].transpose(0, 1)


def last_states(out, lengths):
    there, back = out.tensor_split(2, dim=-1)
    there = there.transpose(0, 1)[lengths - 1, torch.arange(len(out))]
    return torch.cat([there, back.select(1, 0)], -1)


class SequenceClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super().__init__()
        self.there = nn.GRU(input_size, hidden_size, batch_first=True)
        self.back = nn.GRU(input_size, hidden_size, batch_first=True)
        self.head = nn.Linear(2 * hidden_size, num_classes)

    def forward(self, x, lengths):
        ends = []
        for sequence, n in zip(x, lengths.tolist(), strict=True):
            _, there = self.there(sequence[None, :n])
            _, back = self.back(sequence[None, :n].flip(1))
            ends.append(torch.cat([there[0, 0], back[0, 0]]))
        return self.head(torch.stack(ends))
