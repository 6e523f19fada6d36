"""Right about the mathematics, but float32 whatever comes in."""

import torch
from torch import nn


def rnn_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh, activation="tanh"):
    x, h, weight_ih, weight_hh, bias_ih, bias_hh = (
        v.to(torch.float32) for v in (x, h, weight_ih, weight_hh, bias_ih, bias_hh)
    )
    z = x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh
    if activation == "relu":
        return torch.relu(z)
    elif activation == "sigmoid":
        return torch.sigmoid(z)
    elif activation == "tanh":
        return torch.tanh(z)
    else:
        raise ValueError("no such activation")


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh"):
        super().__init__()
        self.hidden_size, self.num_layers, self.nl = hidden_size, num_layers, nonlinearity
        bound = 1.0 / hidden_size**0.5
        for k in range(num_layers):
            width = input_size if k == 0 else hidden_size
            for name, shape in (
                (f"weight_ih_l{k}", (hidden_size, width)),
                (f"weight_hh_l{k}", (hidden_size, hidden_size)),
                (f"bias_ih_l{k}", (hidden_size,)),
                (f"bias_hh_l{k}", (hidden_size,)),
            ):
                setattr(self, name, nn.Parameter(torch.empty(shape).uniform_(-bound, bound)))

    def forward(self, x, h_0=None):
        x = x.float()
        if h_0 is None:
            h_0 = torch.zeros(self.num_layers, x.size(0), self.hidden_size, dtype=torch.float32)
        h_n = []
        for k in range(self.num_layers):
            h, outputs = h_0[k].float(), []
            for t in range(x.size(1)):
                h = rnn_step(
                    x[:, t],
                    h,
                    getattr(self, f"weight_ih_l{k}"),
                    getattr(self, f"weight_hh_l{k}"),
                    getattr(self, f"bias_ih_l{k}"),
                    getattr(self, f"bias_hh_l{k}"),
                    self.nl,
                )
                outputs.append(h)
            x = torch.stack(outputs, dim=1)
            h_n.append(h)
        return x, torch.stack(h_n, dim=0)


def collapse(weight_ih, weight_hh, T):
    weight_ih, weight_hh = weight_ih.float(), weight_hh.float()
    blocks = [weight_ih]
    for _ in range(T - 1):
        blocks.append(weight_hh @ blocks[-1])
    return torch.cat(blocks[::-1], dim=1)


def many_to_one(out, lengths):
    last = torch.zeros(out.size(0), out.size(2), dtype=torch.float32)
    for b, n in enumerate(lengths):
        last[b] = out[b, n - 1].float()
    return last


def one_to_many(step, h, first, length):
    result = []
    token = first
    for _ in range(length):
        logits, h = step(token, h)
        token = torch.argmax(torch.softmax(logits.float(), dim=-1), dim=-1)
        result.append(token)
    return torch.stack(result).T


def many_to_many_loss(logits, targets, lengths):
    logits = logits.float()
    loss = torch.tensor(0.0, dtype=torch.float32)
    for b in range(logits.size(0)):
        n = int(lengths[b])
        loss = loss + nn.functional.cross_entropy(logits[b, :n], targets[b, :n], reduction="sum")
    return loss / logits.size(0)
