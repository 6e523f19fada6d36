"""A second witness for the oracle: the decoder in numpy, position by position and head by head.

`grader verify` calls every test here on 1,000 draws. Each holds the solution against this file,
which shares no code with it or with torch; gradients are held against differences of it.
"""

import math

import numpy as np
import torch
from torch import nn


def agree(what, one, other, bound=1e-11):
    """Require equal arrays, to within rounding of float64."""
    one, other = (np.asarray(x.detach() if torch.is_tensor(x) else x) for x in (one, other))
    assert one.shape == other.shape, f"{what}: {one.shape} is not {other.shape}"
    off = np.abs(one.astype(float) - other).max(initial=0)
    assert off <= bound * (1 + np.abs(other).max(initial=0)), f"{what}: {off:.1e} off"


def mask_of(T, lengths=None):
    """Return who may look at whom, (B, T, T), or (T, T) if there are no lengths."""
    if lengths is None:
        return np.array([[s <= t for s in range(T)] for t in range(T)])
    return np.array([[[s <= t and s < n for s in range(T)] for t in range(T)] for n in lengths])


def linear(x, p, name):
    return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]


def norm(x, p, name):
    variance = ((x - x.mean()) ** 2).mean()
    return (x - x.mean()) / math.sqrt(variance + 1e-5) * p[f"{name}.weight"] + p[f"{name}.bias"]


def attend(x, y, seen, p, name, heads):
    """Let each row of x (T, d) look at those rows of y (S, d) where seen (T, S) is True."""
    q, k, v = (linear(z, p, f"{name}.{n}_proj") for z, n in ((x, "q"), (y, "k"), (y, "v")))
    size = x.shape[1] // heads
    mixed = np.zeros_like(x)
    for t in range(len(x)):
        for part in (slice(h * size, (h + 1) * size) for h in range(heads)):
            places = [s for s in range(len(y)) if seen[t, s]]
            scores = np.array([q[t, part] @ k[s, part] / math.sqrt(size) for s in places])
            weights = np.exp(scores - scores.max())
            for s, weight in zip(places, weights / weights.sum(), strict=True):
                mixed[t, part] += weight * v[s, part]
    return linear(mixed, p, f"{name}.out_proj")


def feed_forward(x, p, name="feed_forward"):
    return linear(np.maximum(linear(x, p, f"{name}.linear1"), 0), p, f"{name}.linear2")


def layer(x, parts, norm_first, p):
    """Send x (T, d) through parts, each with its norm and residual."""
    for name, part in parts:
        if norm_first:
            x = x + part(np.stack([norm(row, p, name) for row in x]))
        else:
            x = np.stack([norm(row, p, name) for row in x + part(x)])
    return x


def decoder_layer(x, memory, seen, heard, heads, norm_first, p):
    """Send one sentence x (T, d) through a layer that listens to memory (S, d)."""
    parts = (
        ("norm1", lambda y: attend(y, y, seen, p, "self_attn", heads)),
        ("norm2", lambda y: attend(y, memory, heard, p, "cross_attn", heads)),
        ("norm3", lambda y: feed_forward(y, p)),
    )
    return layer(x, parts, norm_first, p)


def numbers(module, prefix=""):
    """Return the parameters of a module whose names begin with a prefix, without it."""
    return {
        name.removeprefix(prefix): p.detach().numpy()
        for name, p in module.named_parameters()
        if name.startswith(prefix)
    }


def test_masks(student, draw):
    """All three kinds of what is given."""
    B, T = draw.integers(1, 7, 2).tolist()
    lengths, targets = draw.lengths(B, T), draw.integers(0, 9, B, T)
    agree("causal", student.causal_mask(T), mask_of(T))
    both = student.combine(torch.from_numpy(mask_of(T)), lengths)
    agree("combined", both, mask_of(T, lengths.tolist())[:, None])
    given = np.array([[5, *row[: T - 1]] for row in targets.tolist()])
    agree("shifted", student.shift_right(targets, 5), given)


def test_a_layer(student, draw):
    """Values of a layer in both styles, and gradients by differences."""
    B, T, S, heads, size = (1 + n % 3 for n in draw.integers(0, 99, 5).tolist())
    d, norm_first = 2 * heads * size, bool(draw.integers(0, 2, 1))
    made = draw.fill(student.DecoderLayer(d, heads, 3, norm_first=norm_first))
    x, memory = draw(B, T, d), draw(B, S, d)
    seen, heard = draw.mask(B, 1, T, T), draw.mask(B, 1, T, S)

    def by_hand(x, memory):
        given = zip(x.numpy(), memory.numpy(), seen[:, 0].numpy(), heard[:, 0].numpy(), strict=True)
        return np.stack([decoder_layer(*each, heads, norm_first, numbers(made)) for each in given])

    leaves = [x.clone().requires_grad_(), memory.clone().requires_grad_()]
    out = made(*leaves, seen, heard)
    agree("out", out, by_hand(x, memory))
    due, way = draw(B, T, d), (draw(B, T, d), draw(B, S, d))
    gradients = torch.autograd.grad(out, leaves, due)
    along = sum(float((g * w).sum()) for g, w in zip(gradients, way, strict=True))
    ahead, back = (
        (by_hand(x + h * way[0], memory + h * way[1]) * due.numpy()).sum() for h in (1e-6, -1e-6)
    )
    # A ReLU that bends within the step leaves a difference of that order.
    assert abs((ahead - back) / 2e-6 - along) <= 1e-4 * (1 + abs(along)), "gradients"


def test_a_transformer(student, draw):
    """The logits, sentence by sentence, without any padding."""
    B, T, S, heads, layers = (1 + n % 3 for n in draw.integers(0, 99, 5).tolist())
    d, V = 2 * heads, 5
    model = draw.fill(student.Transformer(6, V, d, heads, 3, layers))
    src, lengths = draw.integers(0, 6, B, S), draw.lengths(B, S)
    tgt_in, tgt_lengths = draw.integers(0, V, B, T), draw.lengths(B, T)
    logits = model(src, lengths, tgt_in, tgt_lengths)

    def embedded(ids, weight):
        x = np.zeros((len(ids), d))
        for t, i in np.ndindex(x.shape):
            angle = t * 10000 ** (-2 * (i // 2) / d)
            x[t, i] = weight[ids[t], i] * math.sqrt(d) + (math.cos if i % 2 else math.sin)(angle)
        return x

    whole = numbers(model)
    for b in range(B):
        memory = embedded(src[b, : lengths[b]].tolist(), whole["encoder.embedding.weight"])
        for n in range(layers):
            p, free = numbers(model, f"encoder.layers.{n}."), np.ones((len(memory), len(memory)))
            parts = (
                ("norm1", lambda y, p=p, free=free: attend(y, y, free, p, "self_attn", heads)),
                ("norm2", lambda y, p=p: feed_forward(y, p)),
            )
            memory = layer(memory, parts, False, p)
        x = embedded(tgt_in[b, : tgt_lengths[b]].tolist(), whole["embedding.weight"])
        for n in range(layers):
            heard, p = np.ones((len(x), len(memory))), numbers(model, f"layers.{n}.")
            x = decoder_layer(x, memory, mask_of(len(x)), heard, heads, False, p)
        agree("logits", logits[b, : len(x)], linear(x, whole, "head"))


def test_the_loss(student, draw):
    """The loss and its gradient, symbol by symbol."""
    B, T, V = (1 + n for n in draw.integers(1, 5, 3).tolist())
    logits, targets = draw(B, T, V).requires_grad_(), draw.integers(0, V, B, T)
    pad = int(draw.integers(0, V, 1))
    total, count, due = 0.0, 0, np.zeros((B, T, V))
    for b, t in np.ndindex(B, T):
        if targets[b, t] != pad:
            chances = np.exp(logits[b, t].detach().numpy())
            chances /= chances.sum()
            total, count = total - math.log(chances[targets[b, t]]), count + 1
            due[b, t] = chances - np.eye(V)[targets[b, t]]
    loss = student.sequence_loss(logits, targets, pad)
    agree("loss", loss, total / max(count, 1))
    agree("gradient", torch.autograd.grad(loss, logits)[0], due / max(count, 1))


def test_speaking(student, draw):
    """What is said of scripts, which every sentence recites to the end."""
    B, length, V = 3, 5, 7
    scripts = draw.integers(0, V, B, length)
    eos, most = (int(draw.integers(0, n, 1)) for n in (V, length))
    calls = []

    def step(ids, memory):
        calls.append(ids.shape[1])
        return nn.functional.one_hot(memory[:, : ids.shape[1]], V).double()

    said = student.greedy_decode(step, scripts, 0, eos, most + 1)
    due, asked = [], 0
    for script in scripts[:, : most + 1].tolist():
        end = script.index(eos) if eos in script else most + 1
        due.append(script[:end])
        asked = max(asked, min(end + 1, most + 1))
    assert [list(map(int, sentence)) for sentence in said] == due, "said"
    assert calls == list(range(1, asked + 1)), "calls"
