# SPDX-License-Identifier: MIT
"""gradient="difference_1d" and "difference_2d": slopes of the table instead of the other operand."""

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
    ((8, 7, 6, 4), (3, 2, 4, 5), (2, 1), "VALID", (1, 1)),
    ((2, 9, 8, 4), (3, 3, 4, 5), (2, 3), "SAME", (2, 3)),
    ((2, 7, 6, 4), (3, 3, 4, 20), (1, 1), [[0, 0], [2, 1], [0, 3], [0, 0]], (1, 1)),
    ((2, 7, 6, 4), (3, 3, 2, 6), (1, 2), "SAME", (1, 1)),
    ((1, 7, 6, 4), (3, 3, 1, 4), (1, 1), "SAME", (1, 1)),
    ((1, 7, 6, 4), (3, 3, 1, 8), (2, 2), "SAME", (1, 1)),
]


def random_case(x_shape, w_shape, seed=1):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=x_shape).astype(np.float32),
            rng.normal(size=w_shape).astype(np.float32))


def run(x, w, path, geometry, gradient, dy=None, **options):
    x, w = tf.constant(x), tf.constant(w)
    options = {"input_range": X_RANGE, "filter_range": W_RANGE, **options}
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        out = axlut.ax_conv2d(x, w, path, *geometry, gradient=gradient, **options)
        dy = np.random.default_rng(7).normal(size=out.shape).astype(np.float32) if dy is None \
            else dy
        loss = tf.reduce_sum(out * dy)
    return dy, *(g.numpy() for g in tape.gradient(loss, [x, w]))


def close(got, want):
    """float32 sums of some hundred terms against float64."""
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5 * np.abs(want).max())


@pytest.mark.parametrize("x_shape, w_shape, strides, padding, dilations", GEOMETRIES)
@pytest.mark.parametrize("dimensions", [1, 2])
def test_the_exact_table_gives_the_straight_through_gradient(save, x_shape, w_shape, strides,
                                                             padding, dilations, dimensions):
    geometry = (strides, padding, dilations)
    x, w = random_case(x_shape, w_shape)
    for table in (reference.exact_table(), reference.exact_table(8, 4, signed=True)):
        path = save(table).path
        dy, *straight = run(x, w, path, geometry, "straight_through")
        _, *slopes = run(x, w, path, geometry, gradients.Difference(dimensions, window=3), dy)
        for got, want in zip(slopes, straight):
            assert np.count_nonzero(want) > 0.1 * want.size
            close(got, want)


@pytest.mark.parametrize("x_shape, w_shape, strides, padding, dilations", GEOMETRIES)
def test_every_product_has_its_slope(save, x_shape, w_shape, strides, padding, dilations):
    geometry = (strides, padding, dilations)
    x, w = random_case(x_shape, w_shape)
    for seed, (width_b, signed, window) in enumerate([(8, False, 0), (8, True, 8), (4, True, 2)]):
        table = save(reference.random_table(20 + seed, 8, width_b, signed))
        dy, dx, dw = run(x, w, table.path, geometry, gradients.Difference(2, window=window))
        by_a, by_b = oracle.slopes(table, window)
        want_dx, want_dw = oracle.difference(x, w, dy, table, by_a, by_b, X_RANGE, W_RANGE,
                                             geometry)
        close(dx, np.where(oracle.inside(x, X_RANGE, 8), want_dx, 0))
        close(dw, np.where(oracle.inside(w, W_RANGE, width_b), want_dw, 0))


@pytest.mark.parametrize("width_b, signed", [(8, False), (8, True), (4, True)])
def test_one_dimension_averages_over_the_other_operand(save, width_b, signed):
    geometry = ((1, 1), "SAME", (1, 1))
    x, w = random_case((2, 7, 6, 4), (3, 3, 4, 5))
    table = save(reference.random_table(30, 8, width_b, signed))
    dy, dx, dw = run(x, w, table.path, geometry, gradients.Difference(1, window=5))
    by_a, by_b = oracle.slopes(table, 5)
    by_a, by_b = np.broadcast_to(by_a.mean(0), by_a.shape), \
        np.broadcast_to(by_b.mean(1)[:, None], by_b.shape)
    want_dx, want_dw = oracle.difference(x, w, dy, table, by_a, by_b, X_RANGE, W_RANGE, geometry)
    # What padding gets is left out of dw here: it is not a pixel of the input.
    close(dx, np.where(oracle.inside(x, X_RANGE, 8), want_dx, 0))
    interior = np.where(oracle.inside(w, W_RANGE, width_b), want_dw, 0)[1, 1]  # reads no padding
    close(dw[1, 1], interior)


def smooth_table(save):
    """T[a][b] = round(a^2 b / 256 + 3 a): convex in a, so unlike any exact product."""
    a, b = np.arange(128.0)[:, None], np.arange(64.0)[None, :]
    products = np.rint(a * a * b / 256 + 3 * a).astype(np.int64)
    return save(reference.Table(products))


def test_follows_finite_differences_of_a_smooth_table(save):
    """The loss moves as the gradient says when an operand moves by whole codes."""
    table = smooth_table(save)
    x_range, w_range = (0, 127), (0, 63)  # codes are values
    rng = np.random.default_rng(8)
    x = rng.integers(8, 120, (1, 4, 4, 2)).astype(np.float32)
    w = rng.integers(8, 56, (2, 2, 2, 3)).astype(np.float32)
    geometry = ((1, 1), "VALID", (1, 1))
    ranges = {"input_range": x_range, "filter_range": w_range}
    dy, dx, dw = run(x, w, table.path, geometry, gradients.Difference(2, window=0), **ranges)

    def loss(x, w):
        out = axlut.ax_conv2d(x, w, table.path, *geometry, **ranges).numpy()
        return (out.astype(np.float64) * dy).sum()

    # Entries are rounded by 1/2: a slope is off by 1/2, a difference over 4 steps by 1/4. But for
    # that, symmetric differences of the table, which is quadratic in a and linear in b, are exact.
    bounds = oracle.exact(np.ones_like(x), np.ones_like(w), np.abs(dy), geometry)
    for values, gradient, bound, place in ((x, dx, bounds[0], 0), (w, dw, bounds[1], 1)):
        for index in [tuple(rng.integers(0, size) for size in values.shape) for _ in range(12)]:
            ends = []
            for step in (-2, 2):
                moved = values.copy()
                moved[index] += step
                ends.append(loss(*((moved, w) if place == 0 else (x, moved))))
            slope = (ends[1] - ends[0]) / 4
            assert abs(gradient[index] - slope) < 0.75 * bound[index] + 1e-3, index


def test_ranges_per_channel_and_narrow_ranges_scale_each_channel(save):
    geometry = ((1, 1), "SAME", (1, 1))
    x, w = random_case((2, 6, 6, 3), (3, 3, 3, 4))
    bound = np.array([0.5, 1.0, 2.0, 3.0], np.float32)
    options = {"filter_range": (-bound, bound), "narrow_filter": True}
    path = save(reference.exact_table(8, 8, signed=True)).path
    dy, *straight = run(x, w, path, geometry, "straight_through", **options)
    for dimensions in (1, 2):
        _, *slopes = run(x, w, path, geometry, gradients.Difference(dimensions), dy, **options)
        for got, want in zip(slopes, straight):
            close(got, want)


def test_slopes_can_be_the_users(save, tmp_path):
    geometry = ((1, 1), "VALID", (1, 1))
    x, w = random_case((2, 6, 6, 3), (3, 3, 3, 4))
    rng = np.random.default_rng(9)
    table = save(reference.random_table(40, 8, 4))
    by_a, by_b = rng.normal(size=(2, 256, 16)).astype(np.float32) * 20
    paths = [str(tmp_path / name) for name in ("by_a.npy", "by_b.npy")]
    for path, slopes in zip(paths, (by_a, by_b)):
        np.save(path, slopes)
    dy, dx, dw = run(x, w, table.path, geometry, gradients.Difference(2, tables=paths))
    want_dx, want_dw = oracle.difference(x, w, dy, table, by_a, by_b, X_RANGE, W_RANGE, geometry)
    close(dx, np.where(oracle.inside(x, X_RANGE, 8), want_dx, 0))
    close(dw, np.where(oracle.inside(w, W_RANGE, 4), want_dw, 0))
    dy, dx, dw = run(x, w, table.path, geometry, gradients.Difference(1, tables=paths))
    want_dx, want_dw = oracle.difference(
        x, w, dy, table, np.broadcast_to(by_a.mean(0), by_a.shape),
        np.broadcast_to(by_b.mean(1)[:, None], by_b.shape), X_RANGE, W_RANGE, geometry)
    close(dx, np.where(oracle.inside(x, X_RANGE, 8), want_dx, 0))
    close(dw, np.where(oracle.inside(w, W_RANGE, 4), want_dw, 0))
    np.save(paths[0], np.ascontiguousarray(by_a.T))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"must be <f4 \[256, 16\]"):
        run(x, w, table.path, ((1, 1), "SAME", (1, 1)), gradients.Difference(2, tables=paths))


@pytest.mark.parametrize("kind", ["difference_1d", "difference_2d"])
def test_graphs_and_saved_models_give_the_same(save, tmp_path, kind):
    path = save(reference.random_table(41)).path
    x, w = random_case((2, 5, 5, 3), (3, 3, 3, 4))

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3]),
                                      tf.TensorSpec([3, 3, 3, 4])])
        def both(self, x, w):
            with tf.GradientTape() as tape:
                tape.watch([x, w])
                loss = tf.reduce_sum(axlut.ax_conv2d(x, w, path, gradient=kind))
            return tape.gradient(loss, [x, w])

    model = Model()
    tf.saved_model.save(model, str(tmp_path / "model"))
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    with tf.GradientTape() as tape:
        watched = [tf.constant(x), tf.constant(w)]
        tape.watch(watched)
        loss = tf.reduce_sum(axlut.ax_conv2d(*watched, path, gradient=kind))
    eager = tape.gradient(loss, watched)
    for got in (model.both(x, w), loaded.both(x, w)):
        for g, e in zip(got, eager):
            assert np.any(e != 0)
            close(g.numpy(), e.numpy())


def test_threads_change_no_bit_of_two_dimensions(save):
    """The same call twice, whatever the threads do."""
    path = save(reference.random_table(42)).path
    x, w = random_case((8, 12, 12, 8), (3, 3, 8, 16))
    geometry = ((1, 1), "SAME", (1, 1))
    first = run(x, w, path, geometry, "difference_2d")
    for _ in range(3):
        for one, other in zip(first, run(x, w, path, geometry, "difference_2d")):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", ["straight_through", "approximate", "difference_1d",
                                  "difference_2d"])
def test_a_layer_learns_by_every_kind(save, kind):
    """Regression onto a known filter through the upper half of the product's bits."""
    table = save(reference.Table(reference.exact_table().products & ~0xFF))
    rng = np.random.default_rng(4)
    x = tf.constant(rng.uniform(0, 1, (16, 6, 6, 2)).astype(np.float32))
    target = tf.nn.conv2d(x, rng.normal(size=(3, 3, 2, 3)).astype(np.float32), 1, "SAME")
    w = tf.Variable(rng.normal(size=(3, 3, 2, 3)).astype(np.float32) * 0.1)
    bias = tf.Variable(tf.zeros(3))

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            out = axlut.ax_conv2d(x, w, table.path, input_range=(0, 1), gradient=kind) + bias
            loss = tf.reduce_mean(tf.square(out - target))
        for variable, gradient in zip((w, bias), tape.gradient(loss, (w, bias))):
            variable.assign_sub(0.1 * gradient)
        return loss

    losses = [float(step()) for _ in range(100)]
    assert losses[-1] < 0.2 * losses[0]


def test_a_window_is_at_most_127_codes(save):
    from axlut import _library
    path = save(reference.exact_table()).path
    with pytest.raises(tf.errors.InvalidArgumentError, match="window must be 0 .. 127; it is 128"):
        _library.load_ops().axlut_slopes(tf.ones(3), 0.0, 1.0, table=path, operand="a", window=128)
