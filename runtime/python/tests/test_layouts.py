# SPDX-License-Identifier: MIT
"""NCHW gives the bytes of NHWC, in the other order; half and bfloat16 those of float32, rounded."""

import numpy as np
import pytest
import tensorflow as tf

import axlut
import lut_reference as reference


def tensors(seed, x_shape, w_shape):
    rng = np.random.default_rng(seed)
    return (rng.normal(0.3, 1.0, x_shape).astype(np.float32),
            rng.normal(-0.1, 0.5, w_shape).astype(np.float32))


def nchw(tensor):
    return np.ascontiguousarray(np.asarray(tensor).transpose(0, 3, 1, 2))


@pytest.mark.parametrize("strides, padding, dilations", [
    ((1, 1), "SAME", (1, 1)),
    ((1, 1), "VALID", (1, 1)),
    ((2, 3), "SAME", (1, 1)),
    ((1, 1), "SAME", (2, 1)),
    ((2, 1), [[0, 0], [2, 1], [0, 3], [0, 0]], (1, 1)),
])
# Images smaller and larger than the 64 pixels that are transposed at once; one pixel; one channel.
@pytest.mark.parametrize("image, in_c, out_c", [
    ((7, 6), 3, 5), ((13, 11), 2, 17), ((1, 1), 9, 4), ((8, 8), 1, 3), ((2, 3), 70, 33)])
def test_nchw_equals_nhwc(save, strides, padding, dilations, image, in_c, out_c):
    size = (3, 2) if padding != "VALID" or min(image) > 2 else (1, 1)
    x, w = tensors(1, (3, *image, in_c), (*size, in_c, out_c))
    path = save(reference.random_table(2)).path
    expected = axlut.ax_conv2d(x, w, path, strides, padding, dilations)
    if not isinstance(padding, str):
        padding = [padding[i] for i in (0, 3, 1, 2)]
    got = axlut.ax_conv2d(nchw(x), w, path, strides, padding, dilations, "NCHW")
    np.testing.assert_array_equal(got, nchw(expected))


def test_nchw_equals_the_integer_reference(save):
    x, w = tensors(3, (2, 9, 10, 4), (3, 3, 2, 6))
    table = save(reference.random_table(4))
    expected, _ = reference.conv2d(x, w, table, (1, 2))
    np.testing.assert_array_equal(
        axlut.ax_conv2d(nchw(x), w, table.path, [1, 1, 1, 2], data_format="NCHW"), nchw(expected))


def test_nchw_with_ranges_per_channel_and_more_than_one_thread_tile(save):
    x, w = tensors(5, (4, 30, 31, 8), (3, 3, 8, 40))
    bounds = (w.min((0, 1, 2)), w.max((0, 1, 2)))
    path = save(reference.random_table(6)).path
    np.testing.assert_array_equal(
        axlut.ax_conv2d(nchw(x), w, path, data_format="NCHW", filter_range=bounds),
        nchw(axlut.ax_conv2d(x, w, path, filter_range=bounds)))


def test_nchw_sums_beyond_int32(save):
    x, w = tensors(7, (2, 2, 1, 40000), (1, 1, 40000, 3))
    path = save(reference.Table(np.full((256, 256), 65535))).path
    expected = axlut.ax_conv2d(x, w, path)
    assert np.abs(expected).max() > 0
    np.testing.assert_array_equal(axlut.ax_conv2d(nchw(x), w, path, data_format="NCHW"),
                                  nchw(expected))


@pytest.mark.parametrize("strides, padding, shape", [
    (1, "SAME", [None, 4, None, 6]), ((1, 2), "VALID", [None, 4, None, 2]),
    (1, [[0, 0], [0, 0], [1, 2], [0, 0]], [None, 4, None, 4])])
def test_graphs_infer_the_shape_of_nchw(save, strides, padding, shape):
    _, w = tensors(8, (1, 1, 1, 1), (3, 3, 3, 4))
    path = save(reference.exact_table()).path
    traced = tf.function(
        lambda a: axlut.ax_conv2d(a, w, path, strides, padding, data_format="NCHW"))
    graph = traced.get_concrete_function(tf.TensorSpec([None, 3, None, 6]))
    assert graph.output_shapes.as_list() == shape


def test_a_nan_in_nchw_is_named_by_its_place_in_the_tensor(save):
    x, w = tensors(9, (2, 9, 9, 3), (3, 3, 3, 4))
    x = nchw(x)
    x[1, 2, 8, 7] = np.nan
    with pytest.raises(tf.errors.InvalidArgumentError, match="input must not hold NaN; element "
                                                             f"{x.size - 2} is one"):
        axlut.ax_conv2d(x, w, save(reference.exact_table()).path, data_format="NCHW",
                        input_range=(-1, 1))


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16])
@pytest.mark.parametrize("ranges", [{}, {"input_range": (-2, 3), "filter_range": (-1, 1)}])
def test_other_types_are_float32_rounded_at_the_end(save, data_format, dtype, ranges):
    x, w = tensors(10, (2, 13, 12, 5), (3, 3, 5, 7))
    x = tf.cast(x if data_format == "NHWC" else nchw(x), dtype)
    w = tf.cast(w, dtype)
    path = save(reference.random_table(11)).path
    got = axlut.ax_conv2d(x, w, path, data_format=data_format, **ranges)
    assert got.dtype == dtype
    expected = axlut.ax_conv2d(tf.cast(x, tf.float32), tf.cast(w, tf.float32), path,
                               data_format=data_format, **ranges)
    np.testing.assert_array_equal(tf.cast(got, tf.float32),
                                  tf.cast(tf.cast(expected, dtype), tf.float32))


def test_a_range_of_another_type_is_taken_as_float32(save):
    x, w = tensors(12, (1, 5, 5, 2), (3, 3, 2, 3))
    path = save(reference.random_table(13)).path
    expected = axlut.ax_conv2d(x, w, path, input_range=(-1.5, 2), filter_range=(-1, 1))
    half = tf.constant([-1.5, 2], tf.float16)
    got = axlut.ax_conv2d(x, w, path, input_range=(half[0], np.int64(2)),
                          filter_range=(np.float64(-1), tf.Variable(1, dtype=tf.bfloat16)))
    np.testing.assert_array_equal(got, expected)


def test_numpy_arrays_of_half_stay_half_and_lists_become_float32(save):
    path = save(reference.exact_table()).path
    x = np.ones((1, 2, 2, 1), np.float16)
    assert axlut.ax_conv2d(x, [[[[2.0]]]], path).dtype == tf.float16
    assert axlut.ax_conv2d(x.astype(np.float64), [[[[2.0]]]], path).dtype == tf.float32
    assert axlut.ax_conv2d([[[[1.0]]]], [[[[2.0]]]], path).dtype == tf.float32


@pytest.mark.parametrize("dtype", [tf.float32, tf.float16, tf.bfloat16])
def test_the_op_hands_out_the_codes_that_it_computes_with(save, dtype):
    values = tf.cast(np.random.default_rng(14).normal(size=(5, 6, 7)), dtype)
    table = save(reference.exact_table(8, 5, signed=True))
    ops = axlut.load_ops()
    plain = tf.cast(values, tf.float32).numpy()
    lows, highs = plain.min((0, 2)), plain.max((0, 2))
    for operand, width in (("a", 8), ("b", 5)):
        for narrow in (False, True):
            arguments = {"table": table.path, "operand": operand, "narrow": narrow, "axis": 1}
            codes = ops.axlut_quantize(values, lows, highs, **arguments)
            fake, inside = ops.axlut_fake_quantize(values, lows, highs, **arguments)
            by_last = plain.transpose(0, 2, 1)
            expected, scales, zeros = reference.quantize_channels(by_last, (lows, highs), width,
                                                                  narrow)
            np.testing.assert_array_equal(
                codes, (expected ^ (1 << width - 1)).transpose(0, 2, 1))
            steps = ((expected - zeros).astype(np.float32) * scales).transpose(0, 2, 1)
            assert codes.dtype == tf.uint8 and fake.dtype == dtype
            np.testing.assert_array_equal(tf.cast(fake, tf.float32),
                                          tf.cast(tf.cast(steps, dtype), tf.float32))
            first = (np.array([narrow - zeros]) * scales).reshape(1, 6, 1)
            last = (((1 << width) - 1 - zeros) * scales).reshape(1, 6, 1)
            np.testing.assert_array_equal(
                inside, (plain >= first.astype(np.float32)) & (plain <= last.astype(np.float32)))
