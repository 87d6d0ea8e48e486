# SPDX-License-Identifier: MIT
"""ax_matmul and ax_dense equal the integer reference bit for bit, and tf.matmul if T is exact."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import axlut
from axlut import tables
import lut_reference as reference


def tensors(seed, a_shape, b_shape, dtype=np.float32):
    rng = np.random.default_rng(seed)
    return rng.normal(0.3, 1.0, a_shape).astype(dtype), rng.normal(-0.1, 0.5, b_shape).astype(dtype)


def check_equals_reference(a, b, table, **arguments):
    got = axlut.ax_matmul(a, b, table.path, **arguments).numpy()
    narrow = (arguments.pop("narrow_a", False), arguments.pop("narrow_b", False))
    expected, sums = reference.matmul(a, b, table, narrow=narrow, **arguments)
    assert got.shape == expected.shape and got.dtype == np.float32
    np.testing.assert_array_equal(got, expected)
    return sums


# Defect 10 of ApproxTrain: 4-D refused, batch_a == 1 computes batch 0 only, transposes ignored.
BROADCASTS = [
    ((), ()), ((3,), (3,)), ((3,), ()), ((), (3,)), ((1,), (3,)), ((3,), (1,)), ((2, 3), (2, 3)),
    ((2, 3), (3,)), ((3,), (2, 3)), ((2, 1), (3,)), ((2, 1), (1, 3)), ((1, 3), (2, 1)),
    ((2, 3), (2, 1)), ((2, 1), (2, 3)), ((2, 3), (1, 1)), ((2, 1, 2), (3, 1)), ((9,), (9,)),
    ((2, 3, 2), (1, 3, 1)), ((10, 2), (10, 1)), ((1, 1, 1), (2, 1, 2)),
]


@pytest.mark.parametrize("batch_a, batch_b", BROADCASTS)
def test_every_broadcast_equals_the_integer_reference(save, batch_a, batch_b):
    table = save(reference.random_table(1))
    a, b = tensors(2, (*batch_a, 4, 5), (*batch_b, 5, 3))
    check_equals_reference(a, b, table)
    assert np.matmul(a, b).shape == axlut.ax_matmul(a, b, table.path).shape


@pytest.mark.parametrize("transpose_a", [False, True])
@pytest.mark.parametrize("transpose_b", [False, True])
@pytest.mark.parametrize("batch_a, batch_b", [((), ()), ((2,), ()), ((), (2,)), ((2, 1), (3,))])
def test_all_transposes_equal_the_integer_reference(save, transpose_a, transpose_b, batch_a,
                                                    batch_b):
    table = save(reference.random_table(3))
    a, b = tensors(4, (*batch_a, *((19, 35) if transpose_a else (35, 19))),
                   (*batch_b, *((21, 19) if transpose_b else (19, 21))))
    check_equals_reference(a, b, table, transpose_a=transpose_a, transpose_b=transpose_b)


@pytest.mark.parametrize("depth", [1, 2, 7, 8, 9, 15, 16, 17, 27, 63, 64, 65, 300])
def test_every_depth_has_its_own_products_only(save, depth):
    table = save(reference.random_table(5))
    assert table.products[0, 0] != 0
    a, b = tensors(6, (7, depth), (depth, 5))
    check_equals_reference(a, b, table)
    a, b = tensors(7, (2, 7, depth), (2, depth, 5))
    check_equals_reference(a, b, table)


@pytest.mark.parametrize("width_a, width_b", [(8, 8), (8, 4), (8, 2), (4, 4), (5, 8), (2, 3)])
@pytest.mark.parametrize("signed", [False, True])
def test_all_widths_and_signs_equal_the_integer_reference(save, width_a, width_b, signed):
    table = save(reference.random_table(8, width_a, width_b, signed))
    a, b = tensors(9, (6, 10), (10, 7))
    check_equals_reference(a, b, table)
    check_equals_reference(a, b, table, narrow_a=True, narrow_b=True, a_range=(-2, 2),
                           b_range=(-1, 1))


@pytest.mark.parametrize("operand", ["a", "b"])
def test_a_is_the_row_operand_and_b_the_column_operand(save, operand):
    codes = np.arange(256)
    products = np.broadcast_to(codes[:, None] if operand == "a" else codes, (256, 256))
    table = save(reference.Table(products))
    a, b = np.full((1, 1), 3.0, np.float32), np.full((1, 1), 7.0, np.float32)
    for front in [(), (2,)]:
        got = axlut.ax_matmul(np.tile(a, (*front, 1, 1)), np.tile(b, (*front, 1, 1)), table.path,
                              a_range=(0, 255), b_range=(0, 255)).numpy()
        assert (got == (3 if operand == "a" else 7)).all()
    dense = axlut.ax_dense(a[0], b, table.path, input_range=(0, 255), kernel_range=(0, 255))
    assert dense.numpy() == [3 if operand == "a" else 7]


@pytest.mark.parametrize("transpose_b", [False, True])
@pytest.mark.parametrize("front", [(), (3,), (2, 3)])
def test_ranges_per_column(save, transpose_b, front):
    table = save(reference.random_table(10))
    a, b = tensors(11, (*front, 4, 9), (*front, 6, 9) if transpose_b else (*front, 9, 6))
    rng = np.random.default_rng(12)
    low, high = -rng.uniform(0, 2, 6).astype(np.float32), rng.uniform(0, 2, 6).astype(np.float32)
    arguments = {"transpose_b": transpose_b, "a_range": (-3, 3)}
    check_equals_reference(a, b, table, b_range=(low, high), **arguments)
    whole = axlut.ax_matmul(a, b, table.path, b_range=(low.min(), high.max()), **arguments)
    own = axlut.ax_matmul(a, b, table.path, b_range=(low, high), **arguments)
    assert not np.array_equal(whole, own)
    # A vector beside a scalar, and tensors.
    check_equals_reference(a, b, table, b_range=(low, np.full(6, 1.5, np.float32)), **arguments)
    mixed = axlut.ax_matmul(a, b, table.path, b_range=(low, tf.constant(1.5)), **arguments)
    np.testing.assert_array_equal(mixed, axlut.ax_matmul(
        a, b, table.path, b_range=(low, np.full(6, 1.5, np.float32)), **arguments))


def fake_quantized(values, bounds, bits=8):
    return tf.quantization.fake_quant_with_min_max_vars(values, *bounds, num_bits=bits)


def test_exact_table_is_matmul_of_fake_quantized_values(save):
    """Within the float rounding of tf.matmul: |difference| <= (K + 4) 2^-24 sum |a b|."""
    path = save(reference.exact_table()).path
    for depth in (1, 17, 576):
        a, b = tensors(13, (2, 9, depth), (2, depth, 8))
        got = axlut.ax_matmul(a, b, path, a_range=(-4, 4), b_range=(-2, 2)).numpy()
        fa, fb = fake_quantized(a, (-4, 4)), fake_quantized(b, (-2, 2))
        difference = np.abs(got - tf.matmul(fa, fb))
        assert np.all(difference <= (depth + 4) * 2.0**-24 * tf.matmul(abs(fa), abs(fb)))


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16])
def test_other_float_types_are_rounded_once_at_the_end(save, dtype):
    table = save(reference.random_table(14, signed=True))
    a, b = (tf.cast(x, dtype) for x in tensors(15, (2, 5, 33), (33, 6)))
    got = axlut.ax_matmul(a, b, table.path, b_range=(-1, 1))
    expected, _ = reference.matmul(tf.cast(a, tf.float32).numpy(), tf.cast(b, tf.float32).numpy(),
                                   table, b_range=(-1, 1))
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, tf.cast(expected, dtype))


def test_sign_magnitude_multiplies_magnitudes(save):
    unsigned = save(reference.random_table(16, 8, 8))
    signed = reference.sign_magnitude(unsigned)
    a, b = tensors(17, (3, 4, 21), (3, 21, 5))
    expected, _ = reference.matmul(a, b, signed)
    got = axlut.ax_matmul(a, b, unsigned.path, encoding="sign_magnitude")
    np.testing.assert_array_equal(got, expected)


def test_sums_beyond_float_and_int32_are_exact(save):
    """K = 4608 passes 2^24, K = 40000 of products around 65000 passes 2^31 (and float32)."""
    products = np.random.default_rng(18).integers(65000, 65536, (256, 256))
    table = save(reference.Table(products))
    for depth, bound in ((4608, 2**24), (33500, 2**31), (40000, 2**31)):
        a, b = tensors(19, (2, depth), (depth, 3))
        sums = check_equals_reference(a, b, table, a_range=(0, 3), b_range=(0, 3))
        assert sums.min() > bound
    a, b = tensors(20, (2, 2, 33500), (2, 33500, 3))
    assert check_equals_reference(a, b, table, a_range=(0, 3), b_range=(0, 3)).min() > 2**31


def test_sums_just_below_2_to_the_31_stay_in_32_bits(save):
    table = save(reference.Table(np.full((256, 256), 65535)))
    a, b = tensors(21, (3, 32768), (32768, 2))
    sums = check_equals_reference(a, b, table, a_range=(0, 3), b_range=(0, 3))
    assert (sums == 65535 * 32768).all() and 2**31 - 2**16 < sums.max() < 2**31


@pytest.mark.parametrize("front", [(), (1,), (5,), (2, 3), (2, 1, 3), (0,), (2, 0)])
def test_dense_gives_the_same_rows_whatever_the_batch_dimensions(save, front):
    """Defects R8 of AdaPT and 11 of ApproxTrain: more dimensions bypass the table or overflow."""
    table = save(reference.random_table(22))
    x, w = tensors(23, (*front, 100), (100, 7))
    ranges = ((-4, 4), (-2, 2))
    got = axlut.ax_dense(x, w, table.path, *ranges)
    assert got.shape == (*front, 7)
    rows, _ = reference.matmul(x.reshape(-1, 100), w, table, a_range=ranges[0], b_range=ranges[1])
    np.testing.assert_array_equal(got.numpy().reshape(-1, 7), rows)
    traced = tf.function(lambda v: axlut.ax_dense(v, w, table.path, *ranges),
                         input_signature=[tf.TensorSpec([None] * len(front) + [100])])
    np.testing.assert_array_equal(traced(x), got)


def test_dense_of_unknown_rank(save):
    table = save(reference.random_table(24))
    x, w = tensors(25, (2, 3, 10), (10, 4))
    dense = tf.function(lambda v: axlut.ax_dense(v, w, table.path),
                        input_signature=[tf.TensorSpec(None)])
    np.testing.assert_array_equal(dense(x), axlut.ax_dense(x, w, table.path))
    np.testing.assert_array_equal(dense(x[0]), axlut.ax_dense(x[0], w, table.path))


@pytest.mark.parametrize("a_shape, b_shape", [
    ((0, 3), (3, 4)), ((2, 3), (3, 0)), ((0, 2, 3), (3, 4)), ((0, 2, 3), (0, 3, 4)),
    ((2, 0), (0, 4)), ((3, 2, 0), (3, 0, 4)), ((1, 2, 3), (0, 3, 4)), ((0, 0), (0, 0))])
def test_empty_tensors_give_what_matmul_gives(save, a_shape, b_shape):
    table = save(reference.random_table(26))
    a, b = np.zeros(a_shape, np.float32), np.zeros(b_shape, np.float32)
    got = axlut.ax_matmul(a, b, table.path)
    np.testing.assert_array_equal(got, np.matmul(a, b))


def test_a_call_sees_the_weights_of_that_call(save):
    """The packed weights are kept only while they stay the same, for any batch."""
    table = save(reference.random_table(27))
    a, b = tensors(28, (5, 12), (12, 6))
    multiply = tf.function(lambda x, y: axlut.ax_matmul(x, y, table.path, a_range=(-3, 3),
                                                        b_range=(-2, 2)))
    for weights in (b, b, b + np.float32(0.3), b):
        for rows in (a, a[:2]):
            expected, _ = reference.matmul(rows, weights, table, a_range=(-3, 3), b_range=(-2, 2))
            np.testing.assert_array_equal(multiply(rows, weights), expected)


@pytest.mark.parametrize("a_shape, b_shape, transposes, expected", [
    ([None, 3], [3, 4], (False, False), [None, 4]),
    ([5, None, 3], [3, 4], (False, False), [5, None, 4]),
    ([None, 3, 2], [5, 4, 3], (True, True), [5, 2, 4]),
    ([7, 1, 2, 3], [None, 3, None], (False, False), [7, None, 2, None]),
    (None, [3, 4], (False, False), None)])
def test_graphs_infer_the_output_shape(save, a_shape, b_shape, transposes, expected):
    table = save(reference.random_table(29))
    multiply = tf.function(lambda a, b: axlut.ax_matmul(a, b, table.path, *transposes))
    shape = multiply.get_concrete_function(tf.TensorSpec(a_shape),
                                           tf.TensorSpec(b_shape)).output_shapes
    assert (None if shape.rank is None else shape.as_list()) == expected


@pytest.mark.parametrize("threads", [1, 5])
def test_saved_model_gives_the_same_bytes_with_any_number_of_threads(save, tmp_path, threads):
    path = save(reference.random_table(30)).path
    a, b = tensors(31, (12, 65, 70), (12, 70, 33))
    module = tf.Module()
    module.serve = tf.function(
        lambda x: axlut.ax_matmul(axlut.ax_dense(x, b[0], path), b, path, transpose_b=True),
        input_signature=[tf.TensorSpec([None, None, 70])])
    tf.saved_model.save(module, str(tmp_path / "model"))
    np.save(tmp_path / "a.npy", a)
    code = (f"import numpy as np, tensorflow as tf, axlut; axlut.load_ops();"
            f"tf.config.threading.set_intra_op_parallelism_threads({threads});"
            f"model = tf.saved_model.load('{tmp_path}/model');"
            f"np.save('{tmp_path}/y.npy', model.serve(np.load('{tmp_path}/a.npy')))")
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), module.serve(a))


def test_table_path_is_independent_of_the_working_directory(save, monkeypatch):
    path = pathlib.Path(save(reference.random_table(32)).path)
    a, b = tensors(33, (2, 3), (3, 4))
    monkeypatch.chdir(path.parent)
    multiply = tf.function(lambda x: axlut.ax_matmul(x, b, path.name))
    expected = multiply(a)
    monkeypatch.chdir("/")
    np.testing.assert_array_equal(multiply(a), expected)


def integers(seed, shape, width, signed):
    values = reference.operand_values(width, signed)
    codes = np.random.default_rng(seed).integers(0, 1 << width, shape)
    return values[codes].astype(np.int8 if signed else np.uint8)


@pytest.mark.parametrize("width_a, width_b, signed", [(8, 8, False), (8, 8, True), (8, 4, True),
                                                      (3, 7, False), (2, 8, True)])
@pytest.mark.parametrize("batch_a, batch_b", [((), ()), ((4,), ()), ((2, 1), (3,)), ((9,), (9,))])
def test_integer_sums_equal_the_reference(save, width_a, width_b, signed, batch_a, batch_b):
    table = save(reference.random_table(35, width_a, width_b, signed))
    a = integers(36, (*batch_a, 6, 13), width_a, signed)
    b = integers(37, (*batch_b, 13, 5), width_b, signed)
    zero_a = int(integers(38, (), width_a, signed))
    for zero_b in (0, int(integers(39, (), width_b, signed)), integers(40, 5, width_b, signed)):
        expected = reference.matmul_integer(a, b, table, zero_a, zero_b)
        for out_type in (tf.int32, tf.int64):
            got = axlut.ax_matmul_integer(a, b, table.path, a_zero_point=zero_a,
                                          b_zero_point=zero_b, out_type=out_type)
            assert got.dtype == out_type
            np.testing.assert_array_equal(got, expected)
    swapped = axlut.ax_matmul_integer(np.swapaxes(a, -1, -2), np.swapaxes(b, -1, -2), table.path,
                                      True, True, zero_a, zero_b)
    np.testing.assert_array_equal(swapped, expected)


def test_operands_of_integers_may_differ_in_sign(tmp_path):
    products = np.random.default_rng(41).integers(-2**15, 2**15, (256, 256))
    path = tables.from_products(products, b_signed=True).save(tmp_path / "mixed.axt")
    a, b = integers(42, (3, 9), 8, False), integers(43, (9, 4), 8, True)
    expected = products[a[:, :, None], b.astype(int)[None] & 255].sum(1)
    np.testing.assert_array_equal(axlut.ax_matmul_integer(a, b, path), expected)
    with pytest.raises(tf.errors.InvalidArgumentError,
                       match="b must be int8 for the table's 8-bit signed operand; it is uint8"):
        axlut.ax_matmul_integer(a, b.astype(np.uint8), path)


def test_integer_sums_near_the_end_of_int32(save):
    table = save(reference.Table(np.full((256, 256), 65535)))
    a, b = integers(44, (2, 33000), 8, False), integers(45, (33000, 3), 8, False)
    with pytest.raises(tf.errors.InvalidArgumentError,
                       match="sums of 33000 products of this table can leave int32; use .* int64"):
        axlut.ax_matmul_integer(a, b, table.path)
    got = axlut.ax_matmul_integer(a, b, table.path, out_type=tf.int64)
    assert (got.numpy() == 33000 * 65535).all()
    got = axlut.ax_matmul_integer(a[:, :32768], b[:32768], table.path)
    assert (got.numpy() == 32768 * 65535).all()


def test_integer_products_in_graphs_and_of_empty_tensors(save):
    table = save(reference.random_table(46))
    multiply = tf.function(lambda a, b: axlut.ax_matmul_integer(a, b, table.path, a_zero_point=3),
                           input_signature=[tf.TensorSpec([None, 5], tf.uint8),
                                            tf.TensorSpec([2, 5, 3], tf.uint8)])
    assert multiply.get_concrete_function().output_shapes.as_list() == [2, None, 3]
    a, b = integers(47, (4, 5), 8, False), integers(48, (2, 5, 3), 8, False)
    np.testing.assert_array_equal(multiply(a, b), reference.matmul_integer(a, b, table, 3))
    assert multiply(a[:0], b).shape == (2, 0, 3)
    assert not axlut.ax_matmul_integer(a[:, :0], b[:, :0], table.path).numpy().any()


@pytest.mark.parametrize("arguments, message", [
    ({"a": np.full((2, 3), 16, np.uint8)}, r"operand, 0 \.\. 15; element 0 is 16"),
    ({"a": np.zeros((2, 3), np.int8)}, "a must be uint8 for the table's 4-bit unsigned operand"),
    ({"a": np.zeros((2, 3), np.float32)}, "a must be uint8 or int8; it is float32"),
    ({"b": [[1]]}, "b must be a uint8 or int8 tensor or array; it is a list"),
    ({"b": np.zeros((2, 4), np.uint8)}, "they are 3 and 2"),
    ({"a_zero_point": 16}, "a_zero_point must be a value of .* it is 16"),
    ({"a_zero_point": [1, 2]}, r"a_zero_point must be a scalar.*; it has the shape \[2\]"),
    ({"b_zero_point": [1, 2]}, "b_zero_point must be a scalar or a vector of 4"),
    ({"b_zero_point": 0.5}, "b_zero_point must be whole numbers"),
    ({"out_type": tf.int16}, "out_type must be tf.int32 or tf.int64"),
    ({"encoding": "gray"}, "encoding must be 'affine' or 'sign_magnitude'"),
])
def test_wrong_arguments_of_integers_are_named(save, arguments, message):
    table = save(reference.exact_table(4, 4))
    given = {"a": np.ones((2, 3), np.uint8), "b": np.ones((3, 4), np.uint8), **arguments}
    with pytest.raises((ValueError, TypeError, tf.errors.InvalidArgumentError), match=message):
        axlut.ax_matmul_integer(table=table.path, **given)


A, B = tensors(34, (2, 3), (3, 4))


@pytest.mark.parametrize("a, b, arguments, message", [
    (A, A, {}, "a must have as many columns as b has rows; they are 3 and 2"),
    (A, B, {"transpose_a": True}, r"they are 2 and 3, of shapes \[2, 3\] \(transposed\)"),
    (A[0], B, {}, r"a must have at least 2 dimensions; its shape is \[3\]"),
    (A, B[0], {}, r"b must have at least 2 dimensions; its shape is \[4\]"),
    (np.stack([A] * 2), np.stack([B] * 3), {}, "must be equal or 1; they are 2 and 3"),
    (A, B, {"a_range": 3}, r"a_range must be None or \(min, max\); it is 3"),
    (A, B, {"a_range": (1, -1)}, "a_range must have min <= max"),
    (A, B, {"b_range": (0, np.inf)}, "b_range must be finite"),
    (A, B, {"a_range": ([0, 0], 1)}, "a_range must be two scalars; one has the shape"),
    (A, B, {"b_range": ([0.0] * 3, 1)}, "b_range must be scalars or vectors of 4"),
    (A, B, {"encoding": "gray"}, "encoding must be 'affine' or 'sign_magnitude'; it is 'gray'"),
    (A, B, {"gradient": "exact"}, "gradient must be one of"),
    (np.where(A == A[1, 2], np.nan, A), B, {"a_range": (0, 1)}, "a must not hold NaN; element 5"),
    (A, B * np.nan, {"b_range": (0, 1)}, "b must not hold NaN; element 0"),
    (A.astype(np.float16), tf.constant(B), {}, "b must have the other operand's type, float16"),
    (tf.cast(A, tf.int32), B, {}, "a must be float32, bfloat16 or float16; it is int32"),
])
def test_wrong_arguments_are_named(save, a, b, arguments, message):
    path = save(reference.exact_table()).path
    with pytest.raises((ValueError, TypeError, tf.errors.InvalidArgumentError), match=message):
        axlut.ax_matmul(a, b, path, **arguments)


def test_wrong_shapes_in_a_graph_fail_while_it_is_traced(save):
    path = save(reference.exact_table()).path
    multiply = tf.function(lambda a, b: axlut.ax_matmul(a, b, path))
    for a_shape, b_shape in [([None, 3], [4, 5]), ([3], [3, 5]), ([2, 1, 3], [3, 3, 5, 6])]:
        with pytest.raises(ValueError):
            multiply.get_concrete_function(tf.TensorSpec(a_shape), tf.TensorSpec(b_shape))
    with pytest.raises(ValueError):
        tf.function(lambda a: axlut.ax_matmul(a, B, path, b_range=([0.0] * 3, 1))) \
            .get_concrete_function(tf.TensorSpec([None, 3]))


@pytest.mark.parametrize("inputs, kernel, message", [
    (np.float32(1), B, "inputs must have at least 1 dimension"),
    (A, B[0], r"kernel must have 2 dimensions, \[k, n\]; its shape is \(4,\)"),
    (A, np.stack([B, B]), "kernel must have 2 dimensions"),
    (A[:, :2], B, "a must have as many columns as b has rows; they are 2 and 3"),
])
def test_dense_layers_that_make_no_sense_are_refused(save, inputs, kernel, message):
    path = save(reference.exact_table()).path
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match=message):
        axlut.ax_dense(inputs, kernel, path)


def test_missing_table_file(tmp_path):
    with pytest.raises(tf.errors.InvalidArgumentError, match="nowhere.axt' cannot be read"):
        axlut.ax_matmul(A, B, tmp_path / "nowhere.axt")
