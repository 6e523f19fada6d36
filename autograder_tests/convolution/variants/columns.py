"""Windows as columns of one matrix, by as_strided, and folded back by torch."""

import torch
from torch.nn import functional as F


def columns(x, K, L, stride):
    """Return (B, C·K·L, H'·W')."""
    x = x.contiguous()
    B, C, H, W = x.shape
    h, w = (H - K) // stride + 1, (W - L) // stride + 1
    b, c, r, s = x.stride()
    return x.as_strided(
        (B, C, K, L, h, w), (b, c, r, s, r * stride, s * stride)
    ).reshape(B, C * K * L, h * w)  # fmt: skip


def cross_correlate(x, k):
    K, L = k.shape
    h, w = x.shape[0] - K + 1, x.shape[1] - L + 1
    return (k.reshape(1, -1) @ columns(x[None, None], K, L, 1)[0]).reshape(h, w)


def convolve(x, k):
    K, L = k.shape
    h, w = x.shape[0] - K + 1, x.shape[1] - L + 1
    return (k.flatten().flip(0)[None] @ columns(x[None, None], K, L, 1)[0]).view(h, w)


def output_size(size, kernel, padding=0, stride=1):
    return columns(torch.zeros(1, 1, 1, size + 2 * padding), 1, kernel, stride).shape[-1]


def toeplitz(k, n):
    K = k.numel()
    long = torch.cat([k, k.new_zeros(n - K + 1)])  # n + 1 numbers, repeated, in rows of n
    return long.repeat(n - K + 1)[: (n - K + 1) * n].reshape(n - K + 1, n)


def conv1d(x, w, b, stride=1, padding=0):
    out = conv2d(F.pad(x, (padding, padding)).unsqueeze(2), w.unsqueeze(2), b, stride)
    return out.squeeze(2)


def conv2d(x, w, b, stride=1, padding=0):
    O, _, K, L = w.shape  # noqa: E741
    x = F.pad(x, (padding,) * 4)
    out = w.reshape(O, -1) @ columns(x, K, L, stride)
    out = out if b is None else out + b.unsqueeze(-1)
    return out.reshape(len(x), O, (x.shape[2] - K) // stride + 1, (x.shape[3] - L) // stride + 1)


def conv2d_backward(dout, x, w, stride=1, padding=0):
    O, _, K, L = w.shape  # noqa: E741
    flat = dout.flatten(2)
    cols = F.unfold(x, (K, L), padding=padding, stride=stride)
    dw = (flat @ cols.mT).sum(0).reshape(w.shape)
    dx = F.fold(w.reshape(O, -1).T @ flat, x.shape[2:], (K, L), padding=padding, stride=stride)
    return dx, dw, flat.sum(-1).sum(0)
