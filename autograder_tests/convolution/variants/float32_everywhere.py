"""Code that names float32, which is what the notebook has; numpy on the way back."""

import numpy as np
import torch
from torch.nn import functional as F


def cross_correlate(x, k):
    (H, W), (K, L) = x.shape, k.shape
    out = torch.zeros(H - K + 1, W - L + 1, dtype=torch.float32)
    for r in range(H - K + 1):
        for s in range(W - L + 1):
            out[r, s] = (x[r : r + K, s : s + L] * k).sum()
    return out


def convolve(x, k):
    return cross_correlate(x.float(), k.float().flip((0, 1)))


def output_size(size, kernel, padding=0, stride=1):
    return torch.tensor((size + 2 * padding - kernel) // stride + 1.0, dtype=torch.float32)


def toeplitz(k, n):
    M = torch.zeros(n - len(k) + 1, n, dtype=torch.float32)
    for r in range(len(M)):
        for i in range(len(k)):
            M[r, r + i] = k[i]
    return M


def conv1d(x, w, b, stride=1, padding=0):
    x, w = F.pad(x.float(), (padding, padding)), w.float()
    out = (x.unfold(2, w.shape[2], stride)[:, None] * w[:, :, None]).sum((2, 4))
    return out if b is None else out + b.float()[:, None]


def conv2d(x, w, b, stride=1, padding=0):
    padded = torch.zeros(
        *x.shape[:2], x.shape[2] + 2 * padding, x.shape[3] + 2 * padding, dtype=torch.float32
    )
    padded[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]] = x
    windows = padded.unfold(2, w.shape[2], stride).unfold(3, w.shape[3], stride)
    out = torch.tensordot(windows, w.float(), dims=([1, 4, 5], [1, 2, 3]))  # (B, H', W', O)
    out = out if b is None else out + b.float()
    return out.movedim(3, 1)


def conv2d_backward(dout, x, w, stride=1, padding=0):
    d, x, w = (t.detach().numpy().astype(np.float32) for t in (dout, x, w))
    H, W = x.shape[2:]
    rim = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    x = np.pad(x, rim)
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    K, L = w.shape[2:]
    for r in range(d.shape[2]):
        for s in range(d.shape[3]):
            window = (..., slice(r * stride, r * stride + K), slice(s * stride, s * stride + L))
            dw += np.einsum("bo,bckl->ockl", d[:, :, r, s], x[window])
            dx[window] += np.einsum("bo,ockl->bckl", d[:, :, r, s], w)
    dx = dx[:, :, padding : padding + H, padding : padding + W].copy()
    return torch.from_numpy(dx), torch.from_numpy(dw), torch.from_numpy(d.sum(axis=(0, 2, 3)))
