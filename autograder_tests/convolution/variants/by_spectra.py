"""By the product of spectra, and the way back by it as well."""

import torch
from torch import fft


def spectral(x, w, size):
    """Convolve pictures (B, C, …) with kernels (O, C, …), full, and of this size."""
    spectrum = fft.rfft2(x, s=size)[:, None] * fft.rfft2(w, s=size)
    return fft.irfft2(spectrum.sum(2), s=size)


def convolve(x, k):
    full = fft.irfft2(fft.rfft2(x) * fft.rfft2(k, s=x.shape), s=x.shape)
    return full[k.shape[0] - 1 :, k.shape[1] - 1 :]


def cross_correlate(x, k):
    full = fft.irfft2(fft.rfft2(x) * fft.rfft2(k, s=x.shape).conj(), s=x.shape)
    return full[: x.shape[0] - k.shape[0] + 1, : x.shape[1] - k.shape[1] + 1]


def output_size(size, kernel, padding=0, stride=1):
    return torch.div(size + 2 * padding - kernel, torch.tensor(stride), rounding_mode="floor") + 1


def toeplitz(k, n):
    places = torch.arange(n) - torch.arange(n - len(k) + 1)[:, None]
    inside = (places >= 0) & (places < len(k))
    return torch.where(inside, k[places.clamp(0, len(k) - 1)], torch.zeros_like(k[:1]))


def conv1d(x, w, b, stride=1, padding=0):
    x = torch.nn.functional.pad(x, (padding, padding))
    size = x.shape[-1]
    full = fft.rfft(x)[:, None] * fft.rfft(w, n=size).conj()
    out = fft.irfft(full.sum(2), n=size)[..., : size - w.shape[-1] + 1 : stride]
    return out if b is None else out + b[:, None]


def conv2d(x, w, b, stride=1, padding=0):
    x = torch.nn.functional.pad(x, (padding,) * 4)
    size, (K, L) = x.shape[2:], w.shape[2:]
    out = spectral(x, w.flip(2, 3), size)[:, :, K - 1 :: stride, L - 1 :: stride]
    return out if b is None else out + b[:, None, None]


def conv2d_backward(dout, x, w, stride=1, padding=0):
    (H, W), (K, L) = x.shape[2:], w.shape[2:]
    size = H + 2 * padding, W + 2 * padding
    spread = torch.zeros(*dout.shape[:2], *size)
    h, v = size[0] - K + 1, size[1] - L + 1
    spread[:, :, :h:stride, :v:stride] = dout
    dx = spectral(spread, w.transpose(0, 1), size)
    x = torch.nn.functional.pad(x, (padding,) * 4)
    spectrum = fft.rfft2(spread).conj()[:, :, None] * fft.rfft2(x)[:, None]
    dw = fft.irfft2(spectrum.sum(0), s=size)[..., :K, :L]
    return dx[:, :, padding : padding + H, padding : padding + W], dw, dout.sum((0, 2, 3))
