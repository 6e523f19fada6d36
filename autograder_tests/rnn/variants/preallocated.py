"""Results are written into buffers, and one sequence is cut after the other."""

import torch
from torch import nn


def rnn_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh, activation="tanh"):
    z = torch.zeros_like(h)
    z += x @ weight_ih.t()
    z += h @ weight_hh.t()
    z += bias_ih
    z += bias_hh
    match activation:
        case "tanh":
            return z.tanh()
        case "relu":
            return z.clamp(min=0)
        case "sigmoid":
            return 1 / (1 + torch.exp(-z))
        case _:
            raise ValueError("activation")


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh"):
        super().__init__()
        self.sizes = (num_layers, hidden_size)
        self.nonlinearity = nonlinearity
        k = (1 / hidden_size) ** 0.5
        features = input_size
        for layer in range(num_layers):
            for name, shape in zip(
                ("weight_ih", "weight_hh", "bias_ih", "bias_hh"),
                ((hidden_size, features), (hidden_size,) * 2, (hidden_size,), (hidden_size,)),
                strict=True,
            ):
                parameter = nn.Parameter(torch.rand(shape) * 2 * k - k)
                self.register_parameter(f"{name}_l{layer}", parameter)
            features = hidden_size

    def forward(self, x, h_0=None):
        (B, T, _), (L, H) = x.shape, self.sizes
        h_n = x.new_zeros(L, B, H)
        for layer in range(L):
            out = x.new_zeros(B, T, H)
            h = x.new_zeros(B, H) if h_0 is None else h_0[layer]
            weights = [p for n, p in self.named_parameters() if n.endswith(f"_l{layer}")]
            for t in range(T):
                h = rnn_step(x[:, t, :], h, *weights, activation=self.nonlinearity)
                out[:, t, :] = h
            h_n[layer] = h
            x = out
        return x, h_n


def collapse(weight_ih, weight_hh, T):
    H, I = weight_ih.shape  # noqa: E741
    M = weight_ih.new_zeros(H, T * I)
    block = weight_ih
    for t in reversed(range(T)):
        M[:, t * I : (t + 1) * I] = block
        block = weight_hh.mm(block)
    return M


def many_to_one(out, lengths):
    last = out.new_zeros(out.shape[0], out.shape[2])
    for b in range(len(lengths)):
        last[b] = out[b, lengths[b].item() - 1]
    return last


def one_to_many(step, h, first, length):
    said = torch.zeros((first.shape[0], length), dtype=first.dtype)
    for n in range(length):
        previous = first if n == 0 else said[:, n - 1]
        logits, h = step(previous, h)
        said[:, n] = logits.argmax(1)
    return said


def many_to_many_loss(logits, targets, lengths):
    total = 0
    for b in range(len(lengths)):
        for t in range(int(lengths[b])):
            total = total - torch.log_softmax(logits[b, t], dim=0)[targets[b, t]]
    return total / len(lengths)
