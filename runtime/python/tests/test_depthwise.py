# SPDX-License-Identifier: MIT
"""ax_depthwise_conv2d equals the integer reference; with the exact table TensorFlow's own op."""

import numpy as np
import pytest
import tensorflow as tf

import axlut
import lut_reference as reference

GEOMETRIES = [  # strides, padding, dilations
    ((1, 1), "SAME", (1, 1)),
    ((1, 1), "VALID", (1, 1)),
    ((2, 2), "SAME", (1, 1)),
    ((2, 1), "SAME", (1, 1)),
    ((1, 1), "SAME", (2, 2)),
    ((2, 1), "VALID", (1, 2)),
    ((1, 1), [[0, 0], [2, 1], [0, 3], [0, 0]], (1, 1)),
]


def tensors(seed, x_shape, w_shape):
    rng = np.random.default_rng(seed)
    return (rng.normal(0.3, 1.0, x_shape).astype(np.float32),
            rng.normal(-0.1, 0.5, w_shape).astype(np.float32))


def check_equals_reference(x, w, table, strides=(1, 1), padding="SAME", dilations=(1, 1),
                           **ranges):
    got = axlut.ax_depthwise_conv2d(
        x, w, table.path, strides, padding, dilations, input_range=ranges.get("x_range"),
        filter_range=ranges.get("w_range")).numpy()
    expected, _ = reference.conv2d(x, reference.depthwise_filter(w), table, strides, padding,
                                   dilations, **ranges)
    assert got.shape == expected.shape
    np.testing.assert_array_equal(got, expected)
    return got


@pytest.mark.parametrize("strides, padding, dilations", GEOMETRIES)
@pytest.mark.parametrize("size", [(1, 1), (3, 3), (2, 3)])
@pytest.mark.parametrize("multiplier", [1, 2, 3])
def test_every_geometry(save, strides, padding, dilations, size, multiplier):
    x, w = tensors(1, (2, 7, 6, 5), (*size, 5, multiplier))
    check_equals_reference(x, w, save(reference.random_table(2)), strides, padding, dilations)


# Channels around the vectors of the kernels, and filters around their number of taps.
@pytest.mark.parametrize("channels", [1, 2, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65])
def test_every_number_of_channels(save, channels):
    x, w = tensors(3, (1, 6, 5, channels), (3, 3, channels, 1))
    check_equals_reference(x, w, save(reference.random_table(4)))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 9])
def test_every_size_of_a_filter(save, size):
    x, w = tensors(5, (1, 9, 9, 18), (size, size, 18, 1))
    table = save(reference.random_table(6))
    check_equals_reference(x, w, table)
    check_equals_reference(x, w, table, (2, 2), "VALID")


@pytest.mark.parametrize("width_a, width_b, signed", [(8, 4, False), (8, 8, True), (5, 3, True)])
def test_widths_and_signs(save, width_a, width_b, signed):
    x, w = tensors(7, (2, 6, 5, 4), (3, 3, 4, 2))
    check_equals_reference(x, w, save(reference.random_table(8, width_a, width_b, signed)))


def test_ranges_per_channel_are_those_of_channel_times_multiplier(save):
    x, w = tensors(9, (2, 6, 5, 3), (3, 3, 3, 2))
    w *= 2.0 ** np.arange(6).reshape(3, 2)
    flat = reference.depthwise_filter(w)
    bounds = (np.minimum(flat.min((0, 1, 2)), 0), np.maximum(flat.max((0, 1, 2)), 0))
    table = save(reference.random_table(10))
    got = check_equals_reference(x, w, table, w_range=bounds)
    assert np.any(got != axlut.ax_depthwise_conv2d(x, w, table.path).numpy())


@pytest.mark.parametrize("strides, padding, dilations", [
    (1, "SAME", 1), (1, "VALID", 1), (2, "SAME", 1), (1, "SAME", 2)])  # all that TensorFlow can do
def test_exact_table_is_tensorflows_op_on_fake_quantized_values(save, strides, padding, dilations):
    x, w = tensors(11, (2, 8, 7, 4), (3, 2, 4, 3))
    got = axlut.ax_depthwise_conv2d(x, w, save(reference.exact_table()).path, strides, padding,
                                    dilations)
    fx, fw = (tf.quantization.fake_quant_with_min_max_vars(t, t.min(), t.max()) for t in (x, w))

    def exact(a, b):
        return tf.nn.depthwise_conv2d(a, b, [1, strides, strides, 1], padding,
                                      dilations=[dilations, dilations])

    # Six products and five sums, two roundings in the values, one in the scales, one in the output.
    assert np.all(abs(got - exact(fx, fw)) <= (6 + 4) * 2.0**-24 * exact(abs(fx), abs(fw)))


def test_nchw(save):
    x, w = tensors(12, (2, 7, 6, 5), (3, 3, 5, 2))
    path = save(reference.random_table(13)).path
    got = axlut.ax_depthwise_conv2d(x.transpose(0, 3, 1, 2), w, path, (2, 1), data_format="NCHW")
    expected = axlut.ax_depthwise_conv2d(x, w, path, (2, 1)).numpy()
    np.testing.assert_array_equal(got, expected.transpose(0, 3, 1, 2))


def test_gradient_has_the_shapes_of_the_arguments(save):
    x, w = (tf.constant(t) for t in tensors(14, (2, 6, 5, 4), (3, 3, 4, 2)))
    path = save(reference.exact_table()).path
    ranges = {"input_range": (-4, 4), "filter_range": (-2, 2)}
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        out = axlut.ax_depthwise_conv2d(x, w, path, **ranges)
    got = tape.gradient(out, [x, w])
    fx = tf.quantization.fake_quant_with_min_max_vars(x, -4, 4)
    fw = tf.quantization.fake_quant_with_min_max_vars(w, -2, 2)
    with tf.GradientTape() as tape:
        tape.watch([fx, fw])
        out = tf.nn.depthwise_conv2d(fx, fw, [1, 1, 1, 1], "SAME")
    for g, e in zip(got, tape.gradient(out, [fx, fw])):
        np.testing.assert_allclose(g, e, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("x_shape, w_shape", [
    ([None, None, None, 4], [3, 3, 4, 2]),
    ([None, 6, 5, None], [3, 3, 4, 2]),
    ([None, 6, 5, 4], [3, 3, None, None]),
    (None, None),
])
def test_graphs_with_unknown_dimensions_equal_eager(save, x_shape, w_shape):
    x, w = tensors(15, (2, 6, 5, 4), (3, 3, 4, 2))
    path = save(reference.random_table(16)).path
    traced = tf.function(lambda a, b: axlut.ax_depthwise_conv2d(a, b, path), input_signature=[
        tf.TensorSpec(x_shape, tf.float32), tf.TensorSpec(w_shape, tf.float32)])
    np.testing.assert_array_equal(traced(x, w), axlut.ax_depthwise_conv2d(x, w, path))
    # 8 channels also go into the 4 * 2 output channels: they must not pass for the filter's.
    with pytest.raises((tf.errors.InvalidArgumentError, TypeError), match="channels|to TensorSpec"):
        traced(np.ones((2, 6, 5, 8), np.float32), w)


@pytest.mark.parametrize("x_shape, w_shape, message", [
    ((1, 5, 5, 4), (3, 3, 2, 2),
     "input must have as many channels as the filter; they are 4 and 2"),
    ((1, 5, 5, 4), (3, 3, 4), r"filter must be \[height, width, channels, multiplier\]"),
    ((5, 5, 4), (3, 3, 4, 1), r"input must have 4 dimensions \(NHWC\); its shape is \(5, 5, 4\)"),
])
def test_wrong_shapes(save, x_shape, w_shape, message):
    with pytest.raises(ValueError, match=f"ax_depthwise_conv2d: {message}"):
        axlut.ax_depthwise_conv2d(np.ones(x_shape, np.float32), np.ones(w_shape, np.float32),
                                  save(reference.exact_table()).path)


@pytest.mark.parametrize("x_shape, w_shape", [
    ((0, 5, 5, 2), (3, 3, 2, 4)), ((2, 0, 5, 2), (3, 3, 2, 4)), ((2, 5, 5, 2), (3, 3, 2, 0))])
def test_empty_tensors(save, x_shape, w_shape):
    x, w = np.zeros(x_shape, np.float32), np.zeros(w_shape, np.float32)
    got = axlut.ax_depthwise_conv2d(x, w, save(reference.random_table(17)).path)
    assert got.shape == (*x_shape[:3], w_shape[2] * w_shape[3])
