"""By vmap, from one picture and one kernel on."""

from functools import partial

import torch
from torch import vmap
from torch.nn.functional import pad


def cross_correlate(x, k):
    (H, W), (K, L) = x.shape, k.shape
    shifted = [x[i : i + H - K + 1, j : j + W - L + 1] for i in range(K) for j in range(L)]
    return torch.tensordot(k.reshape(-1), torch.stack(shifted), dims=1)


def convolve(x, k):
    return cross_correlate(x, k.flipud().fliplr())


def output_size(size, kernel, padding=0, stride=1):
    return float(1 + (size - kernel + 2 * padding) // stride)


def toeplitz(k, n):
    return vmap(partial(cross_correlate, k=k[None]))(torch.eye(n, dtype=k.dtype)[:, None])[:, 0].T


def over_all(one, x, w):
    """Call one(x, w) on single channels, for each picture, kernel and channel; add channels up."""
    channels = vmap(one, in_dims=(0, 0))
    kernels = vmap(channels, in_dims=(None, 0))
    return vmap(kernels, in_dims=(0, None))(x, w).sum(2)


def conv1d(x, w, b, stride=1, padding=0):
    x, w = pad(x, (padding, padding))[:, :, None], w[:, :, None]
    out = over_all(cross_correlate, x, w)[:, :, 0, ::stride]
    return out if b is None else (out.mT + b).mT


def conv2d(x, w, b, stride=1, padding=0):
    x = pad(x, (padding, padding, padding, padding))
    out = over_all(cross_correlate, x, w)[:, :, ::stride, ::stride]
    return out if b is None else vmap(torch.add, in_dims=(1, 0), out_dims=1)(out, b)


def conv2d_backward(dout, x, w, stride=1, padding=0):
    (H, W), (K, L), (h, v) = x.shape[2:], w.shape[2:], dout.shape[2:]
    rest = H + 2 * padding - K - stride * (h - 1), W + 2 * padding - L - stride * (v - 1)
    spread = dout.new_zeros(*dout.shape[:2], stride * (h - 1) + 1, stride * (v - 1) + 1)
    spread[:, :, ::stride, ::stride] = dout
    around = pad(spread, (L - 1, L - 1 + rest[1], K - 1, K - 1 + rest[0]))
    dx = over_all(convolve, around, w.transpose(0, 1))
    dx = dx[:, :, padding : padding + H, padding : padding + W]
    seen = pad(x, 4 * (padding,))
    seen = seen[:, :, : seen.shape[2] - rest[0], : seen.shape[3] - rest[1]]
    dw = over_all(cross_correlate, seen.transpose(0, 1), spread.transpose(0, 1))
    return dx, dw.transpose(0, 1), vmap(torch.sum, in_dims=1)(dout)
