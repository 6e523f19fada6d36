"""All windows at once, as views, and one einsum."""

import torch
from torch.nn import functional as F


def cross_correlate(x, k):
    windows = x.unfold(0, k.size(0), 1).unfold(1, k.size(1), 1)
    return torch.einsum("rsij,ij->rs", windows, k)


def convolve(x, k):
    windows = x.unfold(0, k.size(0), 1).unfold(1, k.size(1), 1)
    return torch.einsum("rsij,ij->rs", windows.flip(-1, -2), k)


def output_size(size, kernel, padding=0, stride=1):
    return torch.zeros(size + 2 * padding).unfold(0, kernel, stride).size(0)


def toeplitz(k, n):
    unit = torch.eye(n, dtype=k.dtype, device=k.device)
    return torch.einsum("rki,k->ri", unit.unfold(0, len(k), 1).mT, k)


def conv1d(x, w, b, stride=1, padding=0):
    windows = F.pad(x, [padding] * 2).unfold(-1, w.size(-1), stride)
    y = torch.einsum("bcnk,ock->bon", windows, w)
    if b is not None:
        y = y + b.view(1, -1, 1)
    return y


def conv2d(x, w, b, stride=1, padding=0):
    windows = F.pad(x, [padding] * 4).unfold(2, w.size(2), stride).unfold(3, w.size(3), stride)
    y = torch.einsum("bchwkl,ockl->bohw", windows, w)
    if b is not None:
        y = y + b.view(1, -1, 1, 1)
    return y


def conv2d_backward(dout, x, w, stride=1, padding=0):
    padded = F.pad(x, [padding] * 4)
    dw = torch.einsum(
        "bohw,bchwkl->ockl", dout, padded.unfold(2, w.size(2), stride).unfold(3, w.size(3), stride)
    )
    d_windows = torch.einsum("bohw,ockl->bchwkl", dout, w)
    d_padded = torch.zeros_like(padded)
    for i in range(w.size(2)):
        for j in range(w.size(3)):
            rows = i + stride * torch.arange(dout.size(2))
            columns = j + stride * torch.arange(dout.size(3))
            d_padded[:, :, rows[:, None], columns] += d_windows[..., i, j]
    dx = d_padded[..., padding : x.size(2) + padding, padding : x.size(3) + padding]
    return dx, dw, torch.einsum("bohw->o", dout)
