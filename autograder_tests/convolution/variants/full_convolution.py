"""The way back as a full convolution: dout spread out, and the kernel turned."""

import torch
from torch import nn


def cross_correlate(x, k):
    return conv2d(x[None, None], k[None, None], None)[0, 0]


def convolve(x, k):
    return cross_correlate(x, torch.rot90(k, 2))


def output_size(size, kernel, padding=0, stride=1):
    import math

    return math.floor((size + 2 * padding - kernel) / stride + 1)


def toeplitz(k, n):
    rows = n - len(k) + 1
    return torch.stack([nn.functional.pad(k, (r, rows - 1 - r)) for r in range(rows)])


def conv1d(x, w, b, stride=1, padding=0):
    x = nn.functional.pad(x, (padding, padding))
    n = x.shape[-1] - w.shape[-1] + 1
    out = sum(w[:, :, i] @ x[:, :, i : i + n] for i in range(w.shape[-1]))[:, :, ::stride]
    return out if b is None else out + b.unsqueeze(1)


def conv2d(x, w, b, stride=1, padding=0):
    x = nn.ZeroPad2d(padding)(x)
    h, v = x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1
    out = 0
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            seen = x[:, :, i : i + h, j : j + v].movedim(1, -1)  # (B, h, v, C)
            out = out + seen @ w[:, :, i, j].T
    out = out[:, ::stride, ::stride]
    if b is not None:
        out = out + b
    return out.permute(0, 3, 1, 2)


def conv2d_backward(dout, x, w, stride=1, padding=0):
    (H, W), (K, L), (B, O, h, v) = x.shape[2:], w.shape[2:], dout.shape  # noqa: E741
    spread = torch.zeros(B, O, (h - 1) * stride + 1, (v - 1) * stride + 1)
    spread[:, :, ::stride, ::stride] = dout
    rest_h, rest_v = (H + 2 * padding - K) % stride, (W + 2 * padding - L) % stride
    around = nn.functional.pad(spread, (L - 1, L - 1 + rest_v, K - 1, K - 1 + rest_h))
    full = conv2d(around, w.flip(-1).flip(-2).transpose(0, 1), None)
    dx = nn.functional.pad(full, (-padding,) * 4)
    x_padded = nn.functional.pad(x, (padding, padding - rest_v, padding, padding - rest_h))
    dw = conv2d(x_padded.transpose(0, 1), spread.transpose(0, 1), None).transpose(0, 1)
    return dx, dw, dout.sum((0, 2, 3))
