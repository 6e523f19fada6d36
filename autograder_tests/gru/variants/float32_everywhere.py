"""Everything in float32, as a notebook has it by default."""

import torch
from torch import nn


def gru_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    x, h = x.float(), h.float()
    a = x @ weight_ih.float().T + bias_ih.float()
    b = h @ weight_hh.float().T + bias_hh.float()
    r_a, z_a, n_a = a.chunk(3, 1)
    r_b, z_b, n_b = b.chunk(3, 1)
    r, z = torch.sigmoid(r_a + r_b), torch.sigmoid(z_a + z_b)
    n = torch.tanh(n_a + r * n_b)
    return (1 - z) * n + z * h


class GRU(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False):
        super().__init__()
        self.H, self.L = hidden_size, num_layers
        self.ends = ["", "_reverse"] if bidirectional else [""]
        for layer in range(num_layers):
            for end in self.ends:
                reads = input_size if layer == 0 else hidden_size * len(self.ends)
                for name, shape in (
                    ("weight_ih", (3 * hidden_size, reads)),
                    ("weight_hh", (3 * hidden_size, hidden_size)),
                    ("bias_ih", (3 * hidden_size,)),
                    ("bias_hh", (3 * hidden_size,)),
                ):
                    value = 0.1 * torch.randn(shape, dtype=torch.float32)
                    self.register_parameter(f"{name}_l{layer}{end}", nn.Parameter(value))

    def forward(self, x, h_0=None):
        D = len(self.ends)
        if h_0 is None:
            h_0 = torch.zeros(self.L * D, len(x), self.H, dtype=torch.float32)
        last = []
        for layer in range(self.L):
            outs = []
            for d, end in enumerate(self.ends):
                p = [
                    getattr(self, f"{n}_l{layer}{end}")
                    for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                ]
                h, out = h_0[layer * D + d], []
                order = range(x.shape[1])
                for t in reversed(order) if end else order:
                    h = gru_step(x[:, t], h, *p)
                    out.insert(0 if end else len(out), h)
                outs.append(torch.stack(out, 1))
                last.append(h)
            x = torch.cat(outs, -1)
        return x, torch.stack(last)


def count_parameters(input_size, hidden_size, num_layers, bidirectional):
    H, D = hidden_size, 2 if bidirectional else 1
    first = 3 * H * (input_size + H + 2) * D
    return first + 3 * H * (D * H + H + 2) * D * (num_layers - 1)


def reverse_padded(x, lengths):
    result = x.clone() if not x.is_floating_point() else x.float().clone()
    for b, n in enumerate(lengths.tolist()):
        result[b, :n] = x[b, :n].flip(0)
    return result


def last_states(out, lengths):
    out = out.float()
    H = out.shape[-1] // 2
    there = torch.stack([out[b, n - 1, :H] for b, n in enumerate(lengths.tolist())])
    return torch.cat([there, out[:, 0, H:]], dim=-1)


class SequenceClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super().__init__()
        self.there = nn.GRU(input_size, hidden_size, batch_first=True)
        self.back = nn.GRU(input_size, hidden_size, batch_first=True)
        self.head = nn.Linear(2 * hidden_size, num_classes)

    def forward(self, x, lengths):
        h_0 = torch.zeros(1, len(x), self.there.hidden_size, dtype=torch.float32)
        there, _ = self.there(x, h_0)
        turned = torch.stack(
            [torch.cat([s[:n].flip(0), s[n:]]) for s, n in zip(x, lengths.tolist(), strict=True)]
        )
        back, _ = self.back(turned, h_0)
        rows = torch.arange(len(x))
        return self.head(torch.cat([there[rows, lengths - 1], back[rows, lengths - 1]], 1))
