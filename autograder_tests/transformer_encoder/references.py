"""A second witness for the oracle: the encoder and its gradients written by hand, in numpy.

`grader verify` calls every test here on 1,000 draws. Each holds three implementations against each
other: the solution, torch's own operator and, independent of both and of autograd, this file.
"""

from itertools import pairwise

import numpy as np
import torch
from torch import nn

PROJECTIONS = ("q_proj", "k_proj", "v_proj", "out_proj")


def positions(length, d_model):
    """Return the encoding of each position, entry by entry."""
    encoding = np.empty((length, d_model))
    for p, j in np.ndindex(length, d_model):
        angle = p / 10000 ** (2 * (j // 2) / d_model)
        encoding[p, j] = np.cos(angle) if j % 2 else np.sin(angle)
    return encoding


def norm(x, gain, bias, eps=1e-5):
    """Return each vector of x normed, and what the way back needs."""
    spread = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    unit = (x - x.mean(axis=-1, keepdims=True)) / spread
    return unit * gain + bias, (unit, spread, gain)


def norm_back(due, kept):
    """Return the gradients for x, gain and bias."""
    unit, spread, gain = kept
    for_unit = due * gain
    level = for_unit.mean(axis=-1, keepdims=True)
    along = (for_unit * unit).mean(axis=-1, keepdims=True)
    axes = tuple(range(due.ndim - 1))
    return (for_unit - level - unit * along) / spread, (due * unit).sum(axes), due.sum(axes)


def linear_back(due, x, weight):
    """Return the gradients of x @ weight.T + bias for x, weight and bias."""
    axes = tuple(range(due.ndim - 1))
    flat = due.reshape(-1, due.shape[-1]).T @ x.reshape(-1, x.shape[-1])
    return due @ weight, flat, due.sum(axes)


def attend(x, p, H, visible):
    """Return what self-attention finds in x, and what the way back needs; heads one by one."""
    q, k, v = (x @ p[f"{n}.weight"].T + p[f"{n}.bias"] for n in PROJECTIONS[:3])
    size, heads, kept = x.shape[-1] // H, [], []
    for h in range(H):
        s = slice(h * size, (h + 1) * size)
        scores = np.einsum("bqd,bkd->bqk", q[..., s], k[..., s]) / np.sqrt(size)
        scores = np.where(visible, scores, -np.inf)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        heads.append(np.einsum("bqk,bkd->bqd", weights, v[..., s]))
        kept.append((s, weights))
    merged = np.concatenate(heads, axis=-1)
    found = merged @ p["out_proj.weight"].T + p["out_proj.bias"]
    return found, (x, q, k, v, merged, kept)


def attend_back(due, p, state, into):
    """Return the gradient for x; put those for the parameters into a dict."""
    x, q, k, v, merged, kept = state
    for_merged, *shared = linear_back(due, merged, p["out_proj.weight"])
    into["out_proj.weight"], into["out_proj.bias"] = shared
    backs = {name: np.zeros_like(x) for name in PROJECTIONS[:3]}
    for s, weights in kept:
        for_weights = np.einsum("bqd,bkd->bqk", for_merged[..., s], v[..., s])
        level = (weights * for_weights).sum(axis=-1, keepdims=True)
        for_scores = weights * (for_weights - level) / np.sqrt(s.stop - s.start)
        backs["q_proj"][..., s] = np.einsum("bqk,bkd->bqd", for_scores, k[..., s])
        backs["k_proj"][..., s] = np.einsum("bqk,bqd->bkd", for_scores, q[..., s])
        backs["v_proj"][..., s] = np.einsum("bqk,bqd->bkd", weights, for_merged[..., s])
    for_x = np.zeros_like(x)
    for name, back in backs.items():
        more, *shared = linear_back(back, x, p[f"{name}.weight"])
        into[f"{name}.weight"], into[f"{name}.bias"] = shared
        for_x += more
    return for_x


def part(p, name):
    """Return the parameters of a part, without its name in front."""
    return {n.removeprefix(f"{name}."): v for n, v in p.items() if n.startswith(f"{name}.")}


class Layer:
    """One layer of the encoder, there and back."""

    def __init__(self, x, p, H, visible, norm_first):
        self.attn, self.net = part(p, "self_attn"), part(p, "feed_forward")
        self.norm_first, norm1, norm2 = norm_first, part(p, "norm1"), part(p, "norm2")
        read, first = norm(x, norm1["weight"], norm1["bias"]) if norm_first else (x, None)
        found, self.attended = attend(read, self.attn, H, visible)
        y = x + found
        if not norm_first:
            y, first = norm(y, norm1["weight"], norm1["bias"])
        self.read, second = norm(y, norm2["weight"], norm2["bias"]) if norm_first else (y, None)
        self.middle = self.read @ self.net["linear1.weight"].T + self.net["linear1.bias"]
        self.open = np.where(self.middle > 0, self.middle, 0)
        self.out = y + self.open @ self.net["linear2.weight"].T + self.net["linear2.bias"]
        if not norm_first:
            self.out, second = norm(self.out, norm2["weight"], norm2["bias"])
        self.norms = first, second

    def back(self, due):
        """Return the gradient for x, and a dict of those for the parameters."""
        found, shared = {}, {}

        def through(number, due):
            due, gain, bias = norm_back(due, self.norms[number - 1])
            found[f"norm{number}.weight"], found[f"norm{number}.bias"] = gain, bias
            return due

        due = due if self.norm_first else through(2, due)
        back, *two = linear_back(due, self.open, self.net["linear2.weight"])
        back, *one = linear_back(back * (self.middle > 0), self.read, self.net["linear1.weight"])
        for name, pair in (("linear1", one), ("linear2", two)):
            found[f"feed_forward.{name}.weight"], found[f"feed_forward.{name}.bias"] = pair
        due = due + (through(2, back) if self.norm_first else back)
        due = due if self.norm_first else through(1, due)
        back = attend_back(due, self.attn, self.attended, shared)
        found |= {f"self_attn.{name}": value for name, value in shared.items()}
        return due + (through(1, back) if self.norm_first else back), found


def agree(what, *all_of_them):
    """Require equal lists of arrays, to within rounding of float64."""
    arrays = [[np.asarray(x.detach() if torch.is_tensor(x) else x) for x in a] for a in all_of_them]
    most = max(np.abs(x).max(initial=0) for x in arrays[-1])
    for same in zip(*arrays, strict=True):
        for one, other in pairwise(same):
            assert one.shape == other.shape, f"{what}: {one.shape} is not {other.shape}"
            off = np.abs(one - other).max(initial=0)
            assert off <= 1e-11 * (1 + most), f"{what}: {off:.1e} off"


def torchs_layer(layer, d_model, H, d_ff, norm_first):
    """Return torch's own layer with the parameters of the assignment's."""
    theirs = nn.TransformerEncoderLayer(d_model, H, d_ff, 0.0, "relu", 1e-5, True, norm_first)
    p = {name: value.detach() for name, value in layer.named_parameters()}
    with torch.no_grad():
        for name, parameter in theirs.named_parameters():
            if "in_proj" in name:
                kind = name.rpartition("_")[2]
                own = torch.cat([p[f"self_attn.{n}.{kind}"] for n in PROJECTIONS[:3]])
            else:
                own = p[f"feed_forward.{name}" if name.startswith("linear") else name]
            parameter.copy_(own)
    return theirs


def test_positions(student, draw):
    """The encoding of any size, beside complex numbers that turn."""
    length, d_model = draw.integers(0, 30, 2).tolist()
    d_model += 1
    rates = 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)
    turns = torch.exp(1j * torch.arange(length).outer(rates))
    torchs = torch.stack([turns.imag, turns.real], dim=-1).flatten(1)[:, :d_model]
    own = student.positional_encoding(length, d_model)
    agree("encoding", [own], [torchs], [positions(length, d_model)])


def test_norm(student, draw):
    """The norm and its gradients, also where features are nearly equal."""
    B, T, d = draw.integers(1, 6, 3).tolist()
    x = draw(B, T, d + 1, scale=float(10 ** (3 * draw(1).clamp(-1, 1)))).requires_grad_()
    own, due = draw.fill(student.LayerNorm(d + 1)), draw(B, T, d + 1)
    torchs = nn.functional.layer_norm(x, [d + 1], own.weight, own.bias)
    leaves = [x, own.weight, own.bias]
    y, kept = norm(*(leaf.detach().numpy() for leaf in leaves))
    agree("y", [own(x)], [torchs], [y])
    back = [torch.autograd.grad(found, leaves, due) for found in (own(x), torchs)]
    agree("gradients", *back, norm_back(due.numpy(), kept))


def test_mask(student, draw):
    """Words counted one by one, beside what torch makes of sequences that it pads."""
    B, T = draw.integers(1, 7, 2).tolist()
    lengths = draw.lengths(B, T)
    padded = nn.utils.rnn.pad_sequence([torch.ones(n) for n in lengths.tolist()], batch_first=True)
    hand = np.zeros((B, 1, 1, T), dtype=bool)
    for b, t in np.ndindex(B, T):
        hand[b, 0, 0, t] = t < int(lengths[b])
    own = student.padding_mask(lengths, T).double()
    agree("mask", [own], [padded[:, None, None]], [hand.astype(float)])


def test_layer(student, draw):
    """A layer in both orders, with padding, and all of its gradients."""
    B, T, H, size, d_ff = draw.integers(1, 5, 5).tolist()
    d_model, norm_first = H * size + H, bool(draw.integers(0, 2, 1))
    x, due = draw(B, T, d_model).requires_grad_(), draw(B, T, d_model)
    visible = torch.arange(T) < draw.lengths(B, T)[:, None]
    layer = draw.fill(student.EncoderLayer(d_model, H, d_ff, norm_first=norm_first))
    torchs = torchs_layer(layer, d_model, H, d_ff, norm_first)
    p = {name: value.detach().numpy() for name, value in layer.named_parameters()}
    hand = Layer(x.detach().numpy(), p, H, visible.numpy()[:, None], norm_first)
    out = layer(x, visible[:, None, None])
    torch_out = torchs(x, src_key_padding_mask=~visible)
    agree("y", [out], [torch_out], [hand.out])
    for_x, shared = hand.back(due.numpy())
    names = list(p)
    own = torch.autograd.grad(out, [x, *(dict(layer.named_parameters())[n] for n in names)], due)
    agree("gradients", own, [for_x, *(shared[n] for n in names)])
    agree("gradients of torch", torch.autograd.grad(torch_out, [x], due), [for_x])


def test_network(student, draw):
    """The network of a position and its gradients."""
    B, T, d_model, d_ff = draw.integers(1, 6, 4).tolist()
    network, due = draw.fill(student.FeedForward(d_model, d_ff)), draw(B, T, d_model)
    x = draw(B, T, d_model).requires_grad_()
    p = dict(network.named_parameters())
    names = ["linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias"]
    torchs = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))
    for theirs, name in zip(torchs.parameters(), names, strict=True):
        theirs.data = p[name].detach()
    w1, b1, w2, b2 = (p[name].detach().numpy() for name in names)
    middle = x.detach().numpy() @ w1.T + b1
    opened = np.maximum(middle, 0)
    agree("y", [network(x)], [torchs(x)], [opened @ w2.T + b2])
    back, *two = linear_back(due.numpy(), opened, w2)
    for_x, *one = linear_back(back * (middle > 0), x.detach().numpy(), w1)
    own = torch.autograd.grad(network(x), [x, *(p[name] for name in names)], due)
    theirs = torch.autograd.grad(torchs(x), [x, *torchs.parameters()], due)
    agree("gradients", own, theirs, [for_x, *one, *two])


def test_encoder(student, draw):
    """Words through positions and layers, and the gradients for all parameters."""
    B, T, H, size, L = draw.integers(1, 4, 5).tolist()
    V, d_model, d_ff = 5, 2 * H * size, 3
    ids, lengths = draw.integers(0, V, B, T), draw.lengths(B, T)
    encoder = draw.fill(student.Encoder(V, d_model, H, d_ff, L))
    visible = torch.arange(T) < lengths[:, None]
    due = draw(B, T, d_model) * visible[..., None]
    p = {name: value.detach().numpy() for name, value in encoder.named_parameters()}
    y = np.sqrt(d_model) * p["embedding.weight"][ids.numpy()] + positions(T, d_model)
    torch_y, layers = torch.from_numpy(y), []
    for n, layer in enumerate(encoder.layers):
        layers.append(Layer(y, part(p, f"layers.{n}"), H, visible.numpy()[:, None], False))
        y = layers[-1].out
        theirs = torchs_layer(layer, d_model, H, d_ff, False)
        torch_y = theirs(torch_y, src_key_padding_mask=~visible)
    out = encoder(ids, lengths)
    agree("y", [out[visible]], [torch_y[visible]], [y[visible.numpy()]])
    back, found = due.numpy(), {}
    for n, layer in reversed(list(enumerate(layers))):
        back, shared = layer.back(back)
        found |= {f"layers.{n}.{name}": value for name, value in shared.items()}
    found["embedding.weight"] = np.zeros((V, d_model))
    np.add.at(found["embedding.weight"], ids.numpy(), np.sqrt(d_model) * back)
    own = torch.autograd.grad(out, list(encoder.parameters()), due)
    agree("gradients", own, [found[name] for name in p])
