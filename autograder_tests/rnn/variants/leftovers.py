"""Prints, comments, numpy, and things that nobody uses."""

import numpy as np
import torch
from torch import nn


def rnn_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh, activation="tanh"):
    print("x:", x.shape, "h:", h.shape)
    # new = torch.tanh(x @ weight_ih + h @ weight_hh)
    outer = torch.stack([(weight_ih * row).sum(dim=1) for row in x.unsqueeze(1)])
    inner = torch.matmul(weight_hh.unsqueeze(0), h.unsqueeze(-1)).squeeze(-1)
    z = outer.reshape(len(x), -1) + inner + bias_ih[None] + bias_hh[None, :]
    if activation == "tanh":
        return (z.exp() - (-z).exp()) / (z.exp() + (-z).exp())
    if activation == "relu":
        return z * (z > 0)
    if activation == "sigmoid":
        return z.exp() / (1 + z.exp())
    raise ValueError(f"{activation=}")


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh"):
        super().__init__()
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.act = torch.tanh if nonlinearity == "tanh" else torch.relu
        self.history = []
        stdv = 1.0 / np.sqrt(hidden_size)
        for layer in range(num_layers):
            for name, shape in {
                "weight_ih": (hidden_size, input_size if layer == 0 else hidden_size),
                "weight_hh": (hidden_size, hidden_size),
                "bias_ih": (hidden_size,),
                "bias_hh": (hidden_size,),
            }.items():
                values = np.random.uniform(-stdv, stdv, size=shape)
                tensor = torch.from_numpy(values).to(torch.get_default_dtype())
                self.register_parameter(f"{name}_l{layer}", nn.Parameter(tensor))

    def forward(self, x, h_0=None):
        batch_size, seq_len, _ = x.size()
        hidden = []
        for layer in range(self.num_layers):
            if h_0 is not None:
                h = h_0[layer].clone()
            else:
                h = torch.zeros(batch_size, self.hidden_size).type_as(x)
            w_ih = getattr(self, f"weight_ih_l{layer}")
            w_hh = getattr(self, f"weight_hh_l{layer}")
            b = getattr(self, f"bias_ih_l{layer}") + getattr(self, f"bias_hh_l{layer}")
            collected = {}
            t = 0
            while t < seq_len:
                h = self.act(x[:, t, :].mm(w_ih.t()) + h.mm(w_hh.t()) + b)
                collected[t] = h
                t += 1
            x = torch.stack([collected[t] for t in sorted(collected)], dim=-2)
            hidden.append(h)
        self.history.append(x.detach())
        return (x, torch.stack(hidden))


def collapse(weight_ih, weight_hh, T):
    print("collapsing", T, "steps")
    H, I = weight_ih.shape  # noqa: E741
    x = torch.eye(T * I, dtype=weight_ih.dtype).view(T * I, T, I)
    h = torch.zeros(T * I, H, dtype=weight_ih.dtype)
    for t in range(T):  # a unit vector for each number of the input
        h = x[:, t] @ weight_ih.t() + h @ weight_hh.t()
    return h.t()


def many_to_one(out, lengths):
    idx = torch.tensor(np.asarray(lengths) - 1)
    return torch.cat([out[b, idx[b]].unsqueeze(0) for b in range(out.shape[0])], dim=0)


def one_to_many(step, h, first, length):
    outputs, inp = [], first.clone()
    for i in range(length):
        with torch.no_grad():
            logits, h = step(inp, h)
        inp = torch.tensor(np.argmax(logits.numpy(), axis=1))
        outputs.append(inp.unsqueeze(1))
        print("step", i)
    return torch.cat(outputs, dim=1)


def many_to_many_loss(logits, targets, lengths):
    z = logits - logits.max(dim=-1, keepdim=True).values
    logp = z - z.exp().sum(dim=-1, keepdim=True).log()
    nll = -torch.gather(logp, 2, targets[:, :, None])[:, :, 0]
    mask = torch.zeros_like(nll)
    for b, n in enumerate(lengths):
        mask[b, :n] = 1.0
    return (nll * mask).sum(dim=1).sum() / nll.shape[0]
