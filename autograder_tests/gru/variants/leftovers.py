"""Prints, asserts and layers that nobody uses."""

import numpy as np
import torch
from torch import nn


def gru_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    hidden = h.shape[1]
    assert weight_ih.shape[0] == 3 * hidden
    r = torch.sigmoid(
        x @ weight_ih[:hidden].T + bias_ih[:hidden] + h @ weight_hh[:hidden].T + bias_hh[:hidden]
    )
    second = slice(hidden, 2 * hidden)
    z = torch.sigmoid(
        x @ weight_ih[second].T + bias_ih[second] + h @ weight_hh[second].T + bias_hh[second]
    )
    third = slice(2 * hidden, 3 * hidden)
    from_h = h @ weight_hh[third].T + bias_hh[third]
    n = torch.tanh(x @ weight_ih[third].T + bias_ih[third] + r * from_h)
    new = torch.mul(1 - z, n)
    new += z * h  # in place, on a tensor of its own
    return new


class GRU(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False):
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.num_layers, self.bidirectional = num_layers, bidirectional
        self.dropout = nn.Dropout(0.0)
        k = np.sqrt(1 / hidden_size)
        for layer in range(num_layers):
            for reverse in [False, True] if bidirectional else [False]:
                columns = input_size
                if layer > 0:
                    columns = hidden_size * 2 if bidirectional else hidden_size
                end = f"_l{layer}" + ("_reverse" if reverse else "")
                for name, shape in (
                    ("weight_ih", (3 * hidden_size, columns)),
                    ("weight_hh", (3 * hidden_size, hidden_size)),
                    ("bias_ih", (3 * hidden_size,)),
                    ("bias_hh", (3 * hidden_size,)),
                ):
                    value = torch.tensor(
                        np.random.uniform(-k, k, shape), dtype=torch.get_default_dtype()
                    )
                    self.register_parameter(name + end, nn.Parameter(value))

    def forward(self, x, h_0=None):
        print("x:", tuple(x.shape))
        batch = x.shape[0]
        directions = 2 if self.bidirectional else 1
        if h_0 is None:
            h_0 = torch.zeros(self.num_layers * directions, batch, self.hidden_size).to(x)
        h_n, current = [], x
        for layer in range(self.num_layers):
            by_direction = []
            for direction in range(directions):
                end = f"_l{layer}" + ["", "_reverse"][direction]
                w_ih, w_hh = getattr(self, "weight_ih" + end), getattr(self, "weight_hh" + end)
                b_ih, b_hh = getattr(self, "bias_ih" + end), getattr(self, "bias_hh" + end)
                h = h_0[directions * layer + direction].clone()
                collected = []
                times = list(range(current.shape[1]))
                if direction == 1:
                    times = times[::-1]
                for t in times:
                    h = gru_step(current[:, t], h, w_ih, w_hh, b_ih, b_hh)
                    collected.append(h)
                if direction == 1:
                    collected.reverse()
                by_direction.append(torch.stack(collected, dim=1))
                h_n.append(h)
            current = self.dropout(torch.cat(by_direction, dim=-1))
        self.last = current.detach()
        return current, torch.stack(h_n)


def count_parameters(input_size, hidden_size, num_layers, bidirectional):
    directions = 2 if bidirectional else 1
    sizes = np.array([input_size] + [directions * hidden_size] * (num_layers - 1), dtype=np.int64)
    return int((3 * hidden_size * (sizes + hidden_size + 2)).sum()) * directions


def reverse_padded(x, lengths):
    order = np.tile(np.arange(x.shape[1]), (x.shape[0], 1))
    for b, n in enumerate(lengths.numpy()):
        order[b, :n] = order[b, :n][::-1].copy()
    return x[torch.arange(x.shape[0])[:, None], torch.from_numpy(order)]


def last_states(out, lengths):
    H = out.shape[2] // 2
    print("lengths:", lengths.tolist())
    there = torch.stack([out[i, n - 1, :H] for i, n in enumerate(lengths)])
    back = out[:, 0, -H:]
    return torch.cat([there, back], dim=1).contiguous()


class SequenceClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super().__init__()
        self.there = nn.GRU(input_size, hidden_size, batch_first=True)
        self.back = nn.GRU(input_size, hidden_size, batch_first=True)
        self.head = nn.Linear(2 * hidden_size, num_classes)
        self.softmax = nn.Softmax(dim=1)  # for later

    def forward(self, x, lengths):
        out_there, _ = self.there(x)
        reversed_x = reverse_padded(x, lengths)
        out_back, _ = self.back(reversed_x)
        out_back = reverse_padded(out_back, lengths)
        out = torch.cat((out_there, out_back), dim=-1)
        logits = self.head(last_states(out, lengths))
        self.probabilities = self.softmax(logits).detach()
        return logits
