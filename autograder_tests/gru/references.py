"""A second witness for the oracle: the GRU and its gradients by hand, in numpy.

`grader verify` calls every test here on 1,000 draws. Each holds three implementations against each
other: the solution, torch's own operator and, independent of both and of autograd, this file.
"""

from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    """Do a step; return the next state and what the way back needs."""
    a_r, a_z, a_n = np.split(x @ weight_ih.T + bias_ih, 3, axis=-1)
    b_r, b_z, b_n = np.split(h @ weight_hh.T + bias_hh, 3, axis=-1)
    r, z = sigmoid(a_r + b_r), sigmoid(a_z + b_z)
    n = np.tanh(a_n + r * b_n)
    return n + z * (h - n), (x, h, r, z, n, b_n)


def step_back(for_next, kept, weight_ih, weight_hh):
    """Return the gradients for x, h and the four parameters."""
    x, h, r, z, n, b_n = kept
    for_n = for_next * (1 - z) * (1 - n**2)
    for_z = for_next * (h - n) * z * (1 - z)
    for_r = for_n * b_n * r * (1 - r)
    for_a = np.concatenate([for_r, for_z, for_n], axis=-1)
    for_b = np.concatenate([for_r, for_z, for_n * r], axis=-1)
    for_h = for_next * z + for_b @ weight_hh
    return (
        for_a @ weight_ih, for_h, for_a.T @ x, for_b.T @ h, for_a.sum(axis=0), for_b.sum(axis=0)
    )  # fmt: skip


def read(x, h, parameters, order):
    """Read x (B, T, I) in an order of its steps; return outputs, last state and what was kept."""
    out, kept = np.empty((*x.shape[:2], h.shape[-1])), {}
    for t in order:
        h, kept[t] = step(x[:, t], h, *parameters)
        out[:, t] = h
    return out, h, kept


def gru(x, h_0, readers):
    """Return out and h_n for a list of layers, each with one or two lists of parameters."""
    states, ends = iter(h_0), []
    for layer in readers:
        outs = []
        for parameters, order in zip(layer, (1, -1), strict=False):
            out, end, _ = read(x, next(states), parameters, range(x.shape[1])[::order])
            outs.append(out)
            ends.append(end)
        x = np.concatenate(outs, axis=-1)
    return x, np.stack(ends)


def agree(what, *all_of_them):
    """Require equal lists of arrays, to within rounding of float64."""
    arrays = [[np.asarray(x.detach() if torch.is_tensor(x) else x) for x in a] for a in all_of_them]
    for same in zip(*arrays, strict=True):
        for one, other in pairwise(same):
            assert one.shape == other.shape, f"{what}: {one.shape} is not {other.shape}"
            off = np.abs(one - other).max()
            assert off <= 1e-11 * (1 + np.abs(other).max()), f"{what}: {off:.1e} off"


def arrays(tensors):
    return [tensor.detach().numpy() for tensor in tensors]


def test_step(student, draw):
    """One step and its gradients."""
    B, I, H = draw.integers(1, 6, 3).tolist()  # noqa: E741 (the letter that students read)
    shapes = ((B, I), (B, H), (3 * H, I), (3 * H, H), (3 * H,), (3 * H,))
    leaves = [draw(*shape).requires_grad_() for shape in shapes]
    due, found = draw(B, H), []
    for function in (student.gru_step, torch.gru_cell):
        after = function(*leaves)
        found.append([after, *torch.autograd.grad(after, leaves, due)])
    after, kept = step(*arrays(leaves))
    by_hand = step_back(due.numpy(), kept, *arrays(leaves[2:4]))
    agree("results and gradients", *found, [after, *by_hand])


def test_gru(student, draw):
    """Outputs, last states, and the gradients of the last layer's input, back through time."""
    B, T, I, H, L = draw.integers(1, 5, 5).tolist()  # noqa: E741
    L, both = 1 + L % 2, bool(draw.integers(0, 2, 1))
    D = 2 if both else 1
    torchs = draw.fill(nn.GRU(I, H, L, batch_first=True, bidirectional=both))
    own = student.GRU(I, H, L, both)
    own.load_state_dict(torchs.state_dict())
    x, h_0 = draw(B, T, I), draw(L * D, B, H)
    tails = [[f"_l{k}", f"_l{k}_reverse"][:D] for k in range(L)]
    readers = [[arrays(getattr(torchs, n + t) for n in NAMES) for t in layer] for layer in tails]
    agree("results", own(x, h_0), torchs(x, h_0), gru(x.numpy(), h_0.numpy(), readers))
    if L == 1:
        due, mine = draw(B, T, D * H), x.clone().requires_grad_()
        (for_x,) = torch.autograd.grad(own(mine, h_0)[0], mine, due)
        by_hand = np.zeros((B, T, I))
        for d, parameters in enumerate(readers[0]):
            order = range(T) if d == 0 else range(T)[::-1]
            _, _, kept = read(x.numpy(), h_0[d].numpy(), parameters, order)
            carried = np.zeros((B, H))
            for t in reversed(order):
                carried = carried + due[:, t, d * H : (d + 1) * H].numpy()
                for_step, carried, *_ = step_back(carried, kept[t], *parameters[:2])
                by_hand[:, t] += for_step
        agree("gradient", [for_x], [by_hand])


def test_count(student, draw):
    """The numbers in all parameters of torch's layers, and of the formula."""
    I, H, L = draw.integers(1, 9, 3).tolist()  # noqa: E741
    both = bool(draw.integers(0, 2, 1))
    torchs = nn.GRU(I, H, L, bidirectional=both, device="meta")
    by_hand, D = 0, 2 if both else 1
    for k in range(L):
        for features in (I if k == 0 else D * H, H, 1, 1):
            by_hand += D * 3 * H * features
    counted = sum(p.numel() for p in torchs.parameters())
    assert student.count_parameters(I, H, L, both) == counted == by_hand


def test_reversed(student, draw):
    """Every number of every step, one after the other."""
    B, T, d = draw.integers(1, 6, 3).tolist()
    x, lengths = draw(B, T, d), draw.lengths(B, T)
    turned = np.empty((B, T, d))
    for b, t, j in np.ndindex(turned.shape):
        n = int(lengths[b])
        turned[b, t, j] = x[b, n - 1 - t if t < n else t, j]
    agree("turned", [student.reverse_padded(x, lengths)], [turned])


def test_last_states(student, draw):
    """What torch's GRU returns for packed sequences, picked from what it shows."""
    B, T, H = draw.integers(1, 6, 3).tolist()
    gru, lengths = draw.fill(nn.GRU(2, H, batch_first=True, bidirectional=True)), draw.lengths(B, T)
    packed = pack_padded_sequence(draw(B, T, 2), lengths, batch_first=True, enforce_sorted=False)
    out, h_n = gru(packed)
    out, _ = nn.utils.rnn.pad_packed_sequence(out, batch_first=True)
    by_hand = np.empty((B, 2 * H))
    for b, j in np.ndindex(by_hand.shape):
        by_hand[b, j] = out[b, int(lengths[b]) - 1 if j < H else 0, j].item()
    found = student.last_states(out, lengths)
    agree("states", [found], [torch.cat([h_n[0], h_n[1]], dim=-1)], [by_hand])


def test_classifier(student, draw):
    """The logits of padded sequences, beside those of packed ones and of each alone."""
    B, T, I, H, C = draw.integers(1, 5, 5).tolist()  # noqa: E741
    x, lengths = draw(B, T, I), draw.lengths(B, T)
    own = draw.fill(student.SequenceClassifier(I, H, C))
    torchs = nn.GRU(I, H, batch_first=True, bidirectional=True)
    with torch.no_grad():
        for name in NAMES:
            getattr(torchs, f"{name}_l0").copy_(getattr(own.there, f"{name}_l0"))
            getattr(torchs, f"{name}_l0_reverse").copy_(getattr(own.back, f"{name}_l0"))
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    ends = torchs(packed)[1]
    weight, bias = arrays((own.head.weight, own.head.bias))
    readers = [[arrays(getattr(part, f"{n}_l0") for n in NAMES) for part in (own.there, own.back)]]
    by_hand = []
    for b, n in enumerate(lengths.tolist()):
        _, h_n = gru(x[b : b + 1, :n].numpy(), np.zeros((2, 1, H)), readers)
        by_hand.append(weight @ np.concatenate([h_n[0, 0], h_n[1, 0]]) + bias)
    due = own.head(torch.cat([ends[0], ends[1]], dim=-1))
    agree("logits", [own(x, lengths)], [due], [np.stack(by_hand)])
