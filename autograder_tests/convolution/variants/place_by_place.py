"""One round for each place of the output, as on paper."""

import torch
import torch.nn.functional as F


def cross_correlate(x, k):
    H, W = x.shape
    K, L = k.shape
    out = torch.zeros(H - K + 1, W - L + 1)
    for r in range(out.shape[0]):
        for s in range(out.shape[1]):
            total = 0
            for i in range(K):
                for j in range(L):
                    total = total + x[r + i, s + j] * k[i, j]
            out[r, s] = total
    return out


def convolve(x, k):
    H, W = x.shape
    K, L = k.shape
    out = torch.zeros(H - K + 1, W - L + 1)
    for r in range(out.shape[0]):
        for s in range(out.shape[1]):
            for i in range(K):
                for j in range(L):
                    out[r, s] = out[r, s] + x[r + K - 1 - i, s + L - 1 - j] * k[i, j]
    return out


def output_size(size, kernel, padding=0, stride=1):
    count, start = 0, -padding
    while start + kernel <= size + padding:
        count += 1
        start += stride
    return count


def toeplitz(k, n):
    rows = []
    for start in range(n - len(k) + 1):
        row = torch.zeros(n, dtype=k.dtype)
        for i in range(len(k)):
            row[start + i] = k[i]
        rows.append(row)
    return torch.stack(rows)


def conv1d(x, w, b, stride=1, padding=0):
    B, C, N = x.shape
    O, _, K = w.shape  # noqa: E741
    x = F.pad(x, (padding, padding))
    places = output_size(N, K, padding, stride)
    out = x.new_zeros(B, O, places)
    for n in range(places):
        window = x[:, :, n * stride : n * stride + K].reshape(B, C * K)
        out[:, :, n] = window @ w.reshape(O, C * K).T
    if b is None:
        return out
    return out + b.reshape(O, 1)


def conv2d(x, w, b, stride=1, padding=0):
    B, _, H, W = x.shape
    O, _, K, L = w.shape  # noqa: E741
    if b is None:
        b = torch.zeros(O)
    x = F.pad(x, (padding, padding, padding, padding))
    h, v = output_size(H, K, padding, stride), output_size(W, L, padding, stride)
    out = x.new_zeros(B, O, h, v)
    for r in range(h):
        for s in range(v):
            window = x[:, None, :, r * stride : r * stride + K, s * stride : s * stride + L]
            out[:, :, r, s] = (window * w).sum(dim=(2, 3, 4)) + b
    return out


def conv2d_backward(dout, x, w, stride=1, padding=0):
    H, W = x.shape[2:]
    O, _, K, L = w.shape  # noqa: E741
    x_pad = F.pad(x, (padding, padding, padding, padding))
    dx_pad, dw, db = torch.zeros_like(x_pad), torch.zeros_like(w), torch.zeros(O)
    for r in range(dout.shape[2]):
        for s in range(dout.shape[3]):
            top, left = r * stride, s * stride
            d = dout[:, :, r, s]
            window = x_pad[:, :, top : top + K, left : left + L]
            dw += (d[:, :, None, None, None] * window[:, None]).sum(0)
            dx_pad[:, :, top : top + K, left : left + L] += torch.tensordot(d, w, dims=1)
            db += d.sum(0)
    return dx_pad[:, :, padding : padding + H, padding : padding + W], dw, db
