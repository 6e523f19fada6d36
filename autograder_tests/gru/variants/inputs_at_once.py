"""The inputs' part of all steps in one product; modules inside for directions."""

import torch
from torch import nn


def update(a, h, weight_hh, bias_hh):
    r_a, z_a, n_a = a.chunk(3, dim=-1)
    r_h, z_h, n_h = nn.functional.linear(h, weight_hh, bias_hh).chunk(3, dim=-1)
    z = (z_a + z_h).sigmoid()
    n = (n_a + (r_a + r_h).sigmoid() * n_h).tanh()
    return z * h + (1 - z) * n


def gru_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    return update(nn.functional.linear(x, weight_ih, bias_ih), h, weight_hh, bias_hh)


class GRU(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False):
        super().__init__()
        self.sizes = num_layers, 2 if bidirectional else 1, hidden_size
        L, D, H = self.sizes
        for layer in range(L):
            for d in range(D):
                tail = f"_l{layer}" + ("_reverse" if d else "")
                reads = D * H if layer else input_size
                self.register_parameter("weight_ih" + tail, self.made(3 * H, reads))
                self.register_parameter("weight_hh" + tail, self.made(3 * H, H))
                self.register_parameter("bias_ih" + tail, self.made(3 * H))
                self.register_parameter("bias_hh" + tail, self.made(3 * H))

    def made(self, *shape):
        bound = self.sizes[2] ** -0.5
        return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))

    def one(self, x, h, tail):
        a = x @ getattr(self, "weight_ih" + tail).mT + getattr(self, "bias_ih" + tail)  # (B, T, 3H)
        weight_hh, bias_hh = getattr(self, "weight_hh" + tail), getattr(self, "bias_hh" + tail)
        states = []
        for a_t in a.unbind(1):
            h = update(a_t, h, weight_hh, bias_hh)
            states.append(h)
        return torch.stack(states, 1), h

    def forward(self, x, h_0=None):
        L, D, H = self.sizes
        h_0 = x.new_zeros(L * D, x.shape[0], H) if h_0 is None else h_0
        starts, ends = iter(h_0), []
        for layer in range(L):
            out, h = self.one(x, next(starts), f"_l{layer}")
            ends.append(h)
            if D == 2:
                back, h = self.one(torch.flip(x, [1]), next(starts), f"_l{layer}_reverse")
                out = torch.cat([out, torch.flip(back, [1])], 2)
                ends.append(h)
            x = out
        return x, torch.stack(ends)


def count_parameters(input_size, hidden_size, num_layers, bidirectional):
    H = hidden_size
    if bidirectional:
        return 6 * H * (input_size + H + 2) + (num_layers - 1) * 6 * H * (3 * H + 2)
    return 3 * H * (input_size + H + 2) + (num_layers - 1) * 3 * H * (2 * H + 2)


def reverse_padded(x, lengths):
    B, T = x.shape[:2]
    steps = torch.arange(T)[None].repeat(B, 1)
    mask = steps < lengths[:, None]
    source = (lengths[:, None] - 1 - steps) * mask + steps * ~mask
    flat = x.reshape(B * T, *x.shape[2:])
    return flat[(source + T * torch.arange(B)[:, None]).flatten()].reshape(x.shape)


def last_states(out, lengths):
    there, back = out.chunk(2, dim=-1)
    mask = torch.arange(out.shape[1]) == (lengths - 1)[:, None]
    return torch.cat([there[mask], back[:, 0]], dim=-1)


class SequenceClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super().__init__()
        self.there = nn.GRU(input_size, hidden_size, batch_first=True)
        self.back = nn.GRU(input_size, hidden_size, batch_first=True)
        self.head = nn.Linear(2 * hidden_size, num_classes)

    def forward(self, x, lengths):
        out = torch.cat(
            [
                self.there(x)[0],
                reverse_padded(self.back(reverse_padded(x, lengths))[0], lengths),
            ],
            dim=-1,
        )
        return self.head(last_states(out, lengths))
