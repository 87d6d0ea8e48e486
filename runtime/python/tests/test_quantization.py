# SPDX-License-Identifier: MIT
"""Operands are quantized as TensorFlow does it, bit for bit; what it leaves open is defined."""

import numpy as np
import pytest
import tensorflow as tf

import axlut
import lut_reference as reference

RANGES = [(-1, 1), (0, 6), (-6, 0), (-0.1, 3), (-3, 0.1), (-1e-3, 1e3), (-7.3, 11.9), (2, 10),
          (-10, -2), (0.001, 0.999), (-1e-20, 3e-20), (-1e30, 2e30), (-2.5, 252.5)]


def codes_times_scale(values, table, bounds, operand):
    """What the op makes of each value: a 1x1 convolution with 1.0 by the exact table.

    The other operand's range is chosen so that its scale and 1.0's code are 1: the output is
    (code - zero point) * scale, rounded once.
    """
    ones = (0, 2**table.widths[1 - operand] - 1)
    if operand == 0:
        out = axlut.ax_conv2d(values.reshape(1, 1, -1, 1), np.ones((1, 1, 1, 1), np.float32),
                              table.path, input_range=bounds, filter_range=ones)
    else:
        out = axlut.ax_conv2d(np.ones((1, 1, 1, 1), np.float32), values.reshape(1, 1, 1, -1),
                              table.path, input_range=ones, filter_range=bounds)
    return out.numpy().ravel()


@pytest.mark.parametrize("bounds", RANGES)
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("operand, bits", [(0, 8), (1, 8), (1, 4), (0, 3), (1, 2)])
def test_equals_fake_quant_with_min_max_vars(save, bounds, signed, operand, bits):
    width = max(abs(bounds[0]), abs(bounds[1]))
    rng = np.random.default_rng(1)
    steps = np.arange(-300, 301) * np.float32((bounds[1] - bounds[0]) / (2**bits - 1) / 2)
    values = np.concatenate([rng.uniform(-1.5 * width, 1.5 * width, 5000), steps, bounds, [0]])
    values = values.astype(np.float32)
    table = save(reference.exact_table(*((bits, 8) if operand == 0 else (8, bits)), signed))
    expected = tf.quantization.fake_quant_with_min_max_vars(values, *bounds, num_bits=bits)
    np.testing.assert_array_equal(codes_times_scale(values, table, bounds, operand), expected)


@pytest.mark.parametrize("shift", [0, 20, -20])
def test_default_range_is_the_tensors_own_and_zero(save, shift):
    rng = np.random.default_rng(2)
    x = rng.normal(shift, 3, (2, 5, 5, 3)).astype(np.float32)
    w = rng.normal(-shift, 1, (3, 3, 3, 2)).astype(np.float32)
    path = save(reference.random_table(3)).path
    given = axlut.ax_conv2d(x, w, path, input_range=(min(x.min(), 0), max(x.max(), 0)),
                            filter_range=(min(w.min(), 0), max(w.max(), 0)))
    np.testing.assert_array_equal(axlut.ax_conv2d(x, w, path), given)


def test_a_range_may_be_tensors(save):
    x, w = np.ones((1, 2, 2, 1), np.float32), np.ones((1, 1, 1, 1), np.float32)
    path = save(reference.exact_table()).path
    bounds = (tf.Variable(0.0), tf.constant(255.0))
    out = axlut.ax_conv2d(x, w, path, input_range=bounds, filter_range=bounds)
    np.testing.assert_array_equal(out, np.ones((1, 2, 2, 1)))


@pytest.mark.parametrize("constant", [3.7, -0.2, 1e-3, 1e20])
def test_a_constant_tensor_is_represented_by_an_end_code(save, constant):
    x = np.full((1, 3, 3, 1), constant, np.float32)
    w = np.full((1, 1, 1, 1), 2, np.float32)
    out = axlut.ax_conv2d(x, w, save(reference.exact_table()).path).numpy()
    np.testing.assert_allclose(out, 2 * x, rtol=2e-7)


@pytest.mark.parametrize("zero_input", [True, False])
def test_a_tensor_of_zeros_gives_zeros_by_any_table(save, zero_input):
    x, w = np.ones((1, 3, 3, 2), np.float32), np.full((3, 3, 2, 2), -2, np.float32)
    (x if zero_input else w)[...] = 0
    out = axlut.ax_conv2d(x, w, save(reference.random_table(4)).path).numpy()
    np.testing.assert_array_equal(out, np.zeros((1, 3, 3, 2)))


def test_values_outside_the_range_and_infinities_become_its_ends(save):
    values = np.array([-np.inf, -5, -1, 0, 1.55, 7, np.inf], np.float32)
    out = codes_times_scale(values, save(reference.exact_table()), (-1, 1.55), 0)
    np.testing.assert_allclose(out, [-1, -1, -1, 0, 1.55, 1.55, 1.55], rtol=1e-6)


@pytest.mark.parametrize("bounds, message", [
    (None, r"input_range must be finite; it is \[nan, nan\] \(if it was not given: the tensor's own"),
    ((-1, 1), "input must not hold NaN; element 2 is one")])
def test_nan_is_refused(save, bounds, message):
    x = np.array([1, 2, np.nan, 4], np.float32).reshape(1, 2, 2, 1)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        axlut.ax_conv2d(x, np.ones((1, 1, 1, 1), np.float32), save(reference.exact_table()).path,
                        input_range=bounds)
