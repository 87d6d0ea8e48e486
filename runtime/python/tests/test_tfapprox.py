# SPDX-License-Identifier: MIT
"""The drop-in for TFApprox: its formula within float rounding where that is right, and each place
where it is not (the numbers are those of facts/tfapprox.md, section 6) as a test of its own."""

import os
import pathlib

import numpy as np
import pytest
import tensorflow as tf

import axlut
import axlut.tfapprox as approx_op_module
import gradient_reference
import lut_reference as reference
import tfapprox_reference

NAMES = ["input", "filter", "input_min", "input_max", "filter_min", "filter_max"]


def fake_quantized(values, bounds, num_bits=8):
    return tf.quantization.fake_quant_with_min_max_vars(values, *bounds, num_bits=num_bits).numpy()


def own_range(values):
    return values.min(), values.max()


def tensors(seed, x_shape, w_shape, num_bits=8):
    """Fake-quantized to their own ranges, as the op expects them, and the ranges."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0.3, 1.0, x_shape).astype(np.float32)
    w = rng.normal(-0.1, 0.5, w_shape).astype(np.float32)
    ranges = own_range(x), own_range(w)
    return *(fake_quantized(v, r, num_bits) for v, r in zip((x, w), ranges)), *ranges


def convolve(x, w, x_range, w_range, file="", strides=(1, 1), padding="SAME", dilations=(1, 1),
             num_bits=8, **more):
    return approx_op_module.approx_conv2d_with_min_max_vars(
        x, w, *x_range, *w_range, strides=[1, *strides, 1], num_bits=num_bits, mul_map_file=file,
        padding=padding, dilations=[1, *dilations, 1], **more).numpy()


def margins(x, w, strides, padding, dilations):
    return [reference.pads(x.shape[1 + i], w.shape[i], strides[i], dilations[i], padding, 1 + i)
            for i in range(2)]


GEOMETRIES = [((3, 3), (1, 1), "SAME", (1, 1)), ((3, 2), (2, 1), "VALID", (1, 1)),
              ((2, 3), (2, 2), "SAME", (1, 1)), ((3, 3), (1, 1), "SAME", (2, 2)),
              ((1, 1), (1, 1), "VALID", (1, 1)), ((7, 6), (1, 1), "VALID", (1, 1))]


@pytest.mark.parametrize("size, strides, padding, dilations", GEOMETRIES)
@pytest.mark.parametrize("table", [reference.exact_table(), reference.random_table(1)],
                         ids=["exact", "random"])
def test_agrees_with_tfapprox_within_its_rounding(save, size, strides, padding, dilations, table):
    x, w, x_range, w_range = tensors(2, (2, 7, 6, 3), (*size, 3, 5))
    got = convolve(x, w, x_range, w_range, save(table).path, strides, padding, dilations)
    expected, bound = tfapprox_reference.conv2d(
        x, w, table.products, x_range, w_range, strides,
        margins(x, w, strides, padding, dilations), dilations)
    assert got.shape == expected.shape
    assert np.all(np.abs(got - expected) <= bound)
    assert bound.max() < 1e-2 * np.abs(expected).max()  # or the test could not fail


def test_is_bit_for_bit_what_ax_conv2d_gives(save):
    x, w, x_range, w_range = tensors(3, (2, 7, 6, 3), (3, 3, 3, 5))
    table = save(reference.random_table(4))
    np.testing.assert_array_equal(
        convolve(x, w, x_range, w_range, table.path),
        axlut.ax_conv2d(x, w, table.path, input_range=x_range, filter_range=w_range))


def test_a_file_is_a_table_whatever_its_name(save, tmp_path):
    x, w, x_range, w_range = tensors(5, (1, 4, 4, 2), (3, 3, 2, 3))
    table = save(reference.random_table(6))
    other = tmp_path / "mul4x12s_signed.npy"
    other.write_bytes(pathlib.Path(table.path).read_bytes())
    np.testing.assert_array_equal(convolve(x, w, x_range, w_range, table.path),
                                  convolve(x, w, x_range, w_range, other))


def test_no_file_is_the_exact_multiplier():
    x, w, x_range, w_range = tensors(7, (2, 7, 6, 3), (3, 3, 3, 5))
    expected, _ = reference.conv2d(x, w, reference.exact_table(), x_range=x_range, w_range=w_range)
    np.testing.assert_array_equal(convolve(x, w, x_range, w_range), expected)


@pytest.mark.parametrize("size", [(1, 1), (7, 6)])
def test_defect_1_products_of_1x1_and_full_size_filters_come_from_the_table(save, size):
    x, w, x_range, w_range = tensors(8, (2, 7, 6, 9), (*size, 9, 5))
    table = save(reference.random_table(9))
    expected, _ = reference.conv2d(x, w, table, (1, 1), "VALID", x_range=x_range, w_range=w_range)
    np.testing.assert_array_equal(
        convolve(x, w, x_range, w_range, table.path, padding="VALID"), expected)


@pytest.mark.parametrize("depth", [1, 7, 9, 27])
def test_defect_2_nothing_is_added_to_fill_a_tile_of_k(save, depth):
    x, w, x_range, w_range = tensors(10, (1, 3, 4, depth), (1, 1, depth, 3))
    products = reference.exact_table().products.copy()
    products[0, 0] = 64  # as in mul8u_2HH
    table = save(reference.Table(products))
    got = convolve(x, w, x_range, w_range, table.path)
    exact, _ = reference.conv2d(x, w, table, x_range=x_range, w_range=w_range)
    np.testing.assert_array_equal(got, exact)
    tiled, bound = tfapprox_reference.conv2d(x, w, products, x_range, w_range, tile=8)
    assert np.all(np.abs(got - tiled) > bound)  # what its GPU kernel gives


def test_defect_8_sums_beyond_24_bits_are_exact():
    rng = np.random.default_rng(11)
    x = rng.integers(200, 256, (1, 1, 1, 4608)).astype(np.float32)
    w = rng.integers(200, 256, (1, 1, 4608, 4)).astype(np.float32)
    got = convolve(x, w, (0, 255), (0, 255))
    integers = np.einsum("k,kc->c", x.ravel().astype(np.int64), w[0, 0].astype(np.int64))
    assert integers.min() > 2**24
    np.testing.assert_array_equal(got.ravel(), integers.astype(np.float32))
    theirs, _ = tfapprox_reference.conv2d(x, w, reference.exact_table().products, (0, 255),
                                          (0, 255))
    assert np.abs(theirs.ravel() - integers).max() > 100


@pytest.mark.parametrize("num_bits", range(2, 9))
@pytest.mark.parametrize("form", ["own_size", "corner", "exact"])
def test_defect_9_other_widths_than_8(tmp_path, num_bits, form):
    x, w, x_range, w_range = tensors(12, (2, 5, 4, 3), (3, 3, 3, 4), num_bits)
    size = 1 << num_bits
    full = np.random.default_rng(13).integers(0, 1 << 16, (256, 256))
    products = reference.exact_table(num_bits, num_bits).products if form == "exact" \
        else full[:size, :size]
    file = tmp_path / "table.bin"
    (full if form == "corner" else products).astype("<u2").tofile(file)
    got = convolve(x, w, x_range, w_range, "" if form == "exact" else file, num_bits=num_bits)
    expected, _ = reference.conv2d(x, w, reference.Table(products), x_range=x_range,
                                   w_range=w_range)
    np.testing.assert_array_equal(got, expected)


def test_defect_10_values_outside_the_range_become_its_ends(save):
    x = np.array([-9.0, -1.0, 0.0, 1.0, 9.0, np.inf, -np.inf], np.float32).reshape(1, 1, 7, 1)
    w = np.ones((1, 1, 1, 1), np.float32)
    got = convolve(x, w, (-1, 1), (0, 1))
    np.testing.assert_array_equal(got, convolve(np.clip(x, -1, 1), w, (-1, 1), (0, 1)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="input must not hold NaN; element 3"):
        x[0, 0, 3] = np.nan
        convolve(x, w, (-1, 1), (0, 1))


@pytest.mark.parametrize("value", [0.0, 0.75, -0.75])
def test_defect_11_constant_tensors(save, value):
    x = np.full((1, 4, 4, 2), value, np.float32)
    _, w, _, w_range = tensors(14, (1, 1, 1, 1), (3, 3, 2, 3))
    got = convolve(x, w, (value, value), w_range)
    expected, _ = reference.conv2d(x, w, reference.exact_table(), x_range=(value, value),
                                   w_range=w_range)
    np.testing.assert_array_equal(got, expected)
    exact = tf.nn.conv2d(x, w, 1, "SAME").numpy()
    np.testing.assert_allclose(got, exact, atol=1e-5)
    theirs, _ = tfapprox_reference.conv2d(
        fake_quantized(x, (value, value)), w, reference.exact_table().products, (value, value),
        w_range, margins=((1, 1), (1, 1)))
    assert np.isnan(theirs).any() == (value != 0)


@pytest.mark.parametrize("low, high", [(0.5, 2.0), (-2.0, -0.5)])
def test_defect_11_one_sided_ranges_are_moved_as_fake_quant_moves_them(low, high):
    x = np.linspace(low, high, 50, dtype=np.float32).reshape(1, 5, 5, 2)
    _, w, _, w_range = tensors(15, (1, 1, 1, 1), (3, 3, 2, 3))
    got = convolve(x, w, (low, high), w_range)
    expected, bound = tfapprox_reference.conv2d(
        fake_quantized(x, (low, high)), w, reference.exact_table().products, (low, high), w_range,
        margins=((1, 1), (1, 1)))
    assert np.all(np.abs(got - expected) <= bound)


def test_defect_12_explicit_padding_works(save):
    x, w, x_range, w_range = tensors(16, (2, 7, 6, 3), (3, 3, 3, 5))
    table = save(reference.random_table(17))
    padding = [[0, 0], [2, 1], [0, 3], [0, 0]]
    got = convolve(x, w, x_range, w_range, table.path, padding="EXPLICIT",
                   explicit_paddings=[0, 0, 2, 1, 0, 3, 0, 0])
    expected, _ = reference.conv2d(x, w, table, padding=padding, x_range=x_range, w_range=w_range)
    np.testing.assert_array_equal(got, expected)


def test_defect_12_nchw_works(save):
    x, w, x_range, w_range = tensors(16, (2, 7, 6, 3), (3, 2, 3, 5))
    table = save(reference.random_table(17))
    got = approx_op_module.approx_conv2d_with_min_max_vars(
        x.transpose(0, 3, 1, 2), w, *x_range, *w_range, strides=[1, 1, 2, 1], num_bits=8,
        mul_map_file=table.path, padding="SAME", data_format="NCHW")
    np.testing.assert_array_equal(tf.transpose(got, [0, 2, 3, 1]),
                                  convolve(x, w, x_range, w_range, table.path, (2, 1)))


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16, tf.float64])
def test_defect_12_other_types_are_computed_as_float32(dtype):
    values = [tf.cast(value, dtype) for value in (
        *tensors(18, (2, 5, 4, 3), (3, 3, 3, 4))[:2], -4.0, 4.0, -2.0, 2.0)]
    arguments = {"strides": [1, 1, 1, 1], "num_bits": 8, "mul_map_file": "", "padding": "SAME"}
    got = approx_op_module.approx_conv2d_with_min_max_vars(*values, **arguments)
    in_float = approx_op_module.approx_conv2d_with_min_max_vars(
        *(tf.cast(value, tf.float32) for value in values), **arguments)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, tf.cast(in_float, dtype))
    with pytest.raises(tf.errors.InvalidArgumentError, match="has a kernel for float only; T is"):
        axlut.load_ops().approx_conv2d_with_min_max_vars(*values, **arguments)


def gradients(function, *tensors):
    """Of a loss that weighs every output differently."""
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        out = function(*tensors)
        weights = tf.reshape(tf.sin(tf.range(tf.size(out), dtype=tf.float32)), tf.shape(out))
        loss = tf.reduce_sum(out * weights)
    return tape.gradient(loss, tensors)


def gradient_case():
    x, w, x_range, w_range = tensors(19, (2, 6, 5, 3), (3, 2, 3, 4))
    return [tf.constant(value) for value in (x, w, *x_range, *w_range)]


def check_gradients(got, expected):
    for g, e in zip(got, expected):
        np.testing.assert_allclose(g, e, rtol=1e-6, atol=1e-6)
    for g in got[2:]:
        assert g.shape == () and g.numpy() == 0


@pytest.mark.parametrize("geometry", [
    {"strides": [1, 2, 1, 1], "padding": "SAME"},
    {"strides": [1, 1, 1, 1], "padding": "VALID", "dilations": [1, 2, 2, 1]},
    {"strides": [1] * 4, "padding": "EXPLICIT", "explicit_paddings": [0, 0, 2, 1, 0, 3, 0, 0]}])
def test_defect_14_the_gradient_is_that_of_the_exact_convolution(save, geometry):
    """On the tensors as they are given: random products do not show in it."""
    values = gradient_case()
    path = save(reference.random_table(20)).path

    def approximate(*values):
        return approx_op_module.approx_conv2d_with_min_max_vars(
            *values, num_bits=8, mul_map_file=path, **geometry)

    def exact(x, w):
        return tf.raw_ops.Conv2D(input=x, filter=w, **geometry)

    expected = gradients(exact, *values[:2])
    check_gradients(gradients(approximate, *values), expected)
    check_gradients(tf.function(lambda *v: gradients(approximate, *v))(*values), expected)


def test_defect_14_the_gradient_for_nchw(save):
    values = gradient_case()
    path = save(reference.random_table(21)).path
    geometry = {"strides": [1, 1, 2, 1], "padding": "SAME"}

    def approximate(x, *others):
        return tf.transpose(approx_op_module.approx_conv2d_with_min_max_vars(
            tf.transpose(x, [0, 3, 1, 2]), *others, num_bits=8, mul_map_file=path,
            data_format="NCHW", **geometry), [0, 2, 3, 1])

    check_gradients(gradients(approximate, *values),
                    gradients(lambda x, w: tf.nn.conv2d(x, w, [1, 2, 1, 1], "SAME"), *values[:2]))


def test_defect_14_the_gradient_of_a_saved_model(save, tmp_path):
    values = gradient_case()
    path = save(reference.random_table(22)).path

    def approximate(*values):
        return approx_op_module.approx_conv2d_with_min_max_vars(
            *values, strides=[1, 1, 1, 1], num_bits=8, mul_map_file=path, padding="SAME")

    module = tf.Module()
    module.serve = tf.function(approximate, input_signature=[
        tf.TensorSpec(value.shape, tf.float32) for value in values])
    tf.saved_model.save(module, str(tmp_path / "model"))
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    np.testing.assert_array_equal(loaded.serve(*values), approximate(*values))
    check_gradients(gradients(loaded.serve, *values),
                    gradients(lambda x, w: tf.nn.conv2d(x, w, 1, "SAME"), *values[:2]))


def depthwise_expected(x, w, table, x_range, w_ranges, **geometry):
    """Channel by channel, each with its own filter and range."""
    multiplier = w.shape[3]
    outputs = [reference.conv2d(x[..., c:c + 1], w[:, :, c:c + 1, m:m + 1], table, x_range=x_range,
                                w_range=w_ranges[c * multiplier + m], **geometry)[0]
               for c in range(w.shape[2]) for m in range(multiplier)]
    return np.concatenate(outputs, -1)


@pytest.mark.parametrize("strides, padding, dilations", [
    ((1, 1), "SAME", (1, 1)), ((2, 2), "VALID", (1, 1)), ((2, 1), "SAME", (1, 1)),
    ((1, 1), "SAME", (2, 2))])
@pytest.mark.parametrize("ranges", ["tensor", "multiplier", "channel"])
def test_defects_15_to_19_depthwise_equals_the_reference(save, strides, padding, dilations, ranges):
    """A negative input minimum, filters that differ, a table that is not commutative."""
    x, w, x_range, w_range = tensors(23, (2, 7, 6, 3), (3, 3, 3, 2))
    table = save(reference.random_table(24))
    rng = np.random.default_rng(25)
    count = {"tensor": 1, "multiplier": 2, "channel": 6}[ranges]
    low, high = rng.uniform(-1.5, -0.5, count), rng.uniform(0.5, 1.5, count)
    low, high = low.astype(np.float32), high.astype(np.float32)
    got = approx_op_module.approx_depthwise_conv2d_with_min_max_vars(
        x, w, *x_range, *((low[0], high[0]) if ranges == "tensor" else (low, high)),
        strides=[1, *strides, 1], num_bits=8, mul_map_file=table.path, padding=padding,
        dilations=[1, *dilations, 1])
    w_ranges = [(low[i % count], high[i % count]) for i in range(6)]
    np.testing.assert_array_equal(got, depthwise_expected(
        x, w, table, x_range, w_ranges, strides=strides, padding=padding, dilations=dilations))


def test_per_channel_filter_ranges(save):
    x, w, x_range, _ = tensors(26, (2, 5, 4, 3), (3, 3, 3, 4))
    table = save(reference.random_table(27))
    low, high = w.min((0, 1, 2)), w.max((0, 1, 2))
    got = convolve(x, w, x_range, (low, high), table.path)
    expected = np.concatenate([reference.conv2d(
        x, w[..., c:c + 1], table, x_range=x_range, w_range=(low[c], high[c]))[0]
        for c in range(4)], -1)
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_depthwise_gradient_is_that_of_the_exact_convolution(save, data_format):
    x, w, x_range, w_range = tensors(28, (2, 6, 5, 3), (3, 3, 3, 2))
    values = [tf.constant(value) for value in (x, w, *x_range, *w_range)]
    path = save(reference.random_table(29)).path
    to, back = ([0, 3, 1, 2], [0, 2, 3, 1]) if data_format == "NCHW" else ([0, 1, 2, 3],) * 2

    def approximate(x, *others):
        return tf.transpose(approx_op_module.approx_depthwise_conv2d_with_min_max_vars(
            tf.transpose(x, to), *others, strides=[1, 1, 1, 1], num_bits=8, mul_map_file=path,
            padding="SAME", data_format=data_format), back)

    check_gradients(
        gradients(approximate, *values),
        gradients(lambda x, w: tf.nn.depthwise_conv2d(x, w, [1] * 4, "SAME"), *values[:2]))


def test_dilated_depthwise_gradient_is_that_of_the_exact_convolution_19(save):
    """TensorFlow's own depthwise gradients accept dilations and ignore them."""
    x, w, x_range, w_range = tensors(28, (2, 9, 8, 3), (3, 3, 3, 2))
    values = [tf.constant(value) for value in (x, w, *x_range, *w_range)]
    path = save(reference.random_table(29)).path
    dy = np.random.default_rng(30).normal(size=(2, 9, 8, 6)).astype(np.float32)
    with tf.GradientTape() as tape:
        tape.watch(values)
        out = approx_op_module.approx_depthwise_conv2d_with_min_max_vars(
            *values, strides=[1, 1, 1, 1], num_bits=8, mul_map_file=path, padding="SAME",
            dilations=[1, 2, 2, 1])
        loss = tf.reduce_sum(out * dy)
    dx, dw = tape.gradient(loss, values[:2])
    want_dx, want_dw = gradient_reference.exact(x, w.reshape(3, 3, 1, 6), dy,
                                                ((1, 1), "SAME", (2, 2)))
    np.testing.assert_allclose(dx, want_dx, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(dw, want_dw.reshape(w.shape), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("changes, message", [
    ({"num_bits": 9}, "num_bits must be 1 .. 8; it is 9"),
    ({"mul_map_file": "/nowhere/table.bin"}, "/nowhere/table.bin"),
    ({"strides": [1, 0, 1, 1]}, "strides must be 1"),
    ({"filter_min": [0.0, 1.0]}, "filter_range"),
    ({"input_min": 2.0}, r"input_range must have min <= max; it is \[2, 1\]"),
    ({"filter": np.zeros((3, 3, 5, 2), np.float32)}, "input channels must be a multiple"),
])
def test_errors_name_what_is_wrong(changes, message):
    arguments = dict(zip(NAMES, (np.zeros((1, 4, 4, 3), np.float32),
                                 np.zeros((3, 3, 3, 4), np.float32), -1.0, 1.0, -1.0, 1.0)))
    arguments |= {"strides": [1, 1, 1, 1], "num_bits": 8, "mul_map_file": "", "padding": "SAME"}
    with pytest.raises((tf.errors.InvalidArgumentError, ValueError), match=message):
        approx_op_module.approx_conv2d_with_min_max_vars(**{**arguments, **changes})


@pytest.mark.parametrize("changes, message", [
    ({"filter": np.zeros((3, 3, 2, 2), np.float32)},
     "a depthwise filter must have the input's channels; it has 2, the input 3"),
    ({"filter": np.zeros((3, 3, 3), np.float32)}, r"\(height, width, channels, multiplier\)"),
    ({"input": np.zeros((4, 4, 3), np.float32)}, "input must have 4 dimensions"),
    ({"filter_min": [-1.0] * 4, "filter_max": [1.0] * 4}, "vectors of 6, one per channel"),
    ({"filter_min": [-1.0] * 3, "filter_max": [1.0] * 3}, "vectors of 6, one per channel"),
])
def test_errors_of_the_depthwise_op_name_what_is_wrong(changes, message):
    arguments = dict(zip(NAMES, (np.zeros((1, 4, 4, 3), np.float32),
                                 np.zeros((3, 3, 3, 2), np.float32), -1.0, 1.0, -1.0, 1.0)))
    arguments |= {"strides": [1, 1, 1, 1], "num_bits": 8, "mul_map_file": "", "padding": "SAME"}
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        approx_op_module.approx_depthwise_conv2d_with_min_max_vars(**{**arguments, **changes})


def test_file_of_the_wrong_size_is_an_error(tmp_path):
    x, w, x_range, w_range = tensors(30, (1, 4, 4, 3), (3, 3, 3, 2))
    file = tmp_path / "short.bin"
    file.write_bytes(bytes(100))
    with pytest.raises(tf.errors.InvalidArgumentError,
                       match="short.bin.* must have 131072 bytes.* it has 100"):
        convolve(x, w, x_range, w_range, file)


def test_rewritten_files_are_read_again(save, tmp_path):
    x, w, x_range, w_range = tensors(31, (1, 4, 4, 3), (3, 3, 3, 2))
    file = tmp_path / "table"
    for seed in (32, 33):
        table = reference.random_table(seed)
        table.products.astype("<u2").tofile(file)
        expected, _ = reference.conv2d(x, w, table, x_range=x_range, w_range=w_range)
        np.testing.assert_array_equal(convolve(x, w, x_range, w_range, file), expected)


def test_all_of_tfapprox_tables_load():
    folder = pathlib.Path(os.environ.get("AXLUT_SHARED_DIR", "../shared")) / "data/tables/tfapprox"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    x, w, x_range, w_range = tensors(34, (1, 6, 6, 3), (3, 3, 3, 4))
    files = sorted(folder.glob("*.bin"))
    assert len(files) == 36
    for file in files:
        products = np.fromfile(file, "<u2").reshape(256, 256)
        expected, bound = tfapprox_reference.conv2d(x, w, products, x_range, w_range,
                                                    margins=((1, 1), (1, 1)))
        got = convolve(x, w, x_range, w_range, file)
        assert np.all(np.abs(got - expected) <= bound), file.name
