# SPDX-License-Identifier: MIT
"""ax_conv2d equals the integer reference bit for bit, and tf.nn.conv2d for the exact table."""

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
    ((1, 3), "VALID", (1, 1)),
    ((1, 1), "SAME", (2, 2)),
    ((1, 1), "VALID", (1, 2)),
    ((1, 1), [[0, 0], [2, 1], [0, 3], [0, 0]], (1, 1)),
    ((2, 3), [[0, 0], [0, 2], [1, 1], [0, 0]], (1, 1)),
]
IMAGE = (7, 6)
CASES = [(size, *geometry) for geometry in GEOMETRIES for size in [(1, 1), (3, 3), (2, 3), IMAGE]
         if not (size == IMAGE and geometry == ((1, 1), "VALID", (1, 2)))]  # does not fit in


def tensors(seed, x_shape, w_shape):
    rng = np.random.default_rng(seed)
    return (rng.normal(0.3, 1.0, x_shape).astype(np.float32),
            rng.normal(-0.1, 0.5, w_shape).astype(np.float32))


def check_equals_reference(x, w, table, strides=(1, 1), padding="SAME", dilations=(1, 1)):
    got = axlut.ax_conv2d(x, w, table=table.path, strides=strides, padding=padding,
                          dilations=dilations).numpy()
    expected, sums = reference.conv2d(x, w, table, strides, padding, dilations)
    assert got.shape == expected.shape
    np.testing.assert_array_equal(got, expected)
    return got, sums


@pytest.mark.parametrize("filter_size, strides, padding, dilations", CASES)
def test_equals_the_integer_reference(save, filter_size, strides, padding, dilations):
    x, w = tensors(1, (2, *IMAGE, 3), (*filter_size, 3, 5))
    check_equals_reference(x, w, save(reference.random_table(2)), strides, padding, dilations)


@pytest.mark.parametrize("width_a, width_b", [(8, 8), (8, 4), (8, 3), (4, 4), (5, 8), (2, 2)])
@pytest.mark.parametrize("signed", [False, True])
def test_all_widths_and_signs_equal_the_integer_reference(save, width_a, width_b, signed):
    x, w = tensors(3, (2, 5, 6, 2), (3, 3, 2, 4))
    check_equals_reference(x, w, save(reference.random_table(4, width_a, width_b, signed)))


# The references add T[0][0] or T[zero][zero] for every element that fills K up to a tile.
@pytest.mark.parametrize("depth", [*range(1, 18), 27, 31, 32, 33, 63, 64, 65, 576])
def test_every_depth_has_its_own_products_only(save, depth):
    x, w = tensors(5, (1, 2, 3, depth), (1, 1, depth, 3))
    check_equals_reference(x, w, save(reference.random_table(6)))


@pytest.mark.parametrize("out_c", [*range(1, 18), 33, 64])
def test_every_number_of_output_channels(save, out_c):
    x, w = tensors(7, (1, 4, 5, 3), (3, 3, 3, out_c))
    check_equals_reference(x, w, save(reference.random_table(8)))


@pytest.mark.parametrize("in_c, group_c, out_c", [(6, 3, 4), (6, 2, 9), (4, 1, 4), (4, 1, 8)])
def test_groups_follow_from_the_channels(save, in_c, group_c, out_c):
    x, w = tensors(9, (2, 5, 4, in_c), (3, 3, group_c, out_c))
    check_equals_reference(x, w, save(reference.random_table(10)), (2, 1))


def test_sums_beyond_int32_are_exact(save):
    x, w = tensors(11, (1, 1, 1, 70000), (1, 1, 70000, 2))
    products = np.full((256, 256), 65535)
    got, sums = check_equals_reference(x, w, save(reference.Table(products)))
    assert np.abs(sums).max() > 2**31
    assert got.shape == (1, 1, 1, 2)


def test_sums_beyond_the_24_bits_of_a_float_are_exact(save):
    x, w = np.full((1, 1, 1, 4608), 1, np.float32), np.full((1, 1, 4608, 1), 1, np.float32)
    x[..., -1], w[..., -1, :] = 1 / 255, 1 / 255
    table = save(reference.exact_table())
    got = axlut.ax_conv2d(x, w, table=table.path, input_range=(0, 255), filter_range=(0, 255))
    assert got.numpy().item() == 4607  # codes 1, the last one 0
    got = axlut.ax_conv2d(x * 255, w * 255, table=table.path, input_range=(0, 255),
                          filter_range=(0, 255))
    assert got.numpy().item() == np.float32(4607 * 255 * 255 + 1)


@pytest.mark.parametrize("filter_size, strides, padding, dilations", CASES)
def test_exact_table_is_conv2d_of_fake_quantized_values(save, filter_size, strides, padding,
                                                        dilations):
    x, w = tensors(12, (2, *IMAGE, 9), (*filter_size, 9, 5))
    got = axlut.ax_conv2d(x, w, save(reference.exact_table()).path, strides, padding, dilations)
    check_within_float_rounding(got.numpy(), x, w, strides, padding, dilations)


@pytest.mark.parametrize("depth", [*range(1, 10), 27, 288])
def test_exact_table_is_conv2d_for_every_depth(save, depth):
    x, w = tensors(13, (1, 4, 3, depth), (1, 1, depth, 6))
    got = axlut.ax_conv2d(x, w, save(reference.exact_table()).path)
    check_within_float_rounding(got.numpy(), x, w)


@pytest.mark.parametrize("width_b", [8, 5])
def test_exact_signed_table_is_conv2d_of_fake_quantized_values(save, width_b):
    x, w = tensors(14, (2, 7, 6, 4), (3, 3, 4, 5))
    table = save(reference.exact_table(8, width_b, signed=True))
    check_within_float_rounding(axlut.ax_conv2d(x, w, table.path).numpy(), x, w, bits=(8, width_b))


def test_exact_table_is_depthwise_conv2d_of_fake_quantized_values(save):
    x, w = tensors(15, (2, 6, 5, 4), (3, 3, 4, 2))
    got = axlut.ax_conv2d(x, w.reshape(3, 3, 1, 8), save(reference.exact_table()).path)
    fx, fw = fake_quantized(x), fake_quantized(w)
    expected = tf.nn.depthwise_conv2d(fx, fw, [1, 1, 1, 1], "SAME")
    magnitude = tf.nn.depthwise_conv2d(abs(fx), abs(fw), [1, 1, 1, 1], "SAME")
    assert np.all(abs(got - expected) <= (9 + 4) * 2.0**-24 * magnitude)


def fake_quantized(values, bits=8):
    return tf.quantization.fake_quant_with_min_max_vars(
        values, tf.reduce_min(values), tf.reduce_max(values), num_bits=bits)


def check_within_float_rounding(got, x, w, strides=(1, 1), padding="SAME", dilations=(1, 1),
                                bits=(8, 8)):
    """|difference| <= (K + 4) u sum |x w|, u = 2^-24.

    tf.nn.conv2d rounds each of K products and K - 1 sums, in any order: less than K u in all. Two
    roundings are in the fake-quantized values, one in the product of the scales, one in our output.
    """
    fx, fw = fake_quantized(x, bits[0]), fake_quantized(w, bits[1])
    expected = tf.nn.conv2d(fx, fw, strides, padding, dilations=dilations)
    magnitude = tf.nn.conv2d(abs(fx), abs(fw), strides, padding, dilations=dilations)
    assert got.shape == expected.shape
    depth = w.shape[0] * w.shape[1] * w.shape[2]
    assert np.all(np.abs(got - expected) <= (depth + 4) * 2.0**-24 * magnitude)


def test_a_padded_pixel_is_the_code_of_zero_and_goes_through_the_table(save):
    products = np.zeros((256, 256), int)
    products[51, 128] = 1000  # 51: code of 0.0 in [-1, 4]; 128: code of the weight
    x = np.ones((1, 3, 3, 1), np.float32)
    w = np.full((3, 3, 1, 1), 128, np.float32)
    got = axlut.ax_conv2d(x, w, save(reference.Table(products)).path, input_range=(-1, 4),
                          filter_range=(0, 255)).numpy()[0, :, :, 0]
    taps_outside = np.array([[5, 3, 5], [3, 0, 3], [5, 3, 5]])
    scale = np.float32(5) / np.float32(255)
    # The product is 0 inside and 1000 outside; all nine taps are corrected by -zero_a * b.
    expected = (1000 * taps_outside - 51 * 128 * 9) * scale
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_two_runs_give_the_same_bytes_and_a_batch_equals_its_images(save):
    x, w = tensors(16, (5, 9, 8, 3), (3, 3, 3, 7))
    path = save(reference.random_table(17)).path
    ranges = {"input_range": (-3, 3), "filter_range": (-2, 2)}
    whole = axlut.ax_conv2d(x, w, path, **ranges).numpy()
    np.testing.assert_array_equal(whole, axlut.ax_conv2d(x, w, path, **ranges).numpy())
    for i in range(5):
        one = axlut.ax_conv2d(x[i:i + 1], w, path, **ranges).numpy()
        np.testing.assert_array_equal(whole[i:i + 1], one)


@pytest.mark.parametrize("x_shape, w_shape", [
    ((0, 5, 5, 2), (3, 3, 2, 4)), ((2, 0, 5, 2), (3, 3, 2, 4)), ((2, 5, 5, 2), (3, 3, 2, 0))])
def test_empty_tensors_give_empty_outputs_of_the_right_shape(save, x_shape, w_shape):
    x, w = np.zeros(x_shape, np.float32), np.zeros(w_shape, np.float32)
    got = axlut.ax_conv2d(x, w, save(reference.random_table(18)).path)
    assert got.shape == (x_shape[0], x_shape[1], x_shape[2], w_shape[3])


def test_the_file_is_read_as_it_is_at_each_call(save):
    x, w = tensors(19, (1, 4, 4, 2), (3, 3, 2, 3))
    table = save(reference.random_table(20))
    check_equals_reference(x, w, table)
    table.products = reference.random_table(21).products
    table.products.astype("<u2").tofile(table.path)
    check_equals_reference(x, w, table)
