"""A second witness for the oracles: the model in numpy and in loops, its gradients as written out
by hand and as differences of the loss.

`grader verify` calls every test here on 1,000 draws.
"""

from itertools import pairwise

import numpy as np
import torch

NAMES = ("W_xh", "W_hh", "b_h", "W_hy", "b_y")


def agree(what, *all_of_them, within=1e-11):
    """Require equal lists of arrays, to within rounding of float64."""
    arrays = [[np.asarray(x.detach() if torch.is_tensor(x) else x) for x in a] for a in all_of_them]
    for same in zip(*arrays, strict=True):
        for one, other in pairwise(same):
            assert one.shape == other.shape, f"{what}: {one.shape} is not {other.shape}"
            off = np.abs(one - other).max() if one.size else 0
            assert off <= within * (1 + np.abs(other).max(initial=0)), f"{what}: {off:.1e} off"


def drawn(draw):
    """Draw sizes, parameters and a piece of text."""
    V, H, T = (draw.integers(2, 6, 3)).tolist()
    shapes = ((H, V), (H, H), (H,), (V, H), (V,))
    params = {name: draw(*s, scale=0.8) for name, s in zip(NAMES, shapes, strict=True)}
    return params, draw.integers(0, V, T), draw.integers(0, V, T), draw(H)


def read(params, inputs, targets, h):
    """Return the loss, and of each step the states before and after it, and the chances."""
    p = {name: np.asarray(value, dtype=float) for name, value in params.items()}
    total, steps, h = 0.0, [], np.asarray(h, dtype=float)
    for x, y in zip(inputs.tolist(), targets.tolist(), strict=True):
        before, h = h, np.tanh(p["W_xh"][:, x] + p["W_hh"] @ h + p["b_h"])
        odds = np.exp(p["W_hy"] @ h + p["b_y"])
        chances = odds / odds.sum()
        total -= np.log(chances[y])
        steps.append((before, h, chances))
    return total, steps


def test_text(student, draw):
    """The vocabulary by insertion, and the way to numbers and back by counting."""
    text = "".join("zebra AB"[i] for i in draw.integers(0, 8, 12).tolist())
    chars = []
    for char in text:
        if char not in chars:
            place = 0
            while place < len(chars) and chars[place] < char:
                place += 1
            chars.insert(place, char)
    assert list(student.vocabulary(text)) == chars
    ids = student.encode(text, chars)
    assert ids.tolist() == [chars.index(char) for char in text]
    assert student.decode(ids, chars) == text


def test_one_hot(student, draw):
    """A 1 for each number, and a 0 for each other place."""
    V, rows, columns = draw.integers(1, 6, 3).tolist()
    ids = draw.integers(0, V, rows, columns)
    due = np.zeros((rows, columns, V))
    for row, column in np.ndindex(rows, columns):
        due[row, column, ids[row, column]] = 1
    agree("one hot", [student.one_hot(ids, V)], [due])


def test_loss(student, draw):
    """The loss and the last state."""
    params, inputs, targets, h_0 = drawn(draw)
    total, steps = read(params, inputs, targets, h_0)
    agree("loss", student.loss(params, inputs, targets, h_0), [total, steps[-1][1]])


def test_gradients(student, draw):
    """The gradients by the formulas, number by number, and as differences of the loss."""
    params, inputs, targets, h_0 = drawn(draw)
    _, steps = read(params, inputs, targets, h_0)
    found = {name: np.zeros(p.shape) for name, p in params.items()}
    W_hh, W_hy = params["W_hh"].numpy(), params["W_hy"].numpy()
    later = np.zeros(len(h_0))
    for t in reversed(range(len(inputs))):
        (before, h, chances), x, y = steps[t], int(inputs[t]), int(targets[t])
        dy = [c - (k == y) for k, c in enumerate(chances)]
        dz = np.zeros(len(h))
        for j in range(len(h)):
            back = sum(W_hy[k, j] * dy[k] for k in range(len(dy)))
            back += sum(W_hh[i, j] * later[i] for i in range(len(h)))
            dz[j] = back * (1 - h[j] ** 2)
        found["b_y"] += dy
        found["W_hy"] += np.outer(dy, h)
        found["b_h"] += dz
        found["W_xh"][:, x] += dz
        found["W_hh"] += np.outer(dz, before)
        later = dz
    own = student.gradients(params, inputs, targets, h_0)
    assert own.keys() == found.keys()
    agree("gradients", [own[name] for name in NAMES], [found[name] for name in NAMES])
    for name, p in params.items():
        place = int(draw.integers(0, p.numel(), 1))
        moved = [p.clone(), p.clone()]
        moved[0].view(-1)[place] += 1e-5
        moved[1].view(-1)[place] -= 1e-5
        up, down = (read({**params, name: m}, inputs, targets, h_0)[0] for m in moved)
        agree(name, [(up - down) / 2e-5], [found[name].flat[place]], within=1e-7)


def test_adagrad(student, draw):
    """Some steps from an empty memory, number by number."""
    params, lr = {"W": draw(2, 3)}, 0.3
    p, m = params["W"].numpy().copy(), np.zeros((2, 3))
    memory = {"W": torch.zeros(2, 3)}
    for _ in range(3):
        g = draw(2, 3)
        params, memory = student.adagrad_step(params, {"W": g}, memory, lr)
        for i, j in np.ndindex(2, 3):
            m[i, j] += float(g[i, j]) ** 2
            p[i, j] -= lr * float(g[i, j]) / (m[i, j] ** 0.5 + 1e-8)
    agree("Adagrad", [params["W"], memory["W"]], [p, m])


def test_next_char(student, draw):
    """Of two characters with known odds, how often the first one comes in 400 draws."""
    odds, temperature = float(draw.integers(1, 4, 1)), 0.5 + float(draw.integers(0, 3, 1))
    row = torch.tensor([odds, 1.0]).log() + draw(1)
    generator = torch.Generator().manual_seed(int(draw.integers(0, 2**31, 1)))
    drawn = student.next_char(row.expand(400, 2), temperature, generator)
    p = odds ** (1 / temperature) / (odds ** (1 / temperature) + 1)
    off = abs(float((drawn == 0).double().mean()) - p)
    assert off < 7 * (p * (1 - p) / 400) ** 0.5, (
        f"the first comes {off:.3f} too often or too rarely"
    )


def test_generate(student, draw):
    """What a network writes that is sure of itself, counted by hand."""
    V = int(draw.integers(2, 6, 1))
    way = torch.randperm(V, generator=draw._generator)
    zeros = {"W_hh": torch.zeros(V, V), "b_h": torch.zeros(V), "b_y": torch.zeros(V)}
    params = {"W_xh": 50 * (2 * torch.eye(V) - 1), "W_hy": 50 * torch.eye(V)[way], **zeros}
    first = draw.integers(0, V, 2)
    written = student.generate(params, torch.zeros(2, V), first, 4, 1.0, torch.Generator())
    for n in range(2):
        x = int(first[n])
        for t in range(4):
            x = way.tolist().index(x)
            assert int(written[n, t]) == x, f"text {n} goes on in another way at {t}"
