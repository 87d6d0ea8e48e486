# SPDX-License-Identifier: MIT
"""TFApprox' formula (tf2, CPU) in NumPy's float32, from the description of what it computes.

Every step is rounded to float32 and sums run over k one after the other, as in its loop. The inputs
must have been fake-quantized with the ranges given, which the op itself does not check.
"""

import dataclasses

import numpy as np

F = np.float32
U = 2.0**-24  # largest relative error of one float32 rounding


@dataclasses.dataclass
class Quantizer:
    """scale, 1 / scale and m, the value of code 0."""
    scale: F
    inverse: F
    low: F

    @classmethod
    def of_range(cls, low, high, num_bits):
        low, high, top = F(low), F(high), F(2**num_bits - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = F(F(high - low) / top)
            if scale == 0 and high == 0:
                return cls(F(0), F(0), F(0))
            zero = F(-low / scale)
        zero = F(np.clip(np.floor(np.float64(zero) + 0.5), 0, float(top)))  # halves away from zero
        with np.errstate(divide="ignore", invalid="ignore"):
            return cls(scale, F(1) / scale, F(F(0 - zero) * scale))

    def codes(self, values):
        """By truncation to uint8, without a clamp: only for values inside the range."""
        with np.errstate(invalid="ignore"):  # a NaN becomes some code or other
            return ((values - self.low) * self.inverse + F(0.5)).astype(np.int64) & 0xFF


def patches(x, kernel, strides, margins, dilations):
    """im2col: [batch, out_h, out_w, kernel_h, kernel_w, channels]; a padded pixel is 0.0."""
    x = np.pad(x, [(0, 0), *margins, (0, 0)])
    reach = [(kernel[i] - 1) * dilations[i] + 1 for i in range(2)]
    out = [(x.shape[1 + i] - reach[i]) // strides[i] + 1 for i in range(2)]
    columns = np.empty((x.shape[0], *out, *kernel, x.shape[3]), F)
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            top, left = i * dilations[0], j * dilations[1]
            columns[:, :, :, i, j] = x[:, top:top + (out[0] - 1) * strides[0] + 1:strides[0],
                                       left:left + (out[1] - 1) * strides[1] + 1:strides[1]]
    return columns


def conv2d(x, w, products, x_range, w_range, strides=(1, 1), margins=((0, 0), (0, 0)),
           dilations=(1, 1), num_bits=8, tile=1):
    """The output, and a bound on how far rounding has taken it from the exact value.

    Args:
      x, w: fake-quantized float32, NHWC and HWIO.
      products: [256, 256] (or smaller), row = code of x.
      margins: ((top, bottom), (left, right)) pixels of padding.
      tile: the GPU kernel of tf2 fills K up to a multiple of it (8), adding T[0][0] each time.
    """
    a, b = (Quantizer.of_range(*bounds, num_bits) for bounds in (x_range, w_range))
    columns = patches(x, w.shape[:2], strides, margins, dilations)
    shape = columns.shape[:3]
    columns = columns.reshape(-1, int(np.prod(w.shape[:3])))
    kernel = w.reshape(-1, w.shape[3])
    depth = len(kernel)
    qa, qb = a.codes(columns), b.codes(kernel)
    sums, sum_a, sum_b = (np.zeros((len(columns), w.shape[3]), F) for _ in range(3))
    for k in range(depth):
        sums += products[qa[:, k, None], qb[k]].astype(F)
        sum_a += columns[:, k, None]
        sum_b += kernel[k]
    for _ in range(-depth % tile):
        sums += F(products[0, 0])
    scale = F(a.scale * b.scale)
    out = ((scale * sums + b.low * sum_a) + a.low * sum_b) - F(F(depth) * F(a.low * b.low))

    # Four terms. Each sum of n values has a relative error of at most n u of the sum of their
    # magnitudes, each factor and product adds u, and so do the three additions at the end. A
    # fake-quantized value is q * scale + m: two roundings, of at most |m| + 255 scale <= 2 top.
    top_a, top_b = (F(2**num_bits) * q.scale for q in (a, b))
    weight = (scale * sums.astype(np.float64)
              + abs(b.low) * (np.abs(columns).sum(1, keepdims=True) + 4 * depth * top_a)
              + abs(a.low) * (np.abs(kernel).sum(0) + 4 * depth * top_b)
              + depth * abs(np.float64(a.low) * b.low))
    bound = (depth + 8) * U * weight
    return out.reshape(*shape, -1), bound.reshape(*shape, -1)
