# SPDX-License-Identifier: MIT
"""gradient="approximate": backward products through tables, bit for bit as NumPy integers.

Numbers in the names are the defects of ApproxTrain and TFApprox that a test would show.
"""

import numpy as np
import pytest
import tensorflow as tf

import axlut
import gradient_reference as oracle
import lut_reference as reference
from axlut import gradients

X_RANGE, W_RANGE = (-1.5, 1.0), (-0.5, 0.75)  # some values are clipped
GEOMETRIES = [
    ((2, 7, 6, 4), (3, 3, 4, 5), (1, 1), "SAME", (1, 1)),
    ((1, 7, 6, 4), (1, 1, 4, 3), (1, 1), "SAME", (1, 1)),
    ((8, 7, 6, 4), (3, 2, 4, 5), (2, 1), "VALID", (1, 1)),
    ((2, 9, 8, 4), (3, 3, 4, 5), (2, 3), "SAME", (2, 3)),
    ((2, 7, 6, 4), (3, 3, 4, 5), (1, 1), [[0, 0], [2, 1], [0, 3], [0, 0]], (1, 1)),
    ((2, 7, 6, 4), (3, 3, 2, 6), (1, 2), "SAME", (1, 1)),
    ((2, 7, 6, 4), (3, 3, 1, 8), (2, 2), "SAME", (1, 1)),
    ((2, 7, 6, 4), (7, 6, 4, 3), (1, 1), "VALID", (1, 1)),
    ((2, 5, 4, 3), (2, 2, 3, 4), (3, 4), "VALID", (1, 1)),  # some pixels meet no output
]


def random_case(x_shape, w_shape, seed=1):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=x_shape).astype(np.float32),
            rng.normal(size=w_shape).astype(np.float32), rng)


def run(x, w, rng, table, geometry, gradient, **ranges):
    """The output's gradient, and those of input and filter."""
    strides, padding, dilations = geometry
    x, w = tf.constant(x), tf.constant(w)
    ranges = ranges or {"input_range": X_RANGE, "filter_range": W_RANGE}
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        out = axlut.ax_conv2d(x, w, table.path, strides, padding, dilations, gradient=gradient,
                              **ranges)
        dy = rng.normal(size=out.shape).astype(np.float32)
        loss = tf.reduce_sum(out * dy)
    return dy, *(g.numpy() for g in tape.gradient(loss, [x, w]))


def expected(x, w, dy, table, input_table, filter_table, geometry):
    dx, dw = oracle.approximate(x, w, dy, input_table, filter_table, X_RANGE, W_RANGE, geometry)
    x_inside = oracle.inside(x, X_RANGE, table.widths[0])
    w_inside = oracle.inside(w, W_RANGE, table.widths[1])
    assert not x_inside.all() and not w_inside.all()
    return np.where(x_inside, dx, 0), np.where(w_inside, dw, 0)


@pytest.mark.parametrize("x_shape, w_shape, strides, padding, dilations", GEOMETRIES)
@pytest.mark.parametrize("signed", [False, True])
def test_equals_integers_bit_for_bit_at_every_geometry_9(save, x_shape, w_shape, strides, padding,
                                                         dilations, signed):
    geometry = (strides, padding, dilations)
    table = save(reference.random_table(2, signed=signed))
    x, w, rng = random_case(x_shape, w_shape)
    dy, dx, dw = run(x, w, rng, table, geometry, "approximate")
    want_dx, want_dw = expected(x, w, dy, table, table, table, geometry)
    np.testing.assert_array_equal(dx, want_dx)
    np.testing.assert_array_equal(dw, want_dw)


@pytest.mark.parametrize("widths", [((8, 8), (8, 8)), ((4, 8), (8, 5)), ((6, 3), (3, 7))])
def test_every_role_has_a_table_of_its_own(save, widths):
    forward = save(reference.random_table(3))
    input_table, filter_table = (save(reference.random_table(4 + k, *pair, signed=k == 1))
                                 for k, pair in enumerate(widths))
    geometry = ((2, 1), "SAME", (1, 1))
    x, w, rng = random_case((2, 7, 6, 4), (3, 3, 4, 5))
    dy, dx, dw = run(x, w, rng, forward, geometry,
                     gradients.Approximate(input_table.path, filter_table.path))
    want_dx, want_dw = expected(x, w, dy, forward, input_table, filter_table, geometry)
    np.testing.assert_array_equal(dx, want_dx)
    np.testing.assert_array_equal(dw, want_dw)


@pytest.mark.parametrize("batch", [1, 8])
def test_the_exact_table_gives_the_exact_gradient_2_3(save, batch):
    """Up to the quantization of the output's gradient. Sums over batch and channels are whole."""
    table = save(reference.exact_table())
    geometry = ((1, 1), "SAME", (1, 1))
    x, w, rng = random_case((batch, 6, 5, 3), (3, 3, 3, 4))
    dy, dx, dw = run(x, w, rng, table, geometry, "approximate")
    def fake(values, bounds):
        return tf.quantization.fake_quant_with_min_max_vars(values, *bounds).numpy()
    quantized_dy = fake(dy, oracle.own_range(dy))
    want_dx, want_dw = oracle.exact(fake(x, X_RANGE), fake(w, W_RANGE), quantized_dy, geometry)
    x_inside, w_inside = oracle.inside(x, X_RANGE, 8), oracle.inside(w, W_RANGE, 8)
    # The fake-quantized values are products of float32 with scale: 3 roundings each.
    np.testing.assert_allclose(dx, np.where(x_inside, want_dx, 0), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(dw, np.where(w_inside, want_dw, 0), rtol=1e-5, atol=1e-5)


def test_batch_n_is_the_sum_of_its_images_4(save):
    """With a fixed range of the output's gradient, which its largest element sets in each image."""
    table = save(reference.random_table(6, signed=True))
    geometry = ((1, 1), "SAME", (1, 1))
    x, w, _ = random_case((8, 5, 5, 3), (3, 3, 3, 4))
    rng = np.random.default_rng(7)
    dy = rng.uniform(-1, 1, (8, 5, 5, 4)).astype(np.float32)
    dy[:, 0, 0, 0], dy[:, 0, 0, 1] = -1, 1

    def both(x, dy):
        x, filter = tf.constant(x), tf.constant(w)
        with tf.GradientTape() as tape:
            tape.watch([x, filter])
            loss = tf.reduce_sum(axlut.ax_conv2d(
                x, filter, table.path, *geometry, input_range=X_RANGE, filter_range=W_RANGE,
                gradient="approximate") * dy)
        return [g.numpy() for g in tape.gradient(loss, [x, filter])]

    dx, dw = both(x, dy)
    singles = [both(x[n:n + 1], dy[n:n + 1]) for n in range(8)]
    np.testing.assert_array_equal(dx, np.concatenate([single[0] for single in singles]))
    np.testing.assert_allclose(dw, sum(single[1].astype(np.float64) for single in singles),
                               rtol=1e-5, atol=1e-4)


def test_operands_keep_their_order_12(save):
    """T[a][b] = a alone, or b alone: who is the row shows in the result."""
    geometry = ((1, 1), "VALID", (1, 1))
    x, w, rng = random_case((2, 4, 4, 2), (2, 2, 2, 3))
    codes = np.arange(256)
    for products in (np.repeat(codes[:, None], 256, 1), np.repeat(codes[None, :], 256, 0)):
        table = save(reference.Table(products))
        dy, dx, dw = run(x, w, rng, table, geometry, "approximate")
        want_dx, want_dw = expected(x, w, dy, table, table, table, geometry)
        np.testing.assert_array_equal(dx, want_dx)
        np.testing.assert_array_equal(dw, want_dw)


def test_filters_with_ranges_per_channel_are_quantized_as_a_whole(save):
    table = save(reference.random_table(8))
    geometry = ((1, 1), "SAME", (1, 1))
    x, w, rng = random_case((2, 5, 5, 3), (3, 3, 3, 4))
    low, high = w.min((0, 1, 2)) * 0.9, w.max((0, 1, 2)) * 0.9
    dy, dx, dw = run(x, w, rng, table, geometry, "approximate", input_range=X_RANGE,
                     filter_range=(low, high))
    want_dx, want_dw = oracle.approximate(x, w, dy, table, table, X_RANGE, (low.min(), high.max()),
                                          geometry)
    np.testing.assert_array_equal(dx, np.where(oracle.inside(x, X_RANGE, 8), want_dx, 0))
    w_inside = np.stack([oracle.inside(w[..., o], (low[o], high[o]), 8) for o in range(4)], -1)
    np.testing.assert_array_equal(dw, np.where(w_inside, want_dw, 0))


def test_graphs_and_saved_models_give_the_same_14(save, tmp_path):
    table = save(reference.random_table(9)).path
    x, w, _ = random_case((2, 5, 5, 3), (3, 3, 3, 4))

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3]),
                                      tf.TensorSpec([3, 3, 3, 4])])
        def both(self, x, w):
            with tf.GradientTape() as tape:
                tape.watch([x, w])
                out = axlut.ax_conv2d(x, w, table, gradient="approximate")
                loss = tf.reduce_sum(tf.sin(out))
            return tape.gradient(loss, [x, w])

    model = Model()
    tf.saved_model.save(model, str(tmp_path / "model"))
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    tf.config.run_functions_eagerly(True)
    try:
        eager = model.both(tf.constant(x), tf.constant(w))
    finally:
        tf.config.run_functions_eagerly(False)
    for got in (model.both(x, w), loaded.both(x, w)):
        for g, e in zip(got, eager):
            assert np.any(e != 0)
            # sin and its derivative may be vectorized otherwise: a code of dy can differ.
            np.testing.assert_allclose(g, e, rtol=0, atol=0.02 * np.abs(e).max())


def test_no_gradient_gives_none(save):
    """All zeros: their range is [0, 0], whatever T[0][0] is."""
    table = save(reference.random_table(10))
    x, w, _ = random_case((2, 5, 5, 3), (3, 3, 3, 4))
    x, w = tf.constant(x), tf.constant(w)
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        loss = tf.reduce_sum(axlut.ax_conv2d(x, w, table.path, gradient="approximate") * 0.0)
    for g in tape.gradient(loss, [x, w]):
        np.testing.assert_array_equal(g, np.zeros(g.shape))


@pytest.mark.parametrize("kind", ["straight_through", "approximate", "difference_1d",
                                  "difference_2d"])
def test_empty_batches_have_gradients(save, kind):
    table = save(reference.random_table(11))
    x, w = tf.zeros((0, 5, 5, 3)), tf.ones((3, 3, 3, 4))
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        loss = tf.reduce_sum(axlut.ax_conv2d(x, w, table.path, gradient=kind,
                                             input_range=(0, 1)))
    dx, dw = tape.gradient(loss, [x, w])
    assert dx.shape == x.shape
    np.testing.assert_array_equal(dw, np.zeros(w.shape))


def test_a_missing_table_is_an_error_that_names_it(save, tmp_path):
    table = save(reference.random_table(12))
    x, w, rng = random_case((2, 5, 5, 3), (3, 3, 3, 4))
    missing = str(tmp_path / "mul8u_gone.bin")
    with pytest.raises(tf.errors.InvalidArgumentError, match="mul8u_gone.bin"):
        run(x, w, rng, table, ((1, 1), "SAME", (1, 1)), gradients.Approximate(missing))


def test_a_nan_in_the_gradient_is_an_error(save):
    table = save(reference.random_table(13))
    x, w, _ = random_case((2, 5, 5, 3), (3, 3, 3, 4))
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = axlut.ax_conv2d(x, w, table.path, gradient="approximate")
        loss = tf.reduce_sum(out * np.float32("nan"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="upstream"):
        tape.gradient(loss, x)


def test_tensors_that_do_not_fit_are_errors_of_the_op_15(save):
    """No shape makes the ops read or write elsewhere, 2^31 elements and more included."""
    from axlut import _library
    ops = _library.load_ops()
    table = save(reference.random_table(14)).path
    filter, upstream = tf.ones((3, 3, 2, 4)), tf.ones((1, 5, 5, 4))
    ends = [0.0, 1.0, 0.0, 1.0]
    for sizes, message in (([1, 5, 5], "4 dimensions"), ([1, 5, 5, 3], "multiple of the filter"),
                           ([1, 6, 5, 2], "must have the output's shape"),
                           ([1, -5, 5, 2], "must not be negative"),
                           ([65536, 65536, 65536, 2], "must have the output's shape")):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            ops.axlut_conv2d_input_gradient(sizes, filter, upstream, *ends, table=table)
    with pytest.raises(tf.errors.InvalidArgumentError, match="must have the output's shape"):
        ops.axlut_conv2d_filter_gradient(tf.ones((1, 5, 5, 2)), [3, 3, 2, 5], upstream, *ends,
                                         table=table)
