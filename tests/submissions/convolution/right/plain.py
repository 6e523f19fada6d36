# passes: the way of the lecture, one round for each place of the output
# %% [markdown]
# # Homework 2: convolution
# Padding confused me for an hour: F.pad counts from the last axis.

# %%
import torch
import torch.nn.functional as F


# %%
def cross_correlate(x, k):
    H, W = x.shape
    K, L = k.shape
    y = torch.zeros(H - K + 1, W - L + 1)
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            y[i, j] = (x[i : i + K, j : j + L] * k).sum()
    return y


# %%
def convolve(x, k):
    return cross_correlate(x, torch.flip(k, [0, 1]))


# %%
def output_size(size, kernel, padding=0, stride=1):
    return (size - kernel + 2 * padding) // stride + 1


# %%
def toeplitz(k, n):
    K = len(k)
    M = torch.zeros(n - K + 1, n)
    for i in range(n - K + 1):
        M[i, i : i + K] = k
    return M


# %%
def conv1d(x, w, b, stride=1, padding=0):
    B, C, N = x.shape
    O, C, K = w.shape
    x = F.pad(x, (padding, padding))
    out = torch.zeros(B, O, output_size(N, K, padding, stride))
    for n in range(out.shape[2]):
        window = x[:, :, n * stride : n * stride + K]
        out[:, :, n] = torch.einsum("bck,ock->bo", window, w)
    if b is not None:
        out = out + b[None, :, None]
    return out


# %%
def conv2d(x, w, b, stride=1, padding=0):
    B, C, H, W = x.shape
    O, C, K, L = w.shape
    x = F.pad(x, (padding, padding, padding, padding))
    H_out = output_size(H, K, padding, stride)
    W_out = output_size(W, L, padding, stride)
    out = torch.zeros(B, O, H_out, W_out)
    for i in range(H_out):
        for j in range(W_out):
            window = x[:, :, i * stride : i * stride + K, j * stride : j * stride + L]
            out[:, :, i, j] = torch.einsum("bckl,ockl->bo", window, w)
    if b is not None:
        out = out + b[None, :, None, None]
    return out


# %%
def conv2d_backward(dout, x, w, stride=1, padding=0):
    B, C, H, W = x.shape
    O, C, K, L = w.shape
    x_pad = F.pad(x, (padding, padding, padding, padding))
    dx_pad, dw = torch.zeros_like(x_pad), torch.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            rows = slice(i * stride, i * stride + K)
            cols = slice(j * stride, j * stride + L)
            d = dout[:, :, i, j]
            dw += torch.einsum("bo,bckl->ockl", d, x_pad[:, :, rows, cols])
            dx_pad[:, :, rows, cols] += torch.einsum("bo,ockl->bckl", d, w)
    dx = dx_pad[:, :, padding : padding + H, padding : padding + W]
    return dx, dw, dout.sum((0, 2, 3))
