"""Prints, comments and layers that nobody uses; a state kept for later inspection."""

import numpy as np
import torch
from torch import nn


def rows_as_sequence(images):
    print("images:", images.shape)
    if len(images.shape) == 4:
        images = torch.squeeze(images, dim=1)
    return images.clone()


class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.weight_ih = nn.Parameter(
            nn.init.xavier_uniform_(torch.empty(4 * hidden_size, input_size))
        )
        self.weight_hh = nn.Parameter(
            nn.init.orthogonal_(torch.empty(4 * hidden_size, hidden_size))
        )
        self.bias_ih = nn.Parameter(torch.zeros(4 * hidden_size))
        self.bias_hh = nn.Parameter(torch.zeros(4 * hidden_size))
        self.old_try = nn.Linear(2, 2)  # nobody uses it any more

    def forward(self, x, state=None):
        if state is None:
            h_prev = x.new_zeros((x.size(0), self.hidden_size))
            c_prev = h_prev.clone()
        else:
            h_prev, c_prev = state[0], state[1]
        i, f, g, o = torch.chunk(
            x.mm(self.weight_ih.t()) + self.bias_ih + h_prev.mm(self.weight_hh.t()) + self.bias_hh,
            4,
            1,
        )
        activations = [torch.sigmoid, torch.sigmoid, torch.tanh, torch.sigmoid]
        i, f, g, o = (
            activation(z) for activation, z in zip(activations, (i, f, g, o), strict=True)
        )
        c_next = c_prev * f
        c_next += i * g  # in place, on a tensor of its own
        h_next = o * torch.tanh(c_next)
        self.last = h_next.detach()
        return (h_next, c_next)


class LSTM(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1):
        super().__init__()
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        k = np.sqrt(1 / hidden_size)
        for layer in range(num_layers):
            columns = input_size if layer == 0 else hidden_size
            for name, shape in (
                ("weight_ih", (4 * hidden_size, columns)),
                ("weight_hh", (4 * hidden_size, hidden_size)),
                ("bias_ih", (4 * hidden_size,)),
                ("bias_hh", (4 * hidden_size,)),
            ):
                value = torch.tensor(
                    np.random.uniform(-k, k, shape), dtype=torch.get_default_dtype()
                )
                self.register_parameter(f"{name}_l{layer}", nn.Parameter(value))
        self.dropout = nn.Dropout(0.0)

    def forward(self, x, state=None):
        hidden, cell = [], []
        for layer in range(self.num_layers):
            w_ih, w_hh, b_ih, b_hh = (
                getattr(self, f"{name}_l{layer}")
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            if state is None:
                h = torch.zeros(x.shape[0], self.hidden_size, device=x.device, dtype=x.dtype)
                c = torch.zeros_like(h)
            else:
                h, c = state[0][layer], state[1][layer]
            collected = {}
            t = 0
            while t < x.shape[1]:
                gates = w_ih @ x[:, t].unsqueeze(-1) + w_hh @ h.unsqueeze(-1)  # (B, 4H, 1)
                i, f, g, o = (gates.squeeze(-1) + b_ih + b_hh).chunk(4, dim=1)
                c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
                h = torch.sigmoid(o) * torch.tanh(c)
                collected[t] = h
                t += 1
            x = self.dropout(torch.stack([collected[t] for t in sorted(collected)], dim=-2))
            hidden.append(h)
            cell.append(c)
        self.history = x.detach()
        return x, (torch.stack(hidden), torch.stack(cell))


def count_parameters(input_size, hidden_size, num_layers, num_classes):
    per_gate = np.array([input_size * hidden_size, hidden_size * hidden_size, 2 * hidden_size])
    later = np.array([2 * hidden_size * hidden_size, 2 * hidden_size])
    total = 4 * per_gate.sum() + 4 * later.sum() * (num_layers - 1)
    return int(total) + num_classes * (hidden_size + 1)


class LSTMClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes, num_layers=1):
        super().__init__()
        self.rnn = nn.LSTM(input_size, hidden_size, num_layers, batch_first=True, dropout=0.0)
        self.head = nn.Linear(hidden_size, num_classes)
        self.softmax = nn.Softmax(dim=1)  # for later

    def forward(self, x):
        print("x:", x.shape)
        out, (h_n, _) = self.rnn(x)
        self.probabilities = self.softmax(self.head(h_n[-1])).detach()
        return self.head(out[:, -1, :].contiguous())


def train_step(model, optimizer, images, labels):
    if not model.training:
        model.train()
    optimizer.zero_grad()
    prediction = model(images)
    loss = nn.CrossEntropyLoss(reduction="none")(prediction, labels.long()).mean()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    print(f"loss: {loss.item():.3f}")
    return loss.item()


def accuracy(model, images, labels):
    training = model.training
    model.eval()
    with torch.no_grad():
        predicted = np.argmax(model(images).numpy(), axis=1)
    model.train(mode=training)
    return float(np.mean(predicted == labels.numpy()))
