"""A module for a step, whose parameters the GRU holds under torch's names."""

import torch
from torch import nn


class Gates(nn.Module):
    """Applies the parameters it is called with."""

    def forward(self, x, h, weight_ih, weight_hh, bias_ih, bias_hh):
        both = torch.stack([p.unflatten(0, (3, -1)) for p in (bias_ih, bias_hh)])  # (2, 3, H)
        a = torch.einsum("bi,ghi->gbh", x, weight_ih.unflatten(0, (3, -1))) + both[0][:, None]
        b = torch.einsum("bk,ghk->gbh", h, weight_hh.unflatten(0, (3, -1))) + both[1][:, None]
        r, z = torch.sigmoid(a[:2] + b[:2])
        n = torch.tanh(torch.addcmul(a[2], r, b[2]))
        return torch.addcmul(n, z, h - n)


gates = Gates()


def gru_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    return gates(x, h, weight_ih, weight_hh, bias_ih, bias_hh)


class GRU(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False):
        super().__init__()
        self.hidden_size, self.num_layers, self.bidirectional = (
            hidden_size, num_layers, bidirectional,
        )  # fmt: skip
        self.num_directions = 2 if bidirectional else 1
        self._all = []
        for layer in range(num_layers):
            for direction in range(self.num_directions):
                features = input_size if layer == 0 else hidden_size * self.num_directions
                suffix = "_reverse" if direction == 1 else ""
                names = []
                for name, size in (
                    (f"weight_ih_l{layer}{suffix}", (3 * hidden_size, features)),
                    (f"weight_hh_l{layer}{suffix}", (3 * hidden_size, hidden_size)),
                    (f"bias_ih_l{layer}{suffix}", (3 * hidden_size,)),
                    (f"bias_hh_l{layer}{suffix}", (3 * hidden_size,)),
                ):
                    self.register_parameter(name, nn.Parameter(torch.zeros(size)))
                    names.append(name)
                self._all.append(names)
        for p in self.parameters():
            nn.init.normal_(p, std=0.2)

    def forward(self, x, h_0=None):
        B, T = x.shape[0], x.shape[1]
        finals = []
        for layer in range(self.num_layers):
            results = []
            for direction in range(self.num_directions):
                index = layer * self.num_directions + direction
                w = [self.get_parameter(name) for name in self._all[index]]
                if h_0 is None:
                    h = torch.zeros((B, self.hidden_size), dtype=x.dtype, device=x.device)
                else:
                    h = h_0[index, :, :]
                outputs = [None] * T
                t = T - 1 if direction else 0
                for _ in range(T):
                    h = gru_step(x[:, t, :], h, *w)
                    outputs[t] = h
                    t += -1 if direction else 1
                results.append(torch.stack(outputs, dim=1))
                finals.append(h)
            x = torch.cat(results, dim=2) if self.bidirectional else results[0]
        return x, torch.stack(finals, dim=0)


def count_parameters(input_size, hidden_size, num_layers, bidirectional):
    per_direction = 3 * (hidden_size * input_size + hidden_size**2 + 2 * hidden_size)
    width = 2 * hidden_size if bidirectional else hidden_size
    upper = 3 * (hidden_size * width + hidden_size**2 + 2 * hidden_size)
    return float((per_direction + (num_layers - 1) * upper) * (2 if bidirectional else 1))


def reverse_padded(x, lengths):
    rows = []
    for b in range(len(x)):
        n = lengths[b].item()
        order = list(range(n - 1, -1, -1)) + list(range(n, x.shape[1]))
        rows.append(x[b][order])
    return torch.stack(rows, dim=0)


def last_states(out, lengths):
    half = out.size(-1) // 2
    forwards = out[torch.arange(out.size(0)), lengths.sub(1)][:, :half]
    reverse = out[:, 0][:, half:]
    return torch.hstack([forwards, reverse])


class SequenceClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super().__init__()
        self.there = nn.GRU(input_size, hidden_size, num_layers=1, batch_first=True)
        self.back = nn.GRU(input_size, hidden_size, num_layers=1, batch_first=True)
        self.head = nn.Linear(in_features=2 * hidden_size, out_features=num_classes)

    def forward(self, x, lengths):
        mask = torch.arange(x.shape[1]) < lengths[:, None]  # (B, T)
        x = x.masked_fill(~mask[..., None], 0.0)
        there, _ = self.there(x)
        back, _ = self.back(reverse_padded(x, lengths))
        both = torch.cat([there, reverse_padded(back, lengths)], dim=2)
        return self.head(last_states(both, lengths))
