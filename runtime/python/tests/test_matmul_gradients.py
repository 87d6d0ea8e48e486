# SPDX-License-Identifier: MIT
"""Gradients of ax_matmul and ax_dense, of every kind, rank, broadcast and transpose.

Numbers in the names are the defects of ApproxTrain that a test would show.
"""

import numpy as np
import pytest
import tensorflow as tf

import axlut
import gradient_reference as oracle
import lut_reference as reference
from axlut import gradients

A_RANGE, B_RANGE = (-0.9, 0.8), (-0.7, 0.8)  # some values are clipped
RANGES = {"a_range": A_RANGE, "b_range": B_RANGE}
BROADCASTS = [((), ()), ((3,), ()), ((), (3,)), ((3,), (3,)), ((1,), (3,)), ((2, 3), (3,)),
              ((2, 1), (1, 3)), ((2, 1, 2), (3, 1))]


def tensors(a_shape, b_shape, seed=1):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=a_shape).astype(np.float32), rng.normal(size=b_shape).astype(np.float32))


def stored(matrix, transposed):
    return np.ascontiguousarray(np.swapaxes(matrix, -1, -2)) if transposed else matrix


def run(function, a, b, dy=None):
    a, b = tf.constant(a), tf.constant(b)
    with tf.GradientTape() as tape:
        tape.watch([a, b])
        out = function(a, b)
        dy = np.random.default_rng(5).normal(size=out.shape).astype(np.float32) if dy is None \
            else dy
        loss = tf.reduce_sum(tf.cast(out, tf.float32) * dy)
    return dy, *tape.gradient(loss, [a, b])


def fake(values, bounds, bits=8):
    return tf.quantization.fake_quant_with_min_max_vars(values, *bounds, num_bits=bits)


def close(got, want, **bounds):
    bounds = bounds or {"rtol": 1e-4, "atol": 1e-5 * np.abs(want).max()}
    np.testing.assert_allclose(got, want, **bounds)


@pytest.mark.parametrize("batch_a, batch_b", BROADCASTS)
@pytest.mark.parametrize("transpose_a, transpose_b",
                         [(False, False), (False, True), (True, False), (True, True)])
def test_straight_through_is_that_of_matmul_on_fake_quantized_tensors_10(
        save, batch_a, batch_b, transpose_a, transpose_b):
    path = save(reference.random_table(1)).path
    a, b = tensors((*batch_a, 4, 5), (*batch_b, 5, 3))
    a, b = stored(a, transpose_a), stored(b, transpose_b)
    flags = {"transpose_a": transpose_a, "transpose_b": transpose_b}
    dy, *got = run(lambda a, b: axlut.ax_matmul(a, b, path, **flags, **RANGES), a, b)
    _, *want = run(lambda a, b: tf.matmul(fake(a, A_RANGE), fake(b, B_RANGE), **flags), a, b, dy)
    for g, w in zip(got, want):
        assert np.any(w == 0) and np.any(w != 0)
        close(g, w)


@pytest.mark.parametrize("batch_a, batch_b", BROADCASTS)
@pytest.mark.parametrize("transpose_a, transpose_b", [(False, False), (True, True)])
def test_the_exact_tables_slopes_give_the_straight_through_gradient(
        save, batch_a, batch_b, transpose_a, transpose_b):
    path = save(reference.exact_table(8, 8, signed=True)).path
    a, b = tensors((*batch_a, 4, 5), (*batch_b, 5, 3))
    a, b = stored(a, transpose_a), stored(b, transpose_b)

    def product(kind):
        return lambda a, b: axlut.ax_matmul(a, b, path, transpose_a, transpose_b, gradient=kind,
                                            **RANGES)

    dy, *straight = run(product("straight_through"), a, b)
    for kind in ("difference_1d", "difference_2d"):
        for got, want in zip(run(product(kind), a, b, dy)[1:], straight):
            close(got, want)


@pytest.mark.parametrize("kind", ["straight_through", "approximate", "difference_1d",
                                  "difference_2d"])
@pytest.mark.parametrize("signed", [False, True])
def test_a_dense_layer_and_a_1x1_convolution_have_the_same_gradients_12(save, kind, signed):
    """With a table that is not commutative: operands keep their order in both."""
    path = save(reference.random_table(2, signed=signed)).path
    a, b = tensors((12, 5), (5, 7))
    dy, *dense = run(lambda a, b: axlut.ax_dense(a, b, path, A_RANGE, B_RANGE, gradient=kind), a, b)
    _, *matmul = run(lambda a, b: axlut.ax_matmul(a, b, path, gradient=kind, **RANGES), a, b, dy)
    _, *conv = run(lambda a, b: axlut.ax_conv2d(a, b, path, input_range=A_RANGE,
                                                filter_range=B_RANGE, gradient=kind),
                   a.reshape(3, 2, 2, 5), b.reshape(1, 1, 5, 7), dy.reshape(3, 2, 2, 7))
    for d, m, c in zip(dense, matmul, conv):
        assert np.any(d != 0)
        np.testing.assert_array_equal(d, m)
        # Integers and their one rounding are the same; floats are summed in other orders.
        exact = {"rtol": 0, "atol": 0} if kind == "approximate" else {"rtol": 1e-5, "atol": 1e-5}
        np.testing.assert_allclose(d, np.reshape(c, d.shape), **exact)


@pytest.mark.parametrize("transpose_a, transpose_b",
                         [(False, False), (False, True), (True, False), (True, True)])
def test_approximate_equals_integers_bit_for_bit_10(save, transpose_a, transpose_b):
    forward = save(reference.random_table(3))
    tables = [save(reference.random_table(4, 6, 8)), save(reference.random_table(5, 8, 5, True))]
    a, b = tensors((4, 5), (5, 3))
    gradient = gradients.Approximate(*(table.path for table in tables))
    dy, da, db = run(lambda a, b: axlut.ax_matmul(a, b, forward.path, transpose_a, transpose_b,
                                                  gradient=gradient, **RANGES),
                     stored(a, transpose_a), stored(b, transpose_b))
    want_a, _ = reference.matmul(dy, b.T, tables[0], a_range=oracle.own_range(dy), b_range=B_RANGE)
    want_b, _ = reference.matmul(a.T, dy, tables[1], a_range=A_RANGE, b_range=oracle.own_range(dy))
    want_a = np.where(oracle.inside(a, A_RANGE, 8), want_a, 0)
    want_b = np.where(oracle.inside(b, B_RANGE, 8), want_b, 0)
    np.testing.assert_array_equal(da, stored(want_a, transpose_a))
    np.testing.assert_array_equal(db, stored(want_b, transpose_b))


@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize("kind", ["straight_through", "approximate", "difference_1d",
                                  "difference_2d"])
def test_rows_of_any_rank_are_one_batch_2_3_11(save, batch, kind):
    """The gradient of the kernel sums over all rows once; that of the inputs is not scaled."""
    path = save(reference.random_table(6)).path
    a, b = tensors((batch, 3, 5), (5, 7))
    ranges = (A_RANGE, B_RANGE)
    dy, da, db = run(lambda a, b: axlut.ax_dense(a, b, path, *ranges, gradient=kind), a, b)
    _, rows_da, rows_db = run(lambda a, b: axlut.ax_dense(a, b, path, *ranges, gradient=kind),
                              a.reshape(-1, 5), b, dy.reshape(-1, 7))
    np.testing.assert_array_equal(da, tf.reshape(rows_da, a.shape))
    np.testing.assert_array_equal(db, rows_db)


def test_batched_slopes_are_those_of_every_product(save):
    path = save(reference.random_table(7)).path
    a, b = tensors((3, 4, 5), (3, 5, 6))
    low, high = np.linspace(-1, -0.5, 6).astype(np.float32), np.linspace(0.5, 2, 6).astype(np.float32)

    def product(a, b):
        return axlut.ax_matmul(a, b, path, a_range=A_RANGE, b_range=(low, high),
                               gradient="difference_2d")

    dy, da, db = run(product, a, b)
    for i in range(3):
        _, one_a, one_b = run(product, a[i], b[i], dy[i])
        close(da[i], one_a)
        close(db[i], one_b)


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16])
@pytest.mark.parametrize("kind", ["straight_through", "approximate", "difference_1d",
                                  "difference_2d"])
def test_other_types_get_gradients_of_their_own(save, dtype, kind):
    path = save(reference.random_table(8)).path
    a, b = (tf.cast(x, dtype) for x in tensors((4, 5), (5, 3)))
    dy = tf.cast(tf.cast(np.random.default_rng(6).normal(size=(4, 3)), dtype), tf.float32)

    def product(a, b):
        return axlut.ax_matmul(a, b, path, gradient=kind, **RANGES)

    _, *got = run(product, a, b, dy)
    _, *want = run(product, tf.cast(a, tf.float32), tf.cast(b, tf.float32), dy)
    for g, w in zip(got, want):
        assert g.dtype == dtype
        # The same numbers, rounded to the type; the types' own rounding is 2^-8 at most.
        np.testing.assert_array_equal(g, tf.cast(w, dtype))


@pytest.mark.parametrize("kind", ["straight_through", "approximate", "difference_1d",
                                  "difference_2d"])
def test_graphs_of_unknown_shapes_and_saved_models_train(save, tmp_path, kind):
    path = save(reference.exact_table()).path

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, None, None]),
                                      tf.TensorSpec([None, None])])
        def both(self, a, b):
            with tf.GradientTape() as tape:
                tape.watch([a, b])
                loss = tf.reduce_sum(axlut.ax_matmul(a, b, path, gradient=kind, **RANGES))
            return tape.gradient(loss, [a, b])

    a, b = tensors((2, 4, 5), (5, 3))
    model = Model()
    tf.saved_model.save(model, str(tmp_path / "model"))
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    _, *want = run(lambda a, b: axlut.ax_matmul(a, b, path, gradient=kind, **RANGES), a, b,
                   np.ones((2, 4, 3), np.float32))
    for got in (model.both(a, b), loaded.both(a, b)):
        for g, w in zip(got, want):
            close(g, w)


def test_integer_products_have_no_gradient(save):
    path = save(reference.exact_table()).path
    x = tf.ones((2, 2))
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = axlut.ax_conv2d_integer(tf.cast(tf.reshape(x, [1, 2, 2, 1]), tf.uint8),
                                      np.ones((1, 1, 1, 1), np.uint8), path)
        loss = tf.reduce_sum(tf.cast(out, tf.float32))
    assert tape.gradient(loss, x) is None
