# SPDX-License-Identifier: MIT
"""What ax_conv2d must compute, written with NumPy integers and without a line of the product's."""

import dataclasses

import numpy as np

F = np.float32


@dataclasses.dataclass
class Table:
    """products[a, b] for bit patterns a and b, and how the patterns are read as numbers."""
    products: np.ndarray
    signed: bool = False
    path: str = ""

    @property
    def widths(self):
        return tuple(int(size).bit_length() - 1 for size in self.products.shape)


def operand_values(width, signed):
    patterns = np.arange(1 << width)
    return np.where(patterns >= 1 << (width - 1), patterns - (1 << width), patterns) if signed \
        else patterns


def exact_table(width_a=8, width_b=8, signed=False):
    return Table(np.multiply.outer(operand_values(width_a, signed), operand_values(width_b, signed)),
                 signed)


def random_table(seed, width_a=8, width_b=8, signed=False):
    """Any products at all: T[0][0] is not 0, and T is not commutative."""
    count = 1 << (width_a + width_b)
    low, high = (-count // 2, count // 2) if signed else (0, count)
    products = np.random.default_rng(seed).integers(low, high, (1 << width_a, 1 << width_b))
    return Table(products, signed)


def nudge(low, high, width):
    """Scale and code of 0.0, every step rounded to float32 as in TensorFlow."""
    low, high, top = F(low), F(high), F(2**width - 1)
    if low == high:
        low, high = min(low, F(0)), max(high, F(0))
    scale = F(F(high - low) / top)
    if scale == 0:
        return F(0), 0
    zero = min(max(F(-low / scale), F(0)), top)
    return scale, int(np.floor(np.float64(zero) + 0.5))


def quantize(values, bounds, width):
    """Unsigned codes of float32 values."""
    scale, zero = nudge(*bounds, width)
    if scale == 0:
        return np.zeros(values.shape, np.int64)
    low, high = F(F(-zero) * scale), F(F(2**width - 1 - zero) * scale)
    steps = (np.clip(values, low, high) - low) / scale - F(zero) + F(0.5)
    assert steps.dtype == F
    return np.floor(steps).astype(np.int64) + zero


def default_range(values):
    return min(values.min(), F(0)), max(values.max(), F(0))


def pads(size, kernel, stride, dilation, padding, axis):
    reach = (kernel - 1) * dilation + 1
    if padding == "SAME":
        total = max((-(-size // stride) - 1) * stride + reach - size, 0)
        return total // 2, total - total // 2
    return (0, 0) if padding == "VALID" else tuple(padding[axis])


def conv2d(x, w, table, strides=(1, 1), padding="SAME", dilations=(1, 1), x_range=None,
           w_range=None):
    """The float32 output, from integer sums that are exact."""
    width_a, width_b = table.widths
    x_range = x_range or default_range(x)
    w_range = w_range or default_range(w)
    a = quantize(x, x_range, width_a)
    b = quantize(w, w_range, width_b)
    (scale_a, zero_a), (scale_b, zero_b) = nudge(*x_range, width_a), nudge(*w_range, width_b)
    margins = [pads(x.shape[1 + i], w.shape[i], strides[i], dilations[i], padding, 1 + i)
               for i in range(2)]
    a = np.pad(a, [(0, 0), *margins, (0, 0)], constant_values=zero_a)
    sums = _correlate(a, b, zero_a, zero_b, table, strides, dilations)
    return (sums.astype(np.float64) * (np.float64(scale_a) * np.float64(scale_b))).astype(F), sums


def _correlate(a, b, zero_a, zero_b, table, strides, dilations):
    width_a, width_b = table.widths
    flip_a = (1 << width_a - 1) if table.signed else 0  # a two's-complement code is shifted by half
    flip_b = (1 << width_b - 1) if table.signed else 0
    kernel_h, kernel_w, group_c, out_c = b.shape
    groups = a.shape[3] // group_c
    reach = [(k - 1) * d + 1 for k, d in zip(b.shape, dilations)]
    out_h, out_w = ((a.shape[1 + i] - reach[i]) // strides[i] + 1 for i in range(2))
    sums = np.zeros((a.shape[0], out_h, out_w, out_c), np.int64)
    for o in range(out_c):
        first = o // (out_c // groups) * group_c
        for i in range(kernel_h):
            for j in range(kernel_w):
                window = a[:, i * dilations[0]:, j * dilations[1]:, first:first + group_c]
                window = window[:, ::strides[0], ::strides[1]][:, :out_h, :out_w]
                weight = b[i, j, :, o]
                products = table.products[window ^ flip_a, weight ^ flip_b]
                # T[a][b] - zero_b a - zero_a b + zero_a zero_b over operand values
                va, vb, za, zb = window - flip_a, weight - flip_b, zero_a - flip_a, zero_b - flip_b
                sums[..., o] += (products - zb * va - za * vb + za * zb).sum(-1)
    return sums
