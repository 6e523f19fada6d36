"""A second witness for the oracle: correlations and their gradients in numpy, number by number.

`grader verify` calls every test here on 1,000 draws. Each holds three implementations against each
other: the solution, torch's own operator and, independent of both, this file. A layer is one loop
over all that lies on each other; the way back is the same loop, with the roles exchanged.
"""

from itertools import pairwise, product

import numpy as np
import torch
from torch.nn import functional as F


def meetings(x, w, stride, padding):
    """Yield (r, s, i, j, m, n): at place r, s the kernel's i, j lies on the picture's m, n.

    What lies on the padding is left out.
    """
    (H, W), (K, L) = x.shape[2:], w.shape[2:]
    rows = range(-padding, H + padding - K + 1, stride)
    columns = range(-padding, W + padding - L + 1, stride)
    for (r, top), (s, left) in product(enumerate(rows), enumerate(columns)):
        for i, j in np.ndindex(K, L):
            if 0 <= top + i < H and 0 <= left + j < W:
                yield r, s, i, j, top + i, left + j


def there(x, w, b, stride, padding):
    """Return what a layer makes of pictures."""
    (H, W), (K, L) = x.shape[2:], w.shape[2:]
    rows, columns = (len(range(-padding, n + padding - k + 1, stride)) for n, k in ((H, K), (W, L)))
    out = np.zeros((len(x), len(w), rows, columns))
    for o, number in enumerate(b):
        out[:, o] = number
    for r, s, i, j, m, n in meetings(x, w, stride, padding):
        out[:, :, r, s] += x[:, :, m, n] @ w[:, :, i, j].T
    return out


def back(dout, x, w, stride, padding):
    """Return the gradients for pictures, kernels and biases."""
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for r, s, i, j, m, n in meetings(x, w, stride, padding):
        dx[:, :, m, n] += dout[:, :, r, s] @ w[:, :, i, j]
        dw[:, :, i, j] += dout[:, :, r, s].T @ x[:, :, m, n]
    return dx, dw, dout.sum(axis=(0, 2, 3))


def agree(what, *all_of_them):
    """Require equal lists of arrays, to within rounding of float64."""
    arrays = [[np.asarray(x.detach() if torch.is_tensor(x) else x) for x in a] for a in all_of_them]
    for same in zip(*arrays, strict=True):
        for one, other in pairwise(same):
            assert one.shape == other.shape, f"{what}: {one.shape} is not {other.shape}"
            off = np.abs(one - other).max()
            assert off <= 1e-11 * (1 + np.abs(other).max()), f"{what}: {off:.1e} off"


def require_equal_ways(what, own, torchs, here, leaves):
    """Require that results of three ways are equal, and so are their gradients."""
    results = own(*leaves), torchs(*leaves)
    arrays = [leaf.detach().numpy() for leaf in leaves]
    agree(what, *([r] for r in results), [here(*arrays)])
    weights = torch.ones_like(results[0]).cumsum(-1)
    agree(f"gradients of {what}", *(torch.autograd.grad(r, leaves, weights) for r in results))


def drawn(draw, axes):
    """Draw a layer whose kernel fits: the leaves, stride and padding."""
    B, C, O = draw.integers(1, 4, 3).tolist()  # noqa: E741 (the letter that students read)
    stride, padding = draw.integers(1, 4, 1).item(), draw.integers(0, 3, 1).item()
    kernel = draw.integers(1, 4, axes).tolist()
    more = draw.integers(0, 4, axes).tolist()
    sizes = [max(1, k + n - 2 * padding) for k, n in zip(kernel, more, strict=True)]
    leaves = draw(B, C, *sizes), draw(O, C, *kernel), draw(O)
    return [leaf.requires_grad_() for leaf in leaves], stride, padding


def test_correlation_and_convolution(student, draw):
    """One picture and one kernel, both ways."""
    K, L, more, wider = draw.integers(1, 4, 4).tolist()
    leaves = [draw(K + more, L + wider).requires_grad_(), draw(K, L).requires_grad_()]

    def torchs(x, k):
        return F.conv2d(x[None, None], k[None, None])[0, 0]

    def here(x, k):
        return there(x[None, None], k[None, None], [0.0], 1, 0)[0, 0]

    require_equal_ways("correlation", student.cross_correlate, torchs, here, leaves)
    require_equal_ways(
        "convolution", student.convolve, lambda x, k: torchs(x, k.flip(0).flip(1)),
        lambda x, k: here(x, k[::-1, ::-1]), leaves,
    )  # fmt: skip


def test_output_size(student, draw):
    """The length of a pooling of as many zeros, and a count."""
    kernel, more, padding, stride = draw.integers(1, 9, 4).tolist()
    given = (kernel + more, kernel, padding, stride)
    zeros = torch.zeros(1, 1, kernel + more + 2 * padding)
    counted = len(range(-padding, more + padding + 1, stride))
    assert student.output_size(*given) == counted == F.max_pool1d(zeros, kernel, stride).shape[2]


def test_toeplitz(student, draw):
    """The matrix that a correlation is, seen by what it makes of each unit vector."""
    K, more = draw.integers(1, 5, 2).tolist()
    k, n = draw(K).requires_grad_(), K + more

    def torchs(k):
        return F.conv1d(torch.eye(n)[:, None], k[None, None])[:, 0].T

    def here(k):
        return np.stack([np.correlate(unit, k, "valid") for unit in np.eye(n)], axis=1)

    require_equal_ways("M", lambda k: student.toeplitz(k, n), torchs, here, [k])


def test_one_direction(student, draw):
    """A layer on signals, seen as pictures of one row."""
    leaves, stride, padding = drawn(draw, 1)

    def here(x, w, b):
        x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))[:, :, :, None]
        return there(x, w[:, :, :, None], b, stride, 0)[:, :, :, 0]

    require_equal_ways(
        "a layer on signals", lambda x, w, b: student.conv1d(x, w, b, stride, padding),
        lambda x, w, b: F.conv1d(x, w, b, stride, padding), here, leaves,
    )  # fmt: skip


def test_two_directions_there_and_back(student, draw):
    """A layer on pictures, and the gradients that are written by hand."""
    leaves, stride, padding = drawn(draw, 2)
    require_equal_ways(
        "a layer on pictures", lambda x, w, b: student.conv2d(x, w, b, stride, padding),
        lambda x, w, b: F.conv2d(x, w, b, stride, padding),
        lambda x, w, b: there(x, w, b, stride, padding), leaves,
    )  # fmt: skip
    out = F.conv2d(*leaves, stride, padding)
    dout = draw(*out.shape)
    x, w, _ = (leaf.detach() for leaf in leaves)
    with torch.no_grad():
        own = student.conv2d_backward(dout, x, w, stride, padding)
    found = back(dout.numpy(), x.numpy(), w.numpy(), stride, padding)
    agree("gradients by hand", own, torch.autograd.grad(out, leaves, dout), found)
