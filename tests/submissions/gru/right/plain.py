# passes: the way of the lecture, step by step
# %% [markdown]
# # Homework 7: GRU

# %%
import torch
import torch.nn as nn


# %%
def gru_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    gi = torch.mm(x, weight_ih.t()) + bias_ih
    gh = torch.mm(h, weight_hh.t()) + bias_hh
    i_r, i_z, i_n = gi.chunk(3, 1)
    h_r, h_z, h_n = gh.chunk(3, 1)
    r = torch.sigmoid(i_r + h_r)
    z = torch.sigmoid(i_z + h_z)
    n = torch.tanh(i_n + r * h_n)
    return n + z * (h - n)


# %%
class GRU(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False):
        super().__init__()
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.num_directions = 2 if bidirectional else 1
        for layer in range(num_layers):
            for d in range(self.num_directions):
                size = input_size if layer == 0 else hidden_size * self.num_directions
                end = f"_l{layer}" + ("_reverse" if d == 1 else "")
                setattr(
                    self, "weight_ih" + end, nn.Parameter(torch.randn(3 * hidden_size, size) * 0.1)
                )
                setattr(
                    self,
                    "weight_hh" + end,
                    nn.Parameter(torch.randn(3 * hidden_size, hidden_size) * 0.1),
                )
                setattr(self, "bias_ih" + end, nn.Parameter(torch.zeros(3 * hidden_size)))
                setattr(self, "bias_hh" + end, nn.Parameter(torch.zeros(3 * hidden_size)))

    def forward(self, x, h_0=None):
        B, T, _ = x.shape
        if h_0 is None:
            h_0 = torch.zeros(self.num_layers * self.num_directions, B, self.hidden_size)
        h_n = []
        inp = x
        for layer in range(self.num_layers):
            outs = []
            for d in range(self.num_directions):
                end = f"_l{layer}" + ("_reverse" if d == 1 else "")
                h = h_0[layer * self.num_directions + d]
                steps = range(T) if d == 0 else range(T - 1, -1, -1)
                res = [None] * T
                for t in steps:
                    h = gru_step(
                        inp[:, t],
                        h,
                        getattr(self, "weight_ih" + end),
                        getattr(self, "weight_hh" + end),
                        getattr(self, "bias_ih" + end),
                        getattr(self, "bias_hh" + end),
                    )
                    res[t] = h
                outs.append(torch.stack(res, dim=1))
                h_n.append(h)
            inp = torch.cat(outs, dim=2)
        return inp, torch.stack(h_n, dim=0)


# %%
def count_parameters(input_size, hidden_size, num_layers, bidirectional):
    d = 2 if bidirectional else 1
    total = 0
    for layer in range(num_layers):
        size = input_size if layer == 0 else d * hidden_size
        total += d * (3 * hidden_size * size + 3 * hidden_size * hidden_size + 6 * hidden_size)
    return total


# %%
def reverse_padded(x, lengths):
    y = x.clone()
    for b in range(x.shape[0]):
        y[b, : lengths[b]] = x[b, : lengths[b]].flip(0)
    return y


# %%
def last_states(out, lengths):
    H = out.shape[2] // 2
    fwd = out[torch.arange(len(out)), lengths - 1][:, :H]
    bwd = out[:, 0, H:]
    return torch.cat((fwd, bwd), 1)


# %%
class SequenceClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super().__init__()
        self.there = nn.GRU(input_size, hidden_size, batch_first=True)
        self.back = nn.GRU(input_size, hidden_size, batch_first=True)
        self.head = nn.Linear(2 * hidden_size, num_classes)

    def forward(self, x, lengths):
        a, _ = self.there(x)
        b, _ = self.back(reverse_padded(x, lengths))
        b = reverse_padded(b, lengths)
        return self.head(last_states(torch.cat((a, b), 2), lengths))


# %%
model = SequenceClassifier(3, 4, 2)
print(model(torch.randn(2, 5, 3), torch.tensor([5, 3])))
