"""Every layer as a product with matrices that select, and back with their transposes."""

import torch


def selecting(size, kernel, padding, stride, dtype):
    """Return S (K, N', N): S[i] takes from an input what the kernel's entry i meets."""
    places = torch.arange(-padding, size + padding - kernel + 1, stride)
    met = places + torch.arange(kernel)[:, None]
    return (met[:, :, None] == torch.arange(size)).to(dtype)


def cross_correlate(x, k):
    down = selecting(x.shape[0], k.shape[0], 0, 1, x.dtype)
    across = selecting(x.shape[1], k.shape[1], 0, 1, x.dtype)
    return torch.einsum("irm,mn,jsn,ij->rs", down, x, across, k)


def convolve(x, k):
    turn_down, turn_across = (torch.eye(n, dtype=k.dtype).flip(0) for n in k.shape)
    return cross_correlate(x, turn_down @ k @ turn_across)


def output_size(size, kernel, padding=0, stride=1):
    return selecting(size, kernel, padding, stride, torch.float32).shape[1]


def toeplitz(k, n):
    return torch.einsum("k,krn->rn", k, selecting(n, len(k), 0, 1, k.dtype))


def conv1d(x, w, b, stride=1, padding=0):
    along = selecting(x.shape[2], w.shape[2], padding, stride, x.dtype)
    out = torch.einsum("bcn,krn,ock->bor", x, along, w)
    return out if b is None else out + b[None, :, None]


def conv2d(x, w, b, stride=1, padding=0):
    down = selecting(x.shape[2], w.shape[2], padding, stride, x.dtype)
    across = selecting(x.shape[3], w.shape[3], padding, stride, x.dtype)
    out = torch.einsum("bcmn,irm,jsn,ocij->bors", x, down, across, w)
    return out if b is None else out + b[None, :, None, None]


def conv2d_backward(dout, x, w, stride=1, padding=0):
    down = selecting(x.shape[2], w.shape[2], padding, stride, x.dtype)
    across = selecting(x.shape[3], w.shape[3], padding, stride, x.dtype)
    dx = torch.einsum("bors,irm,jsn,ocij->bcmn", dout, down, across, w)
    dw = torch.einsum("bors,irm,jsn,bcmn->ocij", dout, down, across, x)
    return [dx, dw, dout.sum(3).sum(2).sum(0)]
