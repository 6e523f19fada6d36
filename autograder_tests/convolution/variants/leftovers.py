"""Prints, asserts, classes and long names; channels last within."""

import numpy as np
import torch
import torch.nn as nn


def cross_correlate(x, k):
    kernel_height, kernel_width = k.size()
    output_height = x.size(0) - kernel_height + 1
    output_width = x.size(1) - kernel_width + 1
    output_rows = []
    for row in range(output_height):
        numbers = []
        for column in range(output_width):
            window = x[row : row + kernel_height, column : column + kernel_width]
            numbers.append(torch.sum(torch.mul(window, k)))
        output_rows.append(torch.stack(numbers))
    result = torch.stack(output_rows)
    print("cross_correlate:", result.shape)
    return result


def convolve(x, k):
    turned = k
    for axis in (0, 1):
        turned = torch.flip(turned, dims=[axis])
    return cross_correlate(x, turned)


def output_size(size, kernel, padding=0, stride=1):
    return int(np.floor((size + 2 * padding - kernel) / stride)) + 1


def toeplitz(k, n):
    matrix = k.new_zeros((n - k.shape[0] + 1, n))
    for i, number in enumerate(k):
        matrix.diagonal(i).copy_(number.expand(n - k.shape[0] + 1))
    return matrix


class Places:
    """What a student keeps together."""

    def __init__(self, size, kernel, padding, stride):
        self.count = int(output_size(size, kernel, padding, stride))
        self.stride = stride

    def met_by(self, entry):
        start = entry
        return slice(start, start + (self.count - 1) * self.stride + 1, self.stride)


def conv1d(x, w, b, stride=1, padding=0):
    batch_size, in_channels, length = x.shape
    out_channels, _, kernel_size = w.shape
    places = Places(length, kernel_size, padding, stride)
    zeros = torch.zeros(batch_size, in_channels, padding, dtype=x.dtype)
    x = torch.cat((zeros, x, zeros), dim=2)
    out = torch.zeros(batch_size, places.count, out_channels, dtype=x.dtype)
    for i in range(kernel_size):
        out = out + x[:, :, places.met_by(i)].transpose(1, 2) @ w[:, :, i].t()
    if b is not None:
        out = out + b
    out = out.transpose(1, 2)
    assert out.shape == (batch_size, out_channels, places.count)
    return out


def conv2d(x, w, b, stride=1, padding=0):
    height, width = x.size()[2:]
    kernel_height, kernel_width = w.size()[2:]
    down = Places(height, kernel_height, padding, stride)
    across = Places(width, kernel_width, padding, stride)
    padded = nn.ConstantPad2d(padding, 0.0)(x) if padding > 0 else x
    padded = padded.permute(0, 2, 3, 1)  # (B, H, W, C)
    out = 0
    for i in range(kernel_height):
        for j in range(kernel_width):
            met = padded[:, down.met_by(i), across.met_by(j)]
            out = out + nn.functional.linear(met, w[:, :, i, j])
    if b is not None:
        out += b
    out = out.permute(0, 3, 1, 2).contiguous()
    print("conv2d:", tuple(out.shape))
    return out


def conv2d_backward(dout, x, w, stride=1, padding=0):
    batch_size, in_channels, height, width = x.shape
    out_channels, _, kernel_height, kernel_width = w.shape
    down = Places(height, kernel_height, padding, stride)
    across = Places(width, kernel_width, padding, stride)
    padded = torch.zeros(batch_size, height + 2 * padding, width + 2 * padding, in_channels)
    padded[:, padding : padding + height, padding : padding + width] = x.permute(0, 2, 3, 1)
    d_padded, dw = torch.zeros_like(padded), torch.zeros(w.shape)
    d_last = dout.permute(0, 2, 3, 1)  # (B, H', W', O)
    for i in range(kernel_height):
        for j in range(kernel_width):
            met = padded[:, down.met_by(i), across.met_by(j)]
            dw[:, :, i, j] = d_last.reshape(-1, out_channels).T @ met.reshape(-1, in_channels)
            d_padded[:, down.met_by(i), across.met_by(j)] += d_last @ w[:, :, i, j]
    db = torch.sum(torch.sum(torch.sum(dout, dim=3), dim=2), dim=0)
    dx = d_padded.permute(0, 3, 1, 2)
    if padding > 0:
        dx = dx[:, :, padding:-padding, padding:-padding]
    return dx, dw, db
