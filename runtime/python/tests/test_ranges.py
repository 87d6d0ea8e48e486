# SPDX-License-Identifier: MIT
"""Ranges of the convolution: per channel, narrow, symmetric; sign-magnitude operands."""

import numpy as np
import pytest
import tensorflow as tf

import axlut
import lut_reference as reference


def tensors(seed, x_shape=(2, 6, 5, 3), w_shape=(3, 3, 3, 5)):
    rng = np.random.default_rng(seed)
    return (rng.normal(0.3, 1.0, x_shape).astype(np.float32),
            rng.normal(-0.1, 0.5, w_shape).astype(np.float32))


def check_equals_reference(x, w, table, x_range=None, w_range=None, narrow=(False, False)):
    got = axlut.ax_conv2d(x, w, table.path, input_range=x_range, filter_range=w_range,
                          narrow_input=narrow[0], narrow_filter=narrow[1]).numpy()
    expected, _ = reference.conv2d(x, w, table, x_range=x_range, w_range=w_range, narrow=narrow)
    np.testing.assert_array_equal(got, expected)
    return got


def per_channel(w):
    return np.minimum(w.min((0, 1, 2)), 0), np.maximum(w.max((0, 1, 2)), 0)


@pytest.mark.parametrize("width_b, signed", [
    (8, False), (8, True), (4, False), (3, True), (2, True)])
@pytest.mark.parametrize("narrow", [False, True])
def test_ranges_per_output_channel(save, width_b, signed, narrow):
    x, w = tensors(1)
    w *= np.float32([0.01, 1, 5, 0, 100])  # the fourth channel holds nothing but 0.0
    table = save(reference.random_table(2, 8, width_b, signed))
    got = check_equals_reference(x, w, table, w_range=per_channel(w), narrow=(False, narrow))
    assert np.all(got[..., 3] == 0)
    whole = axlut.ax_conv2d(x, w, table.path, narrow_filter=narrow).numpy()
    assert not np.array_equal(got, whole)


# Around the vectors that quantize a row of channels, and the 1024 that are converted at once.
@pytest.mark.parametrize("out_c", [1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 33, 1023, 1025])
@pytest.mark.parametrize("dtype", [tf.float32, tf.float16])
def test_every_number_of_ranges(save, out_c, dtype):
    x, w = (tf.cast(t, dtype) for t in tensors(3, (1, 2, 2, 3), (1, 2, 3, out_c)))
    plain = tf.cast(w, tf.float32).numpy()
    bounds = per_channel(plain)
    table = save(reference.random_table(4))
    got = axlut.ax_conv2d(x, w, table.path, filter_range=bounds)
    expected, _ = reference.conv2d(tf.cast(x, tf.float32).numpy(), plain, table, w_range=bounds)
    np.testing.assert_array_equal(got, tf.cast(expected, dtype))


def test_one_end_may_be_a_vector_and_the_other_a_scalar(save):
    x, w = tensors(5)
    table = save(reference.random_table(6))
    low, high = per_channel(w)
    check_equals_reference(x, w, table, w_range=(np.float32(-2), high))
    check_equals_reference(x, w, table, w_range=(low, np.float32(2)))


def test_equal_ranges_per_channel_are_a_range_per_tensor(save):
    x, w = tensors(7)
    path = save(reference.random_table(8)).path
    np.testing.assert_array_equal(
        axlut.ax_conv2d(x, w, path, filter_range=(np.full(5, -1.0), np.full(5, 2.0))),
        axlut.ax_conv2d(x, w, path, filter_range=(-1, 2)))


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@pytest.mark.parametrize("bounds", [(-1, 1), (0, 6), (-0.1, 3), (2, 10), (-10, -2), (-7.3, 11.9)])
@pytest.mark.parametrize("narrow", [False, True])
def test_fake_quantize_is_tensorflows(save, bits, bounds, narrow):
    rng = np.random.default_rng(9)
    values = (rng.uniform(-1.5, 1.5, 5000) * max(map(abs, bounds))).astype(np.float32)
    table = save(reference.exact_table(bits, 8))
    got, inside = axlut.load_ops().axlut_fake_quantize(values, *map(float, bounds), operand="a",
                                                       table=table.path, narrow=narrow)
    expected = tf.quantization.fake_quant_with_min_max_vars(values, *bounds, num_bits=bits,
                                                            narrow_range=narrow)
    np.testing.assert_array_equal(got, expected)
    gradient = tf.quantization.fake_quant_with_min_max_vars_gradient(
        np.ones_like(values), values, *bounds, num_bits=bits, narrow_range=narrow)[0]
    np.testing.assert_array_equal(inside, gradient.numpy() == 1)


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("bits", [8, 4])
def test_fake_quantize_per_channel_is_tensorflows(save, narrow, bits):
    _, w = tensors(10, w_shape=(3, 3, 7, 13))
    low, high = w.min((0, 1, 2)), w.max((0, 1, 2))
    got, _ = axlut.load_ops().axlut_fake_quantize(
        w, low, high, operand="b", table=save(reference.exact_table(8, bits)).path, narrow=narrow)
    np.testing.assert_array_equal(got, tf.quantization.fake_quant_with_min_max_vars_per_channel(
        w, low, high, num_bits=bits, narrow_range=narrow))


@pytest.mark.parametrize("axis", [-3, -2, -1, 0, 1, 2])
def test_the_axis_of_ranges_can_be_any(save, axis):
    values = np.random.default_rng(11).normal(size=(4, 5, 6)).astype(np.float32)
    path = save(reference.exact_table()).path
    others = tuple(i for i in range(3) if i != axis % 3)
    low, high = values.min(others), values.max(others)
    ops = axlut.load_ops()
    got, inside = ops.axlut_fake_quantize(values, low, high, operand="a", table=path, axis=axis)
    expected, expected_inside = ops.axlut_fake_quantize(
        np.moveaxis(values, axis, -1), low, high, operand="a", table=path)
    np.testing.assert_array_equal(got, np.moveaxis(expected.numpy(), -1, axis))
    np.testing.assert_array_equal(inside, np.moveaxis(expected_inside.numpy(), -1, axis))


@pytest.mark.parametrize("width", [8, 4, 2])
@pytest.mark.parametrize("narrow", [False, True])
def test_symmetric_ranges_have_the_zero_point_0_of_a_signed_operand(save, width, narrow):
    """Then no correction is left: the output is the plain sum of looked-up products."""
    x, w = tensors(12)
    half = 2**(width - 1)
    table = save(reference.random_table(13, width, width, signed=True))
    top = {tensor: float(np.abs(values).max()) for tensor, values in (("x", x), ("w", w))}
    bounds = {t: (-m, m) if narrow else (-m * half / (half - 1), m) for t, m in top.items()}
    check_equals_reference(x, w, table, bounds["x"], bounds["w"], (narrow, narrow))
    ops = axlut.load_ops()
    a, b = (ops.axlut_quantize(t, *bounds[name], table=table.path, operand=o, narrow=narrow)
            for t, name, o in ((x, "x", "a"), (w, "w", "b")))
    values = [np.where(p.numpy() >= half, p.numpy().astype(int) - 2 * half, p.numpy())
              for p in (a, b)]
    assert min(v.min() for v in values) >= -half + narrow
    sums = axlut.ax_conv2d_integer(*(v.astype(np.int8) for v in values), table.path)
    out = axlut.ax_conv2d(x, w, table.path, input_range=bounds["x"], filter_range=bounds["w"],
                          narrow_input=narrow, narrow_filter=narrow)
    scales = [reference.nudge(*bounds[t], width, narrow)[0].astype(np.float64) for t in "xw"]
    np.testing.assert_array_equal(out, (sums.numpy() * (scales[0] * scales[1])).astype(np.float32))


@pytest.mark.parametrize("width_a, width_b", [(8, 8), (8, 4), (5, 7)])
def test_sign_magnitude_is_the_table_of_signed_operands(save, width_a, width_b):
    x, w = tensors(14)
    table = save(reference.random_table(15, width_a, width_b))
    signed = reference.sign_magnitude(table)
    for bounds in (None, (-1.5, 1.5)):
        got = axlut.ax_conv2d(x, w, table.path, input_range=bounds, filter_range=bounds,
                              encoding="sign_magnitude")
        expected, _ = reference.conv2d(x, w, signed, x_range=bounds, w_range=bounds)
        np.testing.assert_array_equal(got, expected)


def test_both_encodings_of_a_table_live_side_by_side(save):
    x, w = tensors(16)
    path = save(reference.exact_table()).path
    magnitude = tf.nn.conv2d(np.abs(x), np.abs(w), 1, "SAME")
    exact = tf.nn.conv2d(x, w, 1, "SAME")
    for encoding in ("affine", "sign_magnitude", "affine"):
        got = axlut.ax_conv2d(x, w, path, encoding=encoding)
        assert np.all(abs(got - exact) <= 0.02 * np.abs(magnitude).max())


def test_codes_in_the_upper_half_of_the_table_occur(save):
    """A range that starts at 0 uses codes up to 255, so entries of the upper half count."""
    x, w = (np.abs(t) for t in tensors(17))
    products = reference.exact_table().products.copy()
    path = save(reference.Table(products.copy())).path
    products[128:, 128:] = 0
    other = save(reference.Table(products)).path
    assert np.any(axlut.ax_conv2d(x, w, path) != axlut.ax_conv2d(x, w, other))


@pytest.mark.parametrize("ranges, message", [
    ({"filter_range": (np.zeros(4), np.ones(4))},
     r"filter_range must be scalars or vectors of 5, one per channel; one has the shape \[4\]"),
    ({"filter_range": (np.zeros((5, 1)), 1)}, r"one has the shape \[5,1\]"),
    ({"filter_range": (np.float32([-1, -1, 2, -1, -1]), 1)},
     r"filter_range\[2\] must have min <= max; it is \[2, 1\]"),
    ({"filter_range": (0, np.float32([1, 1, 1, np.inf, 1]))},
     r"filter_range\[3\] must be finite; it is \[0, inf\]"),
    ({"input_range": (np.zeros(3), np.ones(3))},
     r"input_range must be two scalars; one has the shape \[3\]"),
    ({"input_range": ("a", 1)}, "input_range's min must be a number"),
    ({"input_range": (0, np.array(True))}, "input_range's max must be a number; it is bool"),
])
def test_wrong_ranges(save, ranges, message):
    x, w = tensors(18)
    with pytest.raises((TypeError, tf.errors.InvalidArgumentError), match=message):
        axlut.ax_conv2d(x, w, save(reference.exact_table()).path, **ranges)


def test_a_narrow_range_needs_two_bits(save):
    x, w = tensors(19)
    path = save(reference.exact_table(8, 1)).path
    axlut.ax_conv2d(x, w, path, narrow_input=True)
    with pytest.raises(tf.errors.InvalidArgumentError,
                       match="filter_range can be narrow for operands of at least 2 bits; this one "
                             "has 1"):
        axlut.ax_conv2d(x, w, path, narrow_filter=True)


def test_a_nan_in_a_filter_with_ranges_per_channel_is_named(save):
    x, w = tensors(20)
    bounds = per_channel(w)
    w[1, 2, 0, 3] = np.nan
    place = np.flatnonzero(np.isnan(w)).item()
    with pytest.raises(tf.errors.InvalidArgumentError,
                       match=f"filter must not hold NaN; element {place} is one"):
        axlut.ax_conv2d(x, w, save(reference.exact_table()).path, filter_range=bounds)


@pytest.mark.parametrize("axis", [3, -4])
def test_an_axis_that_there_is_not(save, axis):
    with pytest.raises(tf.errors.InvalidArgumentError,
                       match=f"axis must be a dimension of values.*{axis}"):
        axlut.load_ops().axlut_quantize(np.ones((2, 3, 4), np.float32), [0.0] * 4, 1.0, operand="a",
                                        table=save(reference.exact_table()).path, axis=axis)


def test_graphs_refuse_ranges_of_the_wrong_length_while_they_are_traced(save):
    x, w = tensors(21)
    path = save(reference.exact_table()).path
    traced = tf.function(lambda low: axlut.ax_conv2d(x, w, path, filter_range=(low, 1.0)))
    with pytest.raises(ValueError, match="must be equal"):
        traced.get_concrete_function(tf.TensorSpec([4]))
    with pytest.raises(ValueError, match="at most rank 1"):
        traced.get_concrete_function(tf.TensorSpec([5, 1]))
    traced.get_concrete_function(tf.TensorSpec([None]))
