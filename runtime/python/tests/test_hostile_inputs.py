# SPDX-License-Identifier: MIT
"""Inputs of raw ops that nobody means: each gives the right numbers or an error, never a crash."""

import threading

import numpy as np
import pytest
import tensorflow as tf

import axlut
import lut_reference as reference

ops = axlut.load_ops()
UNIT = (-1.0, 1.0, -1.0, 1.0)


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("dilation", [1000, 1 << 20, (1 << 31) - 1])
def test_taps_that_a_huge_dilation_moves_out_of_the_image_read_padding(save, channels, dilation):
    # One channel is a depthwise layer, whose kernels lay a window's pixels out.
    table = save(reference.random_table(1))
    x = np.random.default_rng(2).integers(0, 256, (2, 4, 5, channels), dtype=np.uint8)
    w = np.random.default_rng(3).integers(0, 256, (3, 3, channels, 2), dtype=np.uint8)
    got = ops.axlut_conv2d_integer(x, w, np.int32(7), np.int32(9), out_type=tf.int64,
                                   table=table.path, dilations=[1, dilation, dilation, 1])
    products = table.products.astype(np.int64)

    def correct(a, b):  # operand values
        return products[a, b] - 9 * a - 7 * b + 63

    a, b = x.astype(np.int64), w.astype(np.int64)
    want = correct(a[..., None], b[1, 1]).sum(axis=3)
    for tap in np.ndindex(3, 3):
        if tap != (1, 1):
            want = want + correct(np.int64(7), b[tap]).sum(axis=0)
    np.testing.assert_array_equal(got, want)


def test_an_input_of_nothing_but_padding(save):
    table = save(reference.random_table(4))
    x, w = np.zeros((2, 0, 3, 2), np.uint8), np.full((1, 1, 2, 1), 5, np.uint8)
    got = ops.axlut_conv2d_integer(x, w, np.int32(7), np.int32(9), table=table.path,
                                   padding="EXPLICIT", explicit_paddings=[0, 0, 2, 1, 0, 0, 0, 0])
    want = 2 * (int(table.products[7, 5]) - 9 * 7 - 7 * 5 + 63)
    np.testing.assert_array_equal(got, np.full((2, 3, 3, 1), want))


@pytest.mark.parametrize("sizes, message", [
    ([[1, 4], [4, 2]], r"sizes must be a vector; their shape is \[2,2\]"),
    (5, r"sizes must be a vector; their shape is \[\]"),
    ([1, 4, -4, 2], "sizes must not be negative; one is -4"),
    ([1, 4, 4], "input must have 4 dimensions"),
    ([1, 5, 4, 2], r"the output's gradient must have the output's shape, \[1,5,4,3\]"),
    ([2**31 - 1] * 3 + [2], "overflow|the output's gradient must have"),
])
def test_sizes_of_the_input_gradient(save, sizes, message):
    path = save(reference.exact_table()).path
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        ops.axlut_conv2d_input_gradient(np.array(sizes, np.int32), normal(3, 3, 2, 3),
                                        normal(1, 4, 4, 3), *UNIT, table=path)


@pytest.mark.parametrize("sizes, message", [
    ([[3, 3], [2, 3]], r"sizes must be a vector; their shape is \[2,2\]"),
    ([3, 3, -2, 3], "sizes must not be negative; one is -2"),
    ([0, 3, 2, 3], "filter must have at least one tap"),
    ([3, 3, 0, 3], "filter must have at least one tap and one input channel"),
    ([2**31 - 1, 2**31 - 1, 2, 3], "overflow"),
])
def test_sizes_of_the_filter_gradient(save, sizes, message):
    path = save(reference.exact_table()).path
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        ops.axlut_conv2d_filter_gradient(normal(1, 4, 4, 2), np.array(sizes, np.int32),
                                         normal(1, 4, 4, 3), *UNIT, table=path)


@pytest.mark.parametrize("x_shape, w_shape, y_shape", [
    ((1, 2, 2, 2), (1, 1, 2, 0), (1, 2, 2, 0)),  # no output channels
    ((1, 2, 2, 2), (3, 3, 2, 3), (1, 0, 0, 3)),  # no outputs
    ((0, 2, 2, 2), (1, 1, 2, 3), (0, 2, 2, 3)),  # no images
])
def test_gradients_of_empty_outputs_are_zeros(save, x_shape, w_shape, y_shape):
    path = save(reference.random_table(5)).path
    x, w, y = normal(*x_shape), normal(*w_shape), normal(*y_shape)
    for gradient, shape in [
            (ops.axlut_conv2d_input_gradient(np.array(x_shape, np.int32), w, y, *UNIT, table=path,
                                             padding="VALID"), x_shape),
            (ops.axlut_conv2d_filter_gradient(x, np.array(w_shape, np.int32), y, *UNIT, table=path,
                                              padding="VALID"), w_shape),
            (ops.axlut_conv2d_slope_input_gradient(x, w, y, *UNIT, table=path, padding="VALID"),
             x_shape),
            (ops.axlut_conv2d_slope_filter_gradient(x, w, y, *UNIT, table=path, padding="VALID"),
             w_shape)]:
        np.testing.assert_array_equal(gradient, np.zeros(shape, np.float32))


def test_a_slope_file_that_changes_is_read_again(tmp_path):
    path, slopes = str(tmp_path / "t.axt"), str(tmp_path / "by_b.npy")
    axlut.tables.from_products(np.zeros((16, 64), np.int32)).save(path)

    def mapped():
        return ops.axlut_slopes(np.float32(1.0), 0.0, 1.0, table=path, operand="a", slopes=slopes)[0]

    np.save(slopes, np.full((16, 64), 3, np.float32))
    np.testing.assert_allclose(mapped(), 3 / 15)
    np.save(slopes, np.full((16, 64), 5, np.float32))
    np.testing.assert_allclose(mapped(), 5 / 15)
    # As many slopes as the table's products still, but not of that table.
    axlut.tables.from_products(np.zeros((64, 16), np.int32)).save(path)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"must be <f4 \[64, 16\]"):
        mapped()


@pytest.mark.parametrize("content, message", [
    (np.full((256, 256), np.nan, np.float32), "must be finite; element 0 is nan"),
    (np.zeros((256, 255), np.float32), r"must be <f4 \[256, 256\]; they are <f4 \[256, 255\]"),
    (np.zeros((256, 256)), "must be <f4 .*; they are <f8"),
    (np.asfortranarray(np.zeros((256, 256), np.float32)), "must be in C order"),
])
def test_slope_files_that_are_none(save, tmp_path, content, message):
    path = save(reference.exact_table()).path
    slopes = str(tmp_path / "slopes.npy")
    np.save(slopes, content)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        ops.axlut_slopes(normal(2, 3), -1.0, 1.0, table=path, operand="a", slopes=slopes)
    for op in (ops.axlut_conv2d_slope_input_gradient, ops.axlut_conv2d_slope_filter_gradient):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            op(normal(1, 4, 4, 2), normal(3, 3, 2, 3), normal(1, 4, 4, 3), *UNIT, table=path,
               slopes=slopes)


def test_a_table_that_is_replaced_by_one_of_other_widths_and_signs(tmp_path):
    path = str(tmp_path / "t.axt")
    x = np.random.default_rng(6).integers(0, 4, (2, 3), dtype=np.uint8)
    w = np.random.default_rng(7).integers(0, 4, (3, 2), dtype=np.uint8)
    for width_a, width_b in [(8, 2), (2, 8), (4, 4), (8, 8)]:
        table = reference.random_table(width_a, width_a, width_b)
        axlut.tables.from_products(table.products).save(path)
        got = ops.axlut_mat_mul_integer(x, w, np.int32(1), np.int32(2), table=path)
        np.testing.assert_array_equal(got, reference.matmul_integer(x, w, table, 1, 2))
    axlut.tables.from_products(np.zeros((256, 256), np.int32), a_signed=True).save(path)
    with pytest.raises(tf.errors.InvalidArgumentError, match="a must be int8 for the table's"):
        ops.axlut_mat_mul_integer(x, w, np.int32(1), np.int32(2), table=path)


def test_one_kernel_called_by_many_threads_with_weights_of_their_own(save):
    table = save(reference.random_table(8))
    rng = np.random.default_rng(9)
    x = rng.integers(0, 256, (1, 6, 6, 3), dtype=np.uint8)
    filters = [rng.integers(0, 256, (3, 3, 3, 5), dtype=np.uint8) for _ in range(4)]
    wants = [reference.conv2d_integer(x, w, table, 1, 2) for w in filters]
    wrong = []

    @tf.function
    def convolve(w):
        return ops.axlut_conv2d_integer(x, w, 1, 2, table=table.path)

    convolve(tf.constant(filters[0]))

    def work(index):
        for _ in range(50):
            if not np.array_equal(convolve(tf.constant(filters[index])), wants[index]):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
