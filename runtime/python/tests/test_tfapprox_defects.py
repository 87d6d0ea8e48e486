# SPDX-License-Identifier: MIT
"""What TFApprox (tf1, tf2, TFApprox4IL) gets wrong in its convolutions must be right here.

A test per defect of facts/tfapprox.md, section 6, under its number. Those of its GPU code alone are
tests of kernels/cuda, those of gradients and Keras layers in the files about these.
"""

import os
import pathlib

import numpy as np
import pytest
import tensorflow as tf

import axlut
import lut_reference as reference


def tensors(seed, x_shape, w_shape, shift=0.3):
    """Values of both signs: both zero points are away from the ends."""
    rng = np.random.default_rng(seed)
    return (rng.normal(shift, 1.0, x_shape).astype(np.float32),
            rng.normal(-0.1, 0.5, w_shape).astype(np.float32))


def check_equals_reference(x, w, table, *geometry, **ranges):
    got = axlut.ax_conv2d(x, w, table.path, *geometry, input_range=ranges.get("x_range"),
                          filter_range=ranges.get("w_range")).numpy()
    expected, sums = reference.conv2d(x, w, table, *geometry, **ranges)
    np.testing.assert_array_equal(got, expected)
    return got, sums


def check_depthwise_equals_reference(x, w, table, *geometry, **ranges):
    got = axlut.ax_depthwise_conv2d(x, w, table.path, *geometry,
                                    input_range=ranges.get("x_range")).numpy()
    expected, _ = reference.conv2d(x, reference.depthwise_filter(w), table, *geometry, **ranges)
    np.testing.assert_array_equal(got, expected)
    return got


@pytest.mark.parametrize("x_shape, w_shape, padding", [
    ((2, 6, 5, 7), (1, 1, 7, 4), "SAME"), ((2, 6, 5, 7), (6, 5, 7, 4), "VALID"),
    ((2, 1, 1, 7), (1, 1, 7, 4), "VALID")])
def test_01_kernels_of_1x1_and_of_the_size_of_the_image(save, x_shape, w_shape, padding):
    x, w = tensors(1, x_shape, w_shape)
    got, _ = check_equals_reference(x, w, save(reference.random_table(2)), (1, 1), padding)
    exact = axlut.ax_conv2d(x, w, save(reference.exact_table()).path, 1, padding)
    np.testing.assert_allclose(exact, tf.nn.conv2d(x, w, 1, padding), atol=0.3)
    assert np.abs(got - exact).max() > 1  # the table was used


@pytest.mark.parametrize("depth", [1, 3, 7, 9, 27, 33])
@pytest.mark.parametrize("first", [32, 64, 65535])  # 2AC has 32, 2HH has 64
def test_02_tails_of_k_do_not_add_the_product_of_codes_0(save, depth, first):
    products = reference.exact_table().products.copy()
    products[0, 0] = first
    x, w = tensors(3, (1, 3, 3, depth), (1, 1, depth, 3), shift=0)
    table = save(reference.Table(products))
    check_equals_reference(np.abs(x), np.abs(w), table)  # both zero codes are 0
    w3 = tensors(4, (1, 1, 1, 1), (3, 3, depth, 3))[1]
    check_equals_reference(np.abs(x), np.abs(w3), table)


@pytest.mark.parametrize("depth", [1, 7, 9, 27])
def test_03_tails_of_k_do_not_add_the_product_of_zero_points(save, depth):
    x, w = tensors(5, (1, 3, 3, depth), (1, 1, depth, 3))
    (_, zero_a), (_, zero_b) = (reference.nudge(*reference.default_range(t), 8) for t in (x, w))
    assert 0 < zero_a < 255 and 0 < zero_b < 255
    products = reference.exact_table().products.copy()
    products[zero_a, zero_b] = 60000
    check_equals_reference(x, w, save(reference.Table(products)))


def test_06_the_same_input_gives_the_same_bytes(save):
    x, w = tensors(6, (8, 20, 20, 16), (3, 3, 16, 32))
    path = save(reference.random_table(7)).path
    first = axlut.ax_conv2d(x, w, path).numpy().tobytes()
    assert all(axlut.ax_conv2d(x, w, path).numpy().tobytes() == first for _ in range(5))


def test_08_sums_of_4608_products_equal_those_of_int64(save):
    rng = np.random.default_rng(8)
    x = rng.integers(150, 256, (1, 3, 3, 512)).astype(np.float32)
    w = rng.integers(150, 256, (3, 3, 512, 4)).astype(np.float32)
    w[..., 0] = 255
    got = axlut.ax_conv2d(x, w, save(reference.exact_table()).path, padding="VALID",
                          input_range=(0, 255), filter_range=(0, 255)).numpy().ravel()
    sums = np.einsum("hwc,hwco->o", x[0].astype(np.int64), w.astype(np.int64))
    assert sums.max() > 2**26
    np.testing.assert_array_equal(got, sums.astype(np.float32))


@pytest.mark.parametrize("width_a, width_b", [(4, 4), (7, 7), *((8, n) for n in range(1, 9))])
def test_09_widths_other_than_8(save, width_a, width_b):
    x, w = tensors(9, (2, 6, 5, 4), (3, 3, 4, 3))
    check_equals_reference(x, w, save(reference.random_table(10, width_a, width_b)))
    exact = axlut.ax_conv2d(x, w, save(reference.exact_table(width_a, width_b)).path)
    fx, fw = (tf.quantization.fake_quant_with_min_max_vars(t, t.min(), t.max(), num_bits=width)
              if width > 1 else None for t, width in ((x, width_a), (w, width_b)))
    if fw is not None:
        np.testing.assert_allclose(exact, tf.nn.conv2d(fx, fw, 1, "SAME"), rtol=1e-4, atol=1e-4)


def test_10_values_outside_the_range_are_clamped_and_nan_is_refused(save):
    x, w = tensors(11, (1, 5, 5, 2), (3, 3, 2, 3))
    x[0, 0, 0], x[0, 2, 2, 0], w[1, 1, 0, 0] = [np.inf, -np.inf], 1e30, -1e30
    table = save(reference.random_table(12))
    ranges = {"x_range": (-1, 1.5), "w_range": (-0.5, 0.25)}
    got, _ = check_equals_reference(x, w, table, **ranges)
    assert np.all(np.isfinite(got))
    x[0, 4, 4, 1] = np.nan
    with pytest.raises(tf.errors.InvalidArgumentError, match="input must not hold NaN; element 49"):
        axlut.ax_conv2d(x, w, table.path, input_range=(-1, 1), filter_range=(-1, 1))


@pytest.mark.parametrize("constant", [0, 2.5, -2.5])
def test_11_constant_tensors(save, constant):
    x, w = np.full((1, 4, 4, 2), constant, np.float32), np.full((3, 3, 2, 2), -0.5, np.float32)
    got = axlut.ax_conv2d(x, w, save(reference.exact_table()).path, padding="VALID").numpy()
    np.testing.assert_allclose(got, np.full((1, 2, 2, 2), constant * -0.5 * 18), rtol=1e-6)


@pytest.mark.parametrize("bounds", [(1, 3), (-3, -1), (2, 2), (-2, -2)])
def test_11_ranges_on_one_side_of_zero(save, bounds):
    x, w = tensors(13, (1, 5, 5, 2), (3, 3, 2, 3))
    check_equals_reference(x, w, save(reference.random_table(14)), x_range=bounds, w_range=bounds)
    # By default nothing is clipped.
    shifted = np.abs(x) + 1
    exact = axlut.ax_conv2d(shifted, w, save(reference.exact_table()).path)
    np.testing.assert_allclose(exact, tf.nn.conv2d(shifted, w, 1, "SAME"), atol=0.3)


@pytest.mark.parametrize("dtype, works", [
    (tf.float32, True), (tf.float16, True), (tf.bfloat16, True), (tf.float64, False)])
def test_12_a_type_works_or_is_refused_by_name(save, dtype, works):
    x, w = (tf.cast(t, dtype) for t in tensors(15, (1, 5, 5, 2), (3, 3, 2, 3)))
    path = save(reference.exact_table()).path
    if works:
        got = tf.cast(axlut.ax_conv2d(x, w, path), tf.float32)
        exact = tf.nn.conv2d(tf.cast(x, tf.float32), tf.cast(w, tf.float32), 1, "SAME")
        np.testing.assert_allclose(got, exact, atol=0.2)
        return
    with pytest.raises(TypeError, match=f"it is {dtype.name}"):
        axlut.ax_conv2d(x, w, path)
    # The op itself says so while a graph is made.
    with pytest.raises((TypeError, tf.errors.InvalidArgumentError), match="(?i)double|float64"):
        axlut.load_ops().axlut_conv2d(x, w, 0.0, 1.0, 0.0, 1.0, table=path)


def test_12_nchw_and_explicit_padding_work(save):
    x, w = tensors(16, (2, 6, 5, 3), (3, 3, 3, 4))
    table = save(reference.random_table(17))
    pads = [[0, 0], [1, 2], [0, 1], [0, 0]]
    expected, _ = check_equals_reference(x, w, table, (1, 1), pads)
    got = axlut.ax_conv2d(x.transpose(0, 3, 1, 2), w, table.path, 1,
                          [pads[i] for i in (0, 3, 1, 2)], data_format="NCHW")
    np.testing.assert_array_equal(got, expected.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("dilations", [(2, 2), (1, 3), (2, 1)])
def test_13_dilation(save, dilations):
    x, w = tensors(18, (1, 9, 9, 2), (3, 3, 2, 3))
    table = save(reference.random_table(19))
    dilated, _ = check_equals_reference(x, w, table, (1, 1), "SAME", dilations)
    assert np.any(dilated != axlut.ax_conv2d(x, w, table.path).numpy())


def test_15_depthwise_corrections_are_those_of_their_own_channel(save):
    """Input below 0, and filters whose sums differ from channel to channel."""
    x, w = tensors(20, (2, 6, 5, 4), (3, 3, 4, 2))
    w += np.linspace(-2, 2, 8).reshape(4, 2).astype(np.float32)
    exact = check_depthwise_equals_reference(x, w, save(reference.exact_table()))
    np.testing.assert_allclose(exact, tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME"), atol=0.5)
    check_depthwise_equals_reference(x, w, save(reference.random_table(21)))


@pytest.mark.parametrize("signed", [False, True])
def test_16_the_product_of_zero_points_has_the_right_sign(save, signed):
    """Both zero points far from 0: K * za * zb outweighs everything else."""
    x, w = tensors(22, (1, 6, 5, 4), (3, 3, 4, 1))
    x, w = x - 3, w - 3
    exact = check_depthwise_equals_reference(x, w, save(reference.exact_table(signed=signed)))
    np.testing.assert_allclose(exact, tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME"), rtol=0.03,
                               atol=0.5)


def test_17_data_are_rows_and_filters_are_columns(save):
    x = np.full((1, 3, 3, 2), 3, np.float32)
    w = np.full((1, 1, 2, 1), 7, np.float32)
    whole = {"input_range": (0, 255), "filter_range": (0, 255)}
    for products, expected in ((np.arange(256)[:, None] + np.zeros(256, int), 3),
                               (np.arange(256) + np.zeros((256, 1), int), 7)):
        path = save(reference.Table(products)).path
        got = axlut.ax_depthwise_conv2d(x, w, path, **whole)
        np.testing.assert_array_equal(got, np.full((1, 3, 3, 2), expected))
        got = axlut.ax_conv2d(x, w, path, **whole)
        np.testing.assert_array_equal(got, np.full((1, 3, 3, 1), 2 * expected))


def test_18_depthwise_padding_is_the_zero_point_and_goes_through_the_table(save):
    x, w = tensors(23, (1, 5, 5, 3), (3, 3, 3, 2))
    _, zero = reference.nudge(*reference.default_range(x), 8)
    products = reference.exact_table().products.copy()
    products[zero] += 1000  # not 0 after the corrections
    table = save(reference.Table(products))
    got = check_depthwise_equals_reference(x, w, table)
    exact = axlut.ax_depthwise_conv2d(x, w, save(reference.exact_table()).path).numpy()
    border = np.abs(got - exact)[0, 0].min()
    assert border > 0


@pytest.mark.parametrize("strides", [(1, 1), (2, 1)])
def test_19_depthwise_dilation(save, strides):
    x, w = tensors(24, (1, 9, 9, 3), (3, 3, 3, 2))
    check_depthwise_equals_reference(x, w, save(reference.random_table(25)), strides, "SAME",
                                     (2, 2))


def test_22_an_image_does_not_depend_on_its_batch_when_ranges_are_given(save):
    x, w = tensors(26, (6, 7, 6, 3), (3, 3, 3, 4))
    x[3] *= 10
    path = save(reference.random_table(27)).path
    given = {"input_range": (-3, 4)}
    whole = axlut.ax_conv2d(x, w, path, **given).numpy()
    ones = [axlut.ax_conv2d(x[i:i + 1], w, path, **given).numpy() for i in range(6)]
    np.testing.assert_array_equal(whole, np.concatenate(ones))
    # By default it does: that is why ranges can be given.
    assert np.any(axlut.ax_conv2d(x, w, path).numpy()[0] != axlut.ax_conv2d(x[:1], w, path)[0])


def test_their_table_files_are_ours(tmp_path):
    """.bin files of TFApprox: uint16, row = data. mul8u_2AC is not commutative, T[0][0] = 32."""
    folder = pathlib.Path(os.environ.get("AXLUT_SHARED_DIR", "../shared")) / "data" / "tables"
    found = sorted(folder.rglob("mul8u_2AC.bin"))
    if not found:
        pytest.skip(f"{folder} has no mul8u_2AC.bin")
    products = np.fromfile(found[0], "<u2").reshape(256, 256).astype(int)
    assert products[0, 0] == 32 and np.any(products != products.T)
    x, w = tensors(28, (2, 6, 5, 3), (3, 3, 3, 4))
    check_equals_reference(x, w, reference.Table(products, path=str(found[0])))
