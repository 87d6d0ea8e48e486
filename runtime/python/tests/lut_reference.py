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


def rough_table(seed, width_a=8, width_b=8, signed=False):
    """The exact products with large errors, most of them positive."""
    table = exact_table(width_a, width_b, signed)
    rng = np.random.default_rng(seed)
    size = 1 << (width_a + width_b - 4)
    columns = rng.integers(-size // 4, size, table.products.shape[1])
    noise = rng.integers(-size // 8, size // 8, table.products.shape)
    top = 1 << (width_a + width_b - (1 if signed else 0))
    table.products = np.clip(table.products + columns + noise, -top if signed else 0, top - 1)
    return table


def sign_magnitude(table):
    """What a table of unsigned operands gives for two's-complement ones that are fed as |x|."""
    a, b = (operand_values(width, True) for width in table.widths)
    signs = np.multiply.outer(np.where(a < 0, -1, 1), np.where(b < 0, -1, 1))
    return Table(signs * table.products[np.abs(a)][:, np.abs(b)], True, table.path)


def nudge(low, high, width, narrow=False):
    """Scale and code of 0.0, every step rounded to float32 as in TensorFlow."""
    low, high, bottom, top = F(low), F(high), F(narrow), F(2**width - 1)
    if low == high:
        low, high = min(low, F(0)), max(high, F(0))
    scale = F(F(high - low) / F(top - bottom))
    if scale == 0:
        return F(0), int(narrow)
    zero = min(max(F(bottom - F(low / scale)), bottom), top)
    return scale, int(np.floor(np.float64(zero) + 0.5))


def quantize(values, bounds, width, narrow=False):
    """Unsigned codes of float32 values."""
    scale, zero = nudge(*bounds, width, narrow)
    if scale == 0:
        return np.full(values.shape, zero, np.int64)
    low, high = F(F(narrow - zero) * scale), F(F(2**width - 1 - zero) * scale)
    steps = (np.clip(values, low, high) - low) / scale - F(zero - narrow) + F(0.5)
    assert steps.dtype == F
    return np.floor(steps).astype(np.int64) + zero


def quantize_channels(w, bounds, width, narrow=False):
    """Codes, scales and codes of 0.0 of a filter whose output channels have ranges of their own."""
    lows, highs = (np.broadcast_to(np.asarray(end, F), w.shape[-1:]) for end in bounds)
    codes = [quantize(w[..., o], (lows[o], highs[o]), width, narrow) for o in range(w.shape[-1])]
    nudged = [nudge(low, high, width, narrow) for low, high in zip(lows, highs)]
    return (np.stack(codes, -1), np.array([scale for scale, _ in nudged], F),
            np.array([zero for _, zero in nudged]))


def default_range(values):
    return min(values.min(), F(0)), max(values.max(), F(0))


def pads(size, kernel, stride, dilation, padding, axis):
    reach = (kernel - 1) * dilation + 1
    if padding == "SAME":
        total = max((-(-size // stride) - 1) * stride + reach - size, 0)
        return total // 2, total - total // 2
    return (0, 0) if padding == "VALID" else tuple(padding[axis])


def conv2d(x, w, table, strides=(1, 1), padding="SAME", dilations=(1, 1), x_range=None,
           w_range=None, narrow=(False, False)):
    """The float32 output, from integer sums that are exact.

    The ends of w_range may be vectors, one element per output channel; narrow: of x and of w.
    """
    width_a, width_b = table.widths
    x_range = x_range or default_range(x)
    w_range = w_range or default_range(w)
    a = quantize(x, x_range, width_a, narrow[0])
    scale_a, zero_a = nudge(*x_range, width_a, narrow[0])
    b, scale_b, zero_b = quantize_channels(w, w_range, width_b, narrow[1])
    sums = correlate(a, b, zero_a, zero_b, table, strides, padding, dilations)
    return (sums.astype(np.float64) * (np.float64(scale_a) * np.float64(scale_b))).astype(F), sums


def depthwise_filter(w):
    """The filter of a convolution with a group per channel, from [h, w, channels, multiplier]."""
    return w.reshape(*w.shape[:2], 1, -1)


def conv2d_integer(x, w, table, x_zero=0, w_zero=0, strides=(1, 1), padding="SAME",
                   dilations=(1, 1)):
    """Exact sums, from operand values."""
    flip_a, flip_b = ((1 << width - 1) if table.signed else 0 for width in table.widths)
    a, b = x.astype(np.int64) + flip_a, w.astype(np.int64) + flip_b
    return correlate(a, b, x_zero + flip_a, np.asarray(w_zero) + flip_b, table, strides, padding,
                     dilations)


def correlate(a, b, zero_a, zero_b, table, strides, padding, dilations):
    """Sums over the taps of corrected products of codes; zero_b: one code, or one per channel."""
    margins = [pads(a.shape[1 + i], b.shape[i], strides[i], dilations[i], padding, 1 + i)
               for i in range(2)]
    a = np.pad(a, [(0, 0), *margins, (0, 0)], constant_values=zero_a)
    width_a, width_b = table.widths
    flip_a = (1 << width_a - 1) if table.signed else 0  # a two's-complement code is shifted by half
    flip_b = (1 << width_b - 1) if table.signed else 0
    kernel_h, kernel_w, group_c, out_c = b.shape
    zero_b = np.broadcast_to(zero_b, out_c)
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
                va, vb, za, zb = window - flip_a, weight - flip_b, zero_a - flip_a, zero_b[o] - flip_b
                sums[..., o] += (products - zb * va - za * vb + za * zb).sum(-1)
    return sums


def matmul(a, b, table, transpose_a=False, transpose_b=False, a_range=None, b_range=None,
           narrow=(False, False)):
    """The float32 product and its integer sums; b_range may hold vectors, one range per column."""
    a_range = a_range or default_range(a)
    b_range = b_range or default_range(b)
    a = np.swapaxes(a, -1, -2) if transpose_a else a
    b = np.swapaxes(b, -1, -2) if transpose_b else b
    codes_a = quantize(a, a_range, table.widths[0], narrow[0])
    scale_a, zero_a = nudge(*a_range, table.widths[0], narrow[0])
    codes_b, scales, zeros = quantize_channels(b, b_range, table.widths[1], narrow[1])
    flips = [(1 << width - 1) if table.signed else 0 for width in table.widths]
    sums = matmul_integer(codes_a - flips[0], codes_b - flips[1], table, zero_a - flips[0],
                          zeros - flips[1])
    return (sums.astype(np.float64) * (np.float64(scale_a) * np.float64(scales))).astype(F), sums


def matmul_integer(a, b, table, zero_a=0, zero_b=0):
    """Sums of (T[a][b] - zero_b a - zero_a b + zero_a zero_b) for operand values, by matrices."""
    a, b = np.asarray(a, np.int64), np.asarray(b, np.int64)
    zero_b = np.broadcast_to(np.asarray(zero_b, np.int64), b.shape[-1:])
    front = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    all_a = np.broadcast_to(a, front + a.shape[-2:])
    all_b = np.broadcast_to(b, front + b.shape[-2:])
    sums = np.zeros(front + (a.shape[-2], b.shape[-1]), np.int64)
    masks = [(1 << width) - 1 for width in table.widths]
    for index in np.ndindex(*front):
        for x in range(b.shape[-1]):
            rows, column = all_a[index], all_b[index][:, x]
            products = table.products[rows & masks[0], column & masks[1]]
            sums[index][:, x] = (products - zero_b[x] * rows - zero_a * column
                                 + zero_a * zero_b[x]).sum(-1)
    return sums


def tuning_map(table, histogram=None, zero_point=0, narrow=False):
    """The weights that take the weights' places, by ALWANN's definition, one at a time."""
    a = operand_values(table.widths[0], table.signed).astype(np.int64)
    w = operand_values(table.widths[1], table.signed).astype(np.int64)
    h = np.ones(len(a), np.int64) if histogram is None else np.asarray(histogram)
    left_out = int(w.argmin()) if narrow else -1
    result = []
    for pattern, value in enumerate(w):
        errors = [(h * abs(a * value - table.products[:, other] + zero_point * (w[other] - value)))
                  .sum() if other != left_out else np.inf for other in range(len(w))]
        keep = pattern == left_out or errors[pattern] == min(errors)
        result.append(pattern if keep else int(np.argmin(errors)))
    return np.array(result)
