# SPDX-License-Identifier: MIT
"""What the PyTorch rivals get wrong in their convolutions must be right here.

A test per defect of facts/torch-rivals.md, section 7, under its number, as far as it concerns
convolutions on CPUs.
"""

import numpy as np
import pytest
import tensorflow as tf

import axlut
import lut_reference as reference

WHOLE = (0, 255)
ROW = np.arange(256)[:, None] + np.zeros(256, int)     # T[i][j] = i
COLUMN = np.arange(256) + np.zeros((256, 1), int)      # T[i][j] = j


def tensors(seed, x_shape, w_shape):
    rng = np.random.default_rng(seed)
    return (rng.normal(0.3, 1.0, x_shape).astype(np.float32),
            rng.normal(-0.1, 0.5, w_shape).astype(np.float32))


@pytest.mark.parametrize("function", [axlut.ax_conv2d, axlut.ax_depthwise_conv2d])
@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_r02_every_layer_has_the_data_as_the_row(save, function, data_format, size):
    x, w = np.full((1, 4, 4, 1), 3, np.float32), np.full((size, size, 1, 1), 7, np.float32)
    x = x if data_format == "NHWC" else x.transpose(0, 3, 1, 2)
    for products, each in ((ROW, 3), (COLUMN, 7)):
        got = function(x, w, save(reference.Table(products)).path, padding="VALID",
                       data_format=data_format, input_range=WHOLE, filter_range=WHOLE)
        np.testing.assert_array_equal(got, np.full(got.shape, each * size * size))


def test_r02_integer_layers_too(save):
    x, w = np.full((1, 2, 2, 1), 3, np.uint8), np.full((1, 1, 1, 1), 7, np.uint8)
    for products, each in ((ROW, 3), (COLUMN, 7)):
        path = save(reference.Table(products)).path
        for function in (axlut.ax_conv2d_integer, axlut.ax_depthwise_conv2d_integer):
            np.testing.assert_array_equal(function(x, w, path), np.full((1, 2, 2, 1), each))


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize("channels", [1, 5, 16, 40])
def test_r03_depthwise_of_every_size_reads_the_table_the_same_way(save, size, channels):
    x, w = tensors(size, (1, 9, 8, channels), (size, size, channels, 1))
    table = save(reference.random_table(1))
    expected, _ = reference.conv2d(x, reference.depthwise_filter(w), table)
    np.testing.assert_array_equal(axlut.ax_depthwise_conv2d(x, w, table.path), expected)


@pytest.mark.parametrize("x_zero", [0, 1, 60, 127, 128, 255])
@pytest.mark.parametrize("w_zero", [0, 60, 255, None])
def test_r05_r06_every_zero_point_with_padding(save, x_zero, w_zero):
    """None: a zero point per channel. Ranges of 255 steps of 1 put 0.0 at the wanted code."""
    rng = np.random.default_rng(2)
    zeros = np.array([0, 1, 60, 128, 255]) if w_zero is None else np.full(5, w_zero)
    x = rng.integers(0, 256, (1, 5, 6, 3)).astype(np.float32) - x_zero
    w = (rng.integers(0, 256, (3, 3, 3, 5)) - zeros).astype(np.float32)
    bounds = {"input_range": (-x_zero, 255 - x_zero),
              "filter_range": (-zeros.astype(np.float32), (255 - zeros).astype(np.float32))}
    got = axlut.ax_conv2d(x, w, save(reference.exact_table()).path, **bounds)
    np.testing.assert_array_equal(got, tf.nn.conv2d(x, w, 1, "SAME"))  # integers: exact
    table = save(reference.random_table(3))
    got = axlut.ax_conv2d(x, w, table.path, **bounds)
    codes = [(x + x_zero).astype(int), (w + zeros).astype(int)]
    sums = reference.correlate(*codes, x_zero, zeros, table, (1, 1), "SAME", (1, 1))
    np.testing.assert_array_equal(got, sums)


@pytest.mark.parametrize("first", [32, 64])
@pytest.mark.parametrize("depth", [1, 15, 17, 63, 65])
def test_r07_no_tail_adds_the_product_of_codes_0(save, first, depth):
    products = np.zeros((256, 256), int)
    products[0, 0] = first
    path = save(reference.Table(products)).path
    for rows, out_c in ((1, 1), (7, 15), (9, 17), (17, 33)):
        ones = np.ones((1, rows, 1, depth), np.float32)
        got = axlut.ax_conv2d(ones, np.ones((1, 1, depth, out_c), np.float32), path,
                              input_range=WHOLE, filter_range=WHOLE)
        np.testing.assert_array_equal(got, np.zeros((1, rows, 1, out_c)))
        got = axlut.ax_conv2d(0 * ones, np.zeros((1, 1, depth, out_c), np.float32), path,
                              input_range=WHOLE, filter_range=WHOLE)
        np.testing.assert_array_equal(got, np.full((1, rows, 1, out_c), first * depth))


@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", ["SAME", "VALID", [[0, 0], [1, 2], [3, 0], [0, 0]]])
def test_r09_dilation_with_every_stride_and_padding(save, dilation, stride, padding):
    x, w = tensors(4, (1, 9, 10, 2), (3, 2, 2, 3))
    table = save(reference.random_table(5))
    expected, _ = reference.conv2d(x, w, table, (stride, stride), padding, (dilation, dilation))
    np.testing.assert_array_equal(
        axlut.ax_conv2d(x, w, table.path, stride, padding, dilation), expected)


@pytest.mark.parametrize("padding", ["REFLECT", "CIRCULAR", "same_upper", None, 1])
def test_r10_other_paddings_are_refused(save, padding):
    x, w = tensors(6, (1, 4, 4, 2), (3, 3, 2, 3))
    with pytest.raises(ValueError, match="padding must be"):
        axlut.ax_conv2d(x, w, save(reference.exact_table()).path, padding=padding)


@pytest.mark.parametrize("in_c, groups, multiplier", [
    (4, 1, 1), (4, 2, 1), (4, 4, 1), (4, 4, 2), (6, 3, 2), (6, 2, 3)])
def test_r12_groups_and_channel_multipliers(save, in_c, groups, multiplier):
    x, w = tensors(7, (2, 5, 6, in_c), (3, 3, in_c // groups, in_c * multiplier))
    table = save(reference.random_table(8))
    expected, _ = reference.conv2d(x, w, table)
    np.testing.assert_array_equal(axlut.ax_conv2d(x, w, table.path), expected)


def test_r12_channels_that_are_no_groups_are_refused(save):
    path = save(reference.exact_table()).path
    for x_c, w_c, out_c in ((5, 2, 4), (4, 2, 3), (2, 4, 4)):
        x, w = tensors(9, (1, 4, 4, x_c), (3, 3, w_c, out_c))
        with pytest.raises(tf.errors.InvalidArgumentError, match="channels must be a multiple"):
            axlut.ax_conv2d(x, w, path)


@pytest.mark.parametrize("largest", [32768, 65025, 65535])
def test_r13_products_beyond_int16(save, largest):
    x, w = np.full((1, 3, 3, 2), 255, np.float32), np.full((3, 3, 2, 2), 255, np.float32)
    products = np.zeros((256, 256), int)
    products[255, 255] = largest
    path = save(reference.Table(products)).path
    ranges = {"input_range": WHOLE, "filter_range": WHOLE}
    got = axlut.ax_conv2d(x, w, path, padding="VALID", **ranges)
    np.testing.assert_array_equal(got, np.full((1, 1, 1, 2), 18 * largest))
    got = axlut.ax_depthwise_conv2d(x, w, path, padding="VALID", **ranges)
    np.testing.assert_array_equal(got, np.full((1, 1, 1, 4), 9 * largest))


def test_r13_unsigned_and_signed_operands(save):
    for signed in (False, True):
        table = save(reference.random_table(10, signed=signed))
        x, w = tensors(11, (1, 5, 5, 2), (3, 3, 2, 3))
        expected, _ = reference.conv2d(x, w, table)
        np.testing.assert_array_equal(axlut.ax_conv2d(x, w, table.path), expected)


@pytest.mark.parametrize("name, height", [("square", 11), ("row", 1)])
def test_r14_every_size_of_a_depthwise_filter_is_right(save, name, height):
    table = save(reference.random_table(12))
    for width in (1, 6, 10, 11):
        x, w = tensors(13, (1, 11, 11, 3), (height, width, 3, 1))
        expected, _ = reference.conv2d(x, reference.depthwise_filter(w), table)
        np.testing.assert_array_equal(axlut.ax_depthwise_conv2d(x, w, table.path), expected)


def test_r16_a_batch_of_65536(save):
    x, w = tensors(14, (65536, 1, 1, 2), (1, 1, 2, 3))
    table = save(reference.random_table(15))
    expected, _ = reference.conv2d(x, w, table)
    np.testing.assert_array_equal(axlut.ax_conv2d(x, w, table.path), expected)


def test_r17_every_code_of_the_data_counts(save):
    """A change of any row of the table changes outputs, those of codes 128 .. 255 as well."""
    x = np.arange(256, dtype=np.float32).reshape(1, 16, 16, 1)
    w = np.full((1, 1, 1, 1), 9, np.float32)
    base = reference.exact_table().products
    products = base + np.arange(256)[:, None] * 7 % 1000
    difference = (axlut.ax_conv2d(x, w, save(reference.Table(products)).path, input_range=WHOLE,
                                  filter_range=WHOLE)
                  - axlut.ax_conv2d(x, w, save(reference.Table(base)).path, input_range=WHOLE,
                                    filter_range=WHOLE))
    np.testing.assert_array_equal(np.ravel(difference), np.arange(256) * 7 % 1000)


# Just above 2^24, and just below and above 2^31; odd, so that no power of two helps.
@pytest.mark.parametrize("depth", [257, 259, 32767, 32769, 33025])
def test_r18_sums_are_exact(save, depth):
    table = save(reference.Table(np.full((256, 256), 65535)))
    x, w = np.ones((1, 1, 1, depth), np.uint8), np.ones((1, 1, depth, 1), np.uint8)
    got = axlut.ax_conv2d_integer(x, w, table.path, out_type=tf.int64)
    assert got.numpy().item() == depth * 65535
    got = axlut.ax_conv2d(x.astype(np.float32), w.astype(np.float32), table.path,
                          input_range=WHOLE, filter_range=WHOLE)
    assert got.numpy().item() == np.float32(depth * 65535)


def test_r18_a_difference_of_one_survives_large_sums(save):
    products = np.full((256, 256), 65535)
    products[1, 1] = 65534
    table = save(reference.Table(products))
    x, w = np.zeros((1, 1, 2, 30001), np.uint8), np.ones((1, 1, 30001, 1), np.uint8)
    x[0, 0, 1, 17] = 1
    got = axlut.ax_conv2d_integer(x, w, table.path, out_type=tf.int64).numpy().ravel()
    assert got[0] - got[1] == 1 and got[0] == 30001 * 65535
