# SPDX-License-Identifier: MIT
"""The integer convolutions give the exact sums of the definition, and nothing else."""

import numpy as np
import pytest
import tensorflow as tf

import axlut
import lut_reference as reference

GEOMETRIES = [  # strides, padding, dilations
    ((1, 1), "SAME", (1, 1)),
    ((2, 1), "VALID", (1, 1)),
    ((1, 2), "SAME", (2, 1)),
    ((1, 1), [[0, 0], [2, 1], [0, 3], [0, 0]], (1, 1)),
]


def operands(seed, table, x_shape, w_shape):
    """Every value of the operands, in any order."""
    rng = np.random.default_rng(seed)
    dtype = np.int8 if table.signed else np.uint8
    return tuple(rng.choice(reference.operand_values(width, table.signed), shape).astype(dtype)
                 for width, shape in zip(table.widths, (x_shape, w_shape)))


def check_equals_reference(x, w, table, x_zero=0, w_zero=0, geometry=GEOMETRIES[0],
                           out_type=tf.int32, **arguments):
    strides, padding, dilations = geometry
    got = axlut.ax_conv2d_integer(x, w, table.path, strides, padding, dilations,
                                  input_zero_point=x_zero, filter_zero_point=w_zero,
                                  out_type=out_type, **arguments)
    if arguments.get("encoding") == "sign_magnitude":
        table = reference.sign_magnitude(table)
    expected = reference.conv2d_integer(x, w, table, x_zero, w_zero, *geometry)
    assert got.dtype == out_type
    np.testing.assert_array_equal(got, expected)
    return got.numpy()


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("zeros", [(0, 0), (7, 0), (0, 200), (255, 1), (127, 128)])
def test_equals_the_reference_for_every_zero_point(save, geometry, zeros):
    table = save(reference.random_table(1))
    x, w = operands(2, table, (2, 7, 6, 3), (3, 2, 3, 5))
    check_equals_reference(x, w, table, *zeros, geometry)


@pytest.mark.parametrize("width_a, width_b", [(8, 8), (8, 4), (5, 8), (3, 2), (1, 1)])
@pytest.mark.parametrize("signed", [False, True])
def test_widths_and_signs(save, width_a, width_b, signed):
    table = save(reference.random_table(3, width_a, width_b, signed))
    x, w = operands(4, table, (2, 5, 6, 2), (3, 3, 2, 4))
    zeros = (-1, -(1 << width_b - 1)) if signed else (1, (1 << width_b) - 1)
    check_equals_reference(x, w, table, *zeros)


def test_exact_table_is_the_integer_convolution(save):
    table = save(reference.exact_table(signed=True))
    x, w = operands(5, table, (2, 6, 5, 3), (3, 3, 3, 4))
    got = axlut.ax_conv2d_integer(x, w, table.path, 2, "VALID", input_zero_point=-7,
                                  filter_zero_point=11)
    exact = tf.nn.conv2d(tf.cast(x, tf.float64) + 7, tf.cast(w, tf.float64) - 11, 2, "VALID")
    np.testing.assert_array_equal(got, exact)


def test_zero_points_per_channel(save):
    table = save(reference.random_table(6))
    x, w = operands(7, table, (2, 5, 6, 3), (3, 3, 3, 5))
    check_equals_reference(x, w, table, 9, np.array([0, 1, 128, 254, 255]))


def test_sign_magnitude_takes_signed_values(save):
    table = save(reference.random_table(8))
    signed = reference.sign_magnitude(table)
    x, w = operands(9, signed, (2, 5, 6, 3), (3, 3, 3, 5))
    got = check_equals_reference(x, w, table, 5, -6, encoding="sign_magnitude")
    assert np.any(got < 0)


@pytest.mark.parametrize("strides, padding", [((1, 1), "SAME"), ((2, 1), "VALID")])
@pytest.mark.parametrize("width_a", [8, 5])
@pytest.mark.parametrize("out_type", [tf.int32, tf.int64])
def test_nchw(save, strides, padding, width_a, out_type):
    table = save(reference.random_table(10, width_a, 8))
    x, w = operands(11, table, (3, 11, 9, 4), (3, 3, 2, 6))
    arguments = {"input_zero_point": 3, "filter_zero_point": 5, "out_type": out_type}
    expected = axlut.ax_conv2d_integer(x, w, table.path, strides, padding, **arguments).numpy()
    got = axlut.ax_conv2d_integer(x.transpose(0, 3, 1, 2), w, table.path, strides, padding,
                                  data_format="NCHW", **arguments)
    np.testing.assert_array_equal(got, expected.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_depthwise(save, geometry):
    table = save(reference.random_table(12))
    x, w = operands(13, table, (2, 7, 6, 5), (3, 2, 5, 2))
    zeros = np.arange(10) * 25
    got = axlut.ax_depthwise_conv2d_integer(x, w, table.path, *geometry, input_zero_point=50,
                                            filter_zero_point=zeros)
    expected = reference.conv2d_integer(x, reference.depthwise_filter(w), table, 50, zeros,
                                        *geometry)
    np.testing.assert_array_equal(got, expected)


def test_sums_beyond_int32_need_int64(save):
    table = save(reference.Table(np.full((256, 256), 65535)))
    x, w = operands(14, table, (1, 1, 1, 40000), (1, 1, 40000, 2))
    got = check_equals_reference(x, w, table, out_type=tf.int64)
    assert got.min() == 40000 * 65535 > 2**31
    with pytest.raises(tf.errors.InvalidArgumentError,
                       match="sums of 40000 products of this table can leave int32; use the "
                             "out_type int64"):
        axlut.ax_conv2d_integer(x, w, table.path)


def test_the_float_op_is_the_integer_op_on_codes(save):
    rng = np.random.default_rng(15)
    x = rng.normal(size=(2, 6, 5, 3)).astype(np.float32)
    w = rng.normal(size=(3, 3, 3, 4)).astype(np.float32)
    table = save(reference.random_table(16))
    ops = axlut.load_ops()
    codes = [ops.axlut_quantize(t, -3.0, 3.0, table=table.path, operand=o)
             for t, o in ((x, "a"), (w, "b"))]
    sums = axlut.ax_conv2d_integer(*codes, table.path, input_zero_point=128, filter_zero_point=128)
    scale = np.float64(np.float32(6) / np.float32(255))
    floats = axlut.ax_conv2d(x, w, table.path, input_range=(-3, 3), filter_range=(-3, 3))
    np.testing.assert_array_equal(floats, (sums.numpy() * (scale * scale)).astype(np.float32))


def test_graphs_infer_shapes_and_equal_eager(save):
    table = save(reference.random_table(17))
    x, w = operands(18, table, (2, 7, 6, 3), (3, 3, 3, 5))
    traced = tf.function(lambda a: axlut.ax_conv2d_integer(a, w, table.path, (2, 1)))
    graph = traced.get_concrete_function(tf.TensorSpec([None, 7, None, 3], tf.uint8))
    assert graph.output_shapes.as_list() == [None, 4, None, 5]
    assert graph.output_dtypes == tf.int32
    np.testing.assert_array_equal(traced(x), axlut.ax_conv2d_integer(x, w, table.path, (2, 1)))


@pytest.mark.parametrize("x_shape, w_shape", [
    ((0, 5, 5, 2), (3, 3, 2, 4)), ((2, 0, 5, 2), (3, 3, 2, 4)), ((2, 5, 5, 2), (3, 3, 2, 0))])
def test_empty_tensors(save, x_shape, w_shape):
    x, w = np.zeros(x_shape, np.uint8), np.zeros(w_shape, np.uint8)
    got = axlut.ax_conv2d_integer(x, w, save(reference.random_table(19)).path)
    assert got.shape == (*x_shape[:3], w_shape[3])


X, W = np.ones((1, 4, 4, 2), np.uint8), np.ones((3, 3, 2, 3), np.uint8)


@pytest.mark.parametrize("x, w, message", [
    (X.astype(np.int8), W,
     "input must be uint8 for the table's 4-bit unsigned operand; it is int8"),
    (X, W.astype(np.int8),
     "filter must be uint8 for the table's 8-bit unsigned operand; it is int8"),
    (X * 16, W, r"input must hold values of the table's 4-bit unsigned operand, 0 \.\. 15; "
                "element 0 is 16"),
])
def test_operands_that_the_table_does_not_have(save, x, w, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        axlut.ax_conv2d_integer(x, w, save(reference.exact_table(4, 8)).path)


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_values_beyond_a_narrow_signed_operand(save, layout):
    x, w = np.zeros((1, 4, 4, 4), np.int8), np.zeros((3, 3, 4, 3), np.int8)
    x.flat[13] = -9
    with pytest.raises(tf.errors.InvalidArgumentError,
                       match=r"4-bit signed operand, -8 \.\. 7; element 13 is -9"):
        axlut.ax_conv2d_integer(x, w, save(reference.exact_table(4, 4, True)).path,
                                data_format=layout)


@pytest.mark.parametrize("arguments, error, message", [
    ({"input_zero_point": 256}, tf.errors.InvalidArgumentError,
     r"input_zero_point must be a value of the table's 8-bit unsigned operand, 0 \.\. 255; it is "
     "256"),
    ({"filter_zero_point": -1}, tf.errors.InvalidArgumentError,
     "filter_zero_point must be a value"),
    ({"input_zero_point": [1, 2]}, tf.errors.InvalidArgumentError,
     r"input_zero_point must be a scalar; it has the shape \[2\]"),
    ({"filter_zero_point": [1, 2]}, tf.errors.InvalidArgumentError,
     r"filter_zero_point must be a scalar or a vector of 3, one per channel; it has the shape "
     r"\[2\]"),
    ({"input_zero_point": 1.5}, TypeError, "input_zero_point must be whole numbers; it is 1.5"),
    ({"filter_zero_point": np.float32(1)}, TypeError, "must be whole numbers; it is float32"),
    ({"out_type": tf.float32}, ValueError,
     "out_type must be tf.int32 or tf.int64; it is tf.float32"),
    ({"encoding": "gray"}, ValueError,
     "encoding must be 'affine' or 'sign_magnitude'; it is 'gray'"),
    ({"data_format": "CHWN"}, ValueError, "data_format must be 'NHWC' or 'NCHW'; it is 'CHWN'"),
])
def test_wrong_arguments(save, arguments, error, message):
    with pytest.raises(error, match=message):
        axlut.ax_conv2d_integer(X, W, save(reference.exact_table()).path, **arguments)


@pytest.mark.parametrize("x, message", [
    (X.astype(np.float32), "input must be uint8 or int8; it is float32"),
    (X.astype(np.int32), "input must be uint8 or int8; it is int32"),
    (X.tolist(), "input must be a uint8 or int8 tensor or array; it is a list"),
])
def test_other_types(save, x, message):
    with pytest.raises(TypeError, match=f"ax_conv2d_integer: {message}"):
        axlut.ax_conv2d_integer(x, W, save(reference.exact_table()).path)
