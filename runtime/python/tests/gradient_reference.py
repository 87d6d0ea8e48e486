# SPDX-License-Identifier: MIT
"""Gradients of a convolution, written with NumPy and without a line of the product's.

NHWC and HWIO; geometry is (strides, padding, dilations) as lut_reference takes them.
"""

import numpy as np

import lut_reference as reference

F = np.float32


def taps(x_shape, w_shape, out_shape, strides, padding, dilations):
    """Margins of the padded input, and for every tap the slices of it that the tap reads."""
    margins = [reference.pads(x_shape[1 + k], w_shape[k], strides[k], dilations[k], padding, 1 + k)
               for k in range(2)]

    def tap_slices():
        for i in range(w_shape[0]):
            for j in range(w_shape[1]):
                yield i, j, (slice(None), *(
                    slice(tap * dilations[k], tap * dilations[k]
                          + (out_shape[1 + k] - 1) * strides[k] + 1, strides[k])
                    for k, tap in enumerate((i, j))))

    return margins, tap_slices()


def gradients(x, w, dy, by_input, by_filter, geometry, pad, dtype):
    """Sums over all products, of by_input(dy, x, w) for dx and of by_filter(x, dy, w) for dw.

    Both functions take arrays that broadcast against each other: dy [..., o], x [..., c or 1],
    w [c, o]; what they return is summed. `pad` is what padded elements of x are.
    """
    margins, tap_slices = taps(x.shape, w.shape, dy.shape, *geometry)
    padded = np.pad(x, [(0, 0), *margins, (0, 0)], constant_values=pad)
    # SAME and VALID may leave rows that no window reaches; EXPLICIT may read none of the image.
    dx = np.zeros(padded.shape, dtype)
    dw = np.zeros(w.shape, dtype)
    group_c, out_c = w.shape[2:]
    groups = x.shape[3] // group_c
    group_o = out_c // groups
    for i, j, where in tap_slices:
        for group in range(groups):
            channels = slice(group * group_c, (group + 1) * group_c)
            outputs = slice(group * group_o, (group + 1) * group_o)
            upstream = dy[..., outputs][..., None, :]          # n y x 1 o
            seen = padded[where][..., channels][..., :, None]  # n y x c 1
            weights = w[i, j, :, outputs]                      # c o
            dx[where][..., channels] += by_input(upstream, seen, weights).sum(-1)
            dw[i, j, :, outputs] += by_filter(seen, upstream, weights).sum((0, 1, 2))
    (top, _), (left, _) = margins
    return dx[:, top:top + x.shape[1], left:left + x.shape[2]], dw


def exact(x, w, dy, geometry):
    """Those of tf.nn.conv2d, in float64."""
    x, w, dy = (np.asarray(v, np.float64) for v in (x, w, dy))
    return gradients(x, w, dy, lambda dy, x, w: dy * w, lambda x, dy, w: x * dy, geometry, 0.0,
                     np.float64)


def corrected(table, zero_a, zero_b):
    """T[a][b] - zero_b a - zero_a b + zero_a zero_b by codes, signed operands' shifted by half."""
    flips = [(1 << width - 1) if table.signed else 0 for width in table.widths]
    codes = [np.arange(1 << width) for width in table.widths]
    a, b = (code - flip for code, flip in zip(codes, flips))
    za, zb = zero_a - flips[0], zero_b - flips[1]
    products = table.products[np.ix_(codes[0] ^ flips[0], codes[1] ^ flips[1])].astype(np.int64)
    return products - zb * a[:, None] - za * b[None, :] + za * zb


def own_range(values):
    return min(values.min(), F(0)), max(values.max(), F(0))


def approximate(x, w, dy, input_table, filter_table, x_range, w_range, geometry):
    """Integer sums and float32 gradients, clipped elements not left out."""
    dy_range = own_range(dy)
    row, column = input_table.widths
    (s_dy, z_dy), (s_w, z_w) = reference.nudge(*dy_range, row), reference.nudge(*w_range, column)
    products = corrected(input_table, z_dy, z_w)
    dx, _ = gradients(
        np.zeros(x.shape, np.int64), reference.quantize(w, w_range, column),
        reference.quantize(dy, dy_range, row), lambda dy, x, w: products[dy, w] + 0 * x,
        lambda x, dy, w: 0 * (x + dy + w), geometry, 0, np.int64)
    dx_scale = np.float64(s_dy) * np.float64(s_w)
    row, column = filter_table.widths
    (s_x, z_x), (s_dy, z_dy) = reference.nudge(*x_range, row), reference.nudge(*dy_range, column)
    products_w = corrected(filter_table, z_x, z_dy)
    _, dw = gradients(
        reference.quantize(x, x_range, row), np.zeros(w.shape, np.int64),
        reference.quantize(dy, dy_range, column), lambda dy, x, w: 0 * (dy + x + w),
        lambda x, dy, w: products_w[x, dy] + 0 * w, geometry, z_x, np.int64)
    dw_scale = np.float64(s_x) * np.float64(s_dy)
    return (dx * dx_scale).astype(F), (dw * dw_scale).astype(F)


def slopes(table, window):
    """dT/da and dT/db by codes (signed operands' shifted by half): symmetric differences of means."""
    flips = [(1 << width - 1) if table.signed else 0 for width in table.widths]
    codes = [np.arange(1 << width) ^ flip for width, flip in zip(table.widths, flips)]
    products = table.products[np.ix_(*codes)].astype(np.float64)
    return _differences(products, window), _differences(products.T, window).T


def _differences(rows, window):
    """Along axis 0."""
    count = len(rows)
    window = min(window, count // 2 - 1)
    spans = [np.arange(max(0, v - window), min(count, v + window + 1)) for v in range(count)]
    means = np.array([rows[span].mean(0) for span in spans])
    centres = np.array([span.mean() for span in spans])
    above, below = np.minimum(np.arange(count) + 1, count - 1), np.maximum(np.arange(count) - 1, 0)
    return (means[above] - means[below]) / (centres[above] - centres[below])[:, None]


def difference(x, w, dy, table, by_a, by_b, x_range, w_range, geometry):
    """Both gradients in float64 by slopes of every product, clipped elements not left out."""
    flips = [(1 << width - 1) if table.signed else 0 for width in table.widths]
    row, column = table.widths
    (s_x, z_x), (s_w, z_w) = reference.nudge(*x_range, row), reference.nudge(*w_range, column)
    za, zb = z_x - flips[0], z_w - flips[1]
    return gradients(
        reference.quantize(x, x_range, row), reference.quantize(w, w_range, column),
        np.asarray(dy, np.float64), lambda dy, x, w: dy * np.float64(s_w) * (by_a[x, w] - zb),
        lambda x, dy, w: dy * np.float64(s_x) * (by_b[x, w] - za), geometry, z_x, np.float64)


def inside(values, bounds, width):
    """Which elements are not clipped."""
    scale, zero = reference.nudge(*bounds, width)
    return (values >= F(F(-zero) * scale)) & (values <= F(F(2**width - 1 - zero) * scale))
