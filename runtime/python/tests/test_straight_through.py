# SPDX-License-Identifier: MIT
"""Every forward pass that works can be differentiated, with the exact convolution's gradient.

Expected values are float64 sums over the taps, not TensorFlow's own gradients, which several of
these layers do not have on CPUs.
"""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import axlut
import gradient_reference as oracle
import lut_reference as reference

X_RANGE, W_RANGE = (-1.5, 1.0), (-0.5, 0.75)  # some values are clipped
EXPLICIT = [[0, 0], [2, 1], [0, 3], [0, 0]]
GEOMETRIES = [
    ((2, 7, 6, 4), (3, 3, 4, 5), (1, 1), "SAME", (1, 1)),
    ((1, 7, 6, 4), (1, 1, 4, 3), (2, 1), "VALID", (1, 1)),
    ((2, 7, 6, 4), (3, 3, 4, 5), (2, 3), EXPLICIT, (1, 1)),
    ((2, 9, 8, 4), (3, 3, 4, 5), (1, 1), "SAME", (2, 3)),
    ((2, 9, 8, 4), (3, 2, 4, 5), (2, 1), "VALID", (3, 2)),
    ((2, 9, 8, 4), (3, 3, 4, 5), (1, 2), EXPLICIT, (2, 2)),
    ((2, 7, 6, 4), (3, 3, 2, 6), (1, 1), "SAME", (1, 1)),
    ((2, 7, 6, 4), (3, 3, 2, 6), (2, 3), EXPLICIT, (2, 1)),
    ((2, 7, 6, 4), (3, 3, 1, 8), (1, 1), "SAME", (1, 1)),
    ((2, 7, 6, 4), (3, 3, 1, 4), (2, 1), "VALID", (1, 1)),
    ((2, 7, 6, 4), (3, 3, 1, 8), (2, 2), EXPLICIT, (1, 1)),
    ((2, 9, 9, 4), (3, 3, 1, 4), (1, 1), "SAME", (2, 2)),
    ((2, 9, 9, 4), (3, 3, 1, 8), (2, 1), EXPLICIT, (2, 3)),
    ((2, 3, 3, 2), (4, 4, 2, 3), (1, 1), "VALID", (1, 1)),  # the output is empty
]


def random_case(x_shape, w_shape):
    rng = np.random.default_rng(1)
    return (rng.normal(size=x_shape).astype(np.float32),
            rng.normal(size=w_shape).astype(np.float32))


def run(function, x, w):
    x, w = tf.constant(x), tf.constant(w)
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        out = function(x, w)
        dy = tf.cast(np.random.default_rng(7).normal(size=out.shape), out.dtype)
        loss = tf.reduce_sum(out * dy)
    return dy, *tape.gradient(loss, [x, w])


def fake(values, bounds, bits=8, narrow=False):
    return tf.quantization.fake_quant_with_min_max_vars(values, *bounds, num_bits=bits,
                                                        narrow_range=narrow).numpy()


def expected(x, w, dy, geometry):
    dx, dw = oracle.exact(fake(x, X_RANGE), fake(w, W_RANGE), dy, geometry)
    return np.where(oracle.inside(x, X_RANGE, 8), dx, 0), np.where(oracle.inside(w, W_RANGE, 8),
                                                                   dw, 0)


def close(got, want, rounding=2.0**-24):
    """Sums of some hundred terms."""
    scale = np.abs(want).max() if want.size else 0
    np.testing.assert_allclose(np.asarray(got, np.float64), want, rtol=0,
                               atol=100 * rounding * scale)


@pytest.mark.parametrize("x_shape, w_shape, strides, padding, dilations", GEOMETRIES)
def test_every_geometry(save, x_shape, w_shape, strides, padding, dilations):
    path = save(reference.random_table(2)).path
    x, w = random_case(x_shape, w_shape)
    geometry = (strides, padding, dilations)
    dy, *got = run(lambda x, w: axlut.ax_conv2d(x, w, path, *geometry, input_range=X_RANGE,
                                                filter_range=W_RANGE), x, w)
    for g, e in zip(got, expected(x, w, dy.numpy(), geometry)):
        assert np.any(e != 0) or dy.shape.num_elements() == 0
        close(g, e)


@pytest.mark.parametrize("x_shape, w_shape, strides, padding, dilations", GEOMETRIES[::3])
def test_channels_first_is_the_same_layer(save, x_shape, w_shape, strides, padding, dilations):
    path = save(reference.random_table(2)).path
    x, w = random_case(x_shape, w_shape)
    ranges = {"input_range": X_RANGE, "filter_range": W_RANGE}
    last, first = [0, 3, 1, 2], [0, 2, 3, 1]
    paddings = padding if isinstance(padding, str) else [padding[0], padding[3], *padding[1:3]]
    for kind in ("straight_through", "approximate", "difference_1d", "difference_2d"):
        _, *want = run(lambda x, w: axlut.ax_conv2d(x, w, path, strides, padding, dilations,
                                                    gradient=kind, **ranges), x, w)

        def channels_first(x, w):
            out = axlut.ax_conv2d(x, w, path, strides, paddings, dilations, "NCHW", gradient=kind,
                                  **ranges)
            return tf.transpose(out, first)  # weighed by the same numbers

        _, dx, dw = run(channels_first, x.transpose(last), w)
        close(tf.transpose(dx, first), want[0].numpy())
        close(dw, want[1].numpy())


@pytest.mark.parametrize("x_shape, w_shape, strides, padding, dilations",
                         [GEOMETRIES[0], GEOMETRIES[3], GEOMETRIES[7], GEOMETRIES[8]])
@pytest.mark.parametrize("dtype, rounding", [(tf.float16, 2.0**-11), (tf.bfloat16, 2.0**-8)])
def test_half_precision_is_float32_rounded_at_the_end(save, x_shape, w_shape, strides, padding,
                                                      dilations, dtype, rounding):
    path = save(reference.random_table(2)).path
    geometry = (strides, padding, dilations)
    x, w = (tf.cast(values, dtype) for values in random_case(x_shape, w_shape))
    dy, *got = run(lambda x, w: axlut.ax_conv2d(x, w, path, *geometry, input_range=X_RANGE,
                                                filter_range=W_RANGE), x, w)
    x, w, dy = (tf.cast(values, tf.float32).numpy() for values in (x, w, dy))
    for g, e in zip(got, expected(x, w, dy, geometry)):
        assert g.dtype == dtype
        np.testing.assert_allclose(tf.cast(g, tf.float64), e, rtol=rounding,
                                   atol=2e-5 * np.abs(e).max())


@pytest.mark.parametrize("narrow", [False, True])
def test_ranges_per_channel_and_narrow_ones(save, narrow):
    path = save(reference.random_table(2, signed=True)).path
    x, w = random_case((2, 7, 6, 4), (3, 3, 4, 5))
    bound = np.array([0.3, 0.6, 1.0, 2.0, 5.0], np.float32)
    dy, *got = run(lambda x, w: axlut.ax_conv2d(
        x, w, path, input_range=X_RANGE, filter_range=(-bound, bound), narrow_input=narrow,
        narrow_filter=narrow), x, w)
    fake_w = tf.quantization.fake_quant_with_min_max_vars_per_channel(w, -bound, bound,
                                                                      narrow_range=narrow)
    dx, dw = oracle.exact(fake(x, X_RANGE, narrow=narrow), fake_w, dy, ((1, 1), "SAME", (1, 1)))
    with tf.GradientTape() as tape:  # TensorFlow's own masks
        x, w = tf.constant(x), tf.constant(w)
        tape.watch([x, w])
        sums = [tf.reduce_sum(tf.quantization.fake_quant_with_min_max_vars(
            x, *X_RANGE, narrow_range=narrow)),
                tf.reduce_sum(tf.quantization.fake_quant_with_min_max_vars_per_channel(
                    w, -bound, bound, narrow_range=narrow))]
    masks = tape.gradient(sums, [x, w])
    for g, e, mask in zip(got, (dx, dw), masks):
        assert np.any(mask == 0) and np.any(mask == 1)
        close(g, e * mask.numpy())


@pytest.mark.parametrize("strides, dilations", [(1, 1), (2, 1), (1, 2), ((2, 1), 1)])
@pytest.mark.parametrize("kind", ["straight_through", "approximate", "difference_1d",
                                  "difference_2d"])
def test_depthwise_filters_have_gradients_of_their_own_shape(save, strides, dilations, kind):
    path = save(reference.random_table(2)).path
    x, w = random_case((2, 9, 8, 3), (3, 3, 3, 2))
    ranges = {"input_range": X_RANGE, "filter_range": W_RANGE}
    _, dx, dw = run(lambda x, w: axlut.ax_depthwise_conv2d(
        x, w, path, strides, "SAME", dilations, gradient=kind, **ranges), x, w)
    assert dw.shape == w.shape
    _, want_dx, want_dw = run(lambda x, w: axlut.ax_conv2d(
        x, w, path, strides, "SAME", dilations, gradient=kind, **ranges), x, w.reshape(3, 3, 1, 6))
    np.testing.assert_array_equal(dx, want_dx)
    np.testing.assert_array_equal(dw, tf.reshape(want_dw, w.shape))


def test_ranges_get_no_gradient(save):
    path = save(reference.random_table(2)).path
    x, w = map(tf.constant, random_case((2, 7, 6, 4), (3, 3, 4, 5)))
    ends = [tf.Variable(value) for value in (*X_RANGE, *W_RANGE)]
    with tf.GradientTape() as tape:
        out = axlut.ax_conv2d(x, w, path, input_range=ends[:2], filter_range=ends[2:])
    assert tape.gradient(out, ends) == [None] * 4


def test_fake_quantize_hands_on_what_was_not_clipped(save):
    from axlut import _library
    path = save(reference.random_table(2)).path
    x = tf.constant([-2.0, -0.9, 0.0, 0.5, 1.5])
    with tf.GradientTape() as tape:
        tape.watch(x)
        quantized, _ = _library.load_ops().axlut_fake_quantize(x, -1.0, 1.0, table=path,
                                                               operand="a")
    np.testing.assert_array_equal(tape.gradient(quantized, x), [0, 1, 1, 1, 0])


def test_a_second_derivative_is_an_error_that_says_so(save):
    path = save(reference.random_table(2)).path
    x, w = map(tf.constant, random_case((1, 4, 4, 2), (3, 3, 2, 2)))
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            loss = tf.reduce_sum(axlut.ax_conv2d(x, w, path, gradient="approximate") ** 2)
        first = inner.gradient(loss, x)
    with pytest.raises(LookupError, match="AxlutConv2DInputGradient"):
        outer.gradient(first, x)


def test_a_loaded_model_trains_in_a_new_process(save, tmp_path):
    """Only load_ops is called there: it registers the gradients as well."""
    path = save(reference.exact_table()).path

    class Model(tf.Module):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable(tf.ones((3, 3, 2, 2)))

        @tf.function(input_signature=[tf.TensorSpec([None, 4, 4, 2])])
        def __call__(self, x):
            return axlut.ax_conv2d(x, self.w, path, input_range=(0, 1), filter_range=(-2, 2))

    tf.saved_model.save(Model(), str(tmp_path / "model"))
    code = (f"import axlut, tensorflow as tf; axlut.load_ops()\n"
            f"model = tf.saved_model.load({str(tmp_path / 'model')!r})\n"
            "with tf.GradientTape() as tape:\n"
            "    loss = tf.reduce_sum(model(tf.ones((1, 4, 4, 2))))\n"
            "print(tape.gradient(loss, model.w).numpy()[1, 1])\n")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                            check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["[[16.", "16.]", "[16.", "16.]]"]


@pytest.mark.skipif(os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "0", reason="runs itself")
def test_without_onednn_as_well():
    """TensorFlow's own kernels differentiate fewer layers than oneDNN's."""
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         str(pathlib.Path(__file__)), "-k", "geometry or half_precision"],
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "0"}, capture_output=True, text=True,
        check=False)
    assert result.returncode == 0, result.stdout[-3000:]
