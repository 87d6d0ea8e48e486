# SPDX-License-Identifier: MIT
"""Quantizers of the Keras layers: ranges, their state, and how they are saved."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import axlut
import lut_reference as reference
from axlut import ranges
from axlut.keras import (AxConv2D, AxDense, AxDepthwiseConv2D, AxSeparableConv2D, BatchRange,
                         FixedRange, MovingAverage, quantizers)

F = np.float32


@pytest.fixture
def table(save):
    return save(reference.random_table(1))


def images(seed=1, channels=4, batch=2):
    return np.random.default_rng(seed).normal(0.3, 1.0, (batch, 7, 6, channels)).astype(F)


def built(layer, x):
    layer.build(x.shape)
    rng = np.random.default_rng(7)
    for weight in layer.exact_variables():
        # Every channel has a range of its own.
        weight.assign(rng.normal(0, 0.2, weight.shape) * (1 + np.arange(weight.shape[-1])))
    return layer


# --- ranges --------------------------------------------------------------------------------------


def test_asymmetric_ranges_hold_0():
    for values, expected in (([1, 5], (0, 5)), ([-3, -1], (-3, 0)), ([-1, 2], (-1, 2)),
                             ([], (0, 0))):
        low, high = ranges.asymmetric(tf.constant(values, tf.float32))
        assert (float(low), float(high)) == expected
        assert low.shape == high.shape == ()


def test_ranges_of_channels_run_over_the_last_axis_fastest():
    values = np.random.default_rng(2).normal(size=(3, 3, 4, 2)).astype(F)
    low, high = ranges.asymmetric(values, (2, -1))
    np.testing.assert_array_equal(low, np.minimum(values.min((0, 1)).ravel(), 0))
    np.testing.assert_array_equal(high, np.maximum(values.max((0, 1)).ravel(), 0))
    with pytest.raises(ValueError, match="4 is none of rank 4"):
        ranges.asymmetric(values, [4])


@pytest.mark.parametrize("width", [2, 3, 4, 8])
@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("bounds", [(-1, 3), (-3, 1), (-2, 2), (0, 1.7), (-0.3, 0), (-1e-6, 1e-7)])
def test_symmetric_ranges_have_the_middle_code_for_0_and_hold_the_values(width, narrow, bounds):
    low, high = (float(end) for end in ranges.symmetric_bounds(*bounds, width, narrow))
    levels = 2**width - (2 if narrow else 1)
    scale = (high - low) / levels
    zero_code = (1 if narrow else 0) - low / scale  # TensorFlow's nudge
    assert abs(zero_code - 2**(width - 1)) < 1e-3
    assert low <= bounds[0] * (1 - 1e-6) + 0 and high >= bounds[1] * (1 - 1e-6)
    # No larger than needed: one end is the value's.
    assert np.isclose(low, bounds[0], rtol=1e-6) or np.isclose(high, bounds[1], rtol=1e-6)
    # TFApprox4IL's formula.
    ratio = -1 if narrow else -(2**width - 2) / 2**width
    assert np.isclose(low, min(bounds[0], bounds[1] / ratio), rtol=1e-5)
    assert np.isclose(high, max(bounds[1], bounds[0] * ratio), rtol=1e-5)


def test_symmetric_ranges_per_channel_and_in_graphs():
    values = np.random.default_rng(3).normal(size=(5, 4)).astype(F)
    eager = ranges.symmetric(values, 8, channel_axes=[1])
    traced = tf.function(lambda v: ranges.symmetric(v, 8, channel_axes=[1]))(values)
    for a, b in zip(eager, traced):
        assert a.shape == (4,)
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="at least 2 bits"):
        ranges.symmetric(values, 1)


def test_ranges_have_no_gradient():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        high = ranges.asymmetric(x)[1]
    assert tape.gradient(high, x) is None


# --- per channel ---------------------------------------------------------------------------------


def per_channel_reference(x, w, table, **geometry):
    """Each output channel by itself, with the range of its own weights."""
    outputs = []
    for channel in range(w.shape[3]):
        weights = w[..., channel:channel + 1]
        outputs.append(reference.conv2d(
            x, weights, table, x_range=(min(x.min(), 0), max(x.max(), 0)),
            w_range=(min(weights.min(), 0), max(weights.max(), 0)), **geometry)[0])
    return np.concatenate(outputs, -1)


def test_per_channel_convolution_equals_the_reference_and_differs_from_per_tensor(table):
    x = images()
    per_channel = built(AxConv2D(5, 3, padding="same", kernel_quantizer="per_channel",
                                 table=table.path), x)
    expected = per_channel_reference(x, per_channel.kernel.numpy(), table)
    np.testing.assert_array_equal(per_channel(x), expected + per_channel.bias.numpy())
    per_tensor = built(AxConv2D(5, 3, padding="same", table=table.path), x)
    assert np.abs(per_tensor(x) - per_channel(x)).max() > 0.1


def test_per_channel_depthwise_convolution_has_a_range_for_each_channel_and_multiplier(table):
    x = images()
    layer = built(AxDepthwiseConv2D(3, depth_multiplier=2, kernel_quantizer="per_channel",
                                    table=table.path), x)
    w = layer.kernel.numpy()
    x_range = (min(x.min(), 0), max(x.max(), 0))
    for channel in range(4):
        for m in range(2):
            weights = w[:, :, channel:channel + 1, m:m + 1]
            expected, _ = reference.conv2d(
                x[..., channel:channel + 1], weights, table, padding="VALID", x_range=x_range,
                w_range=(min(weights.min(), 0), max(weights.max(), 0)))
            number = 2 * channel + m
            np.testing.assert_array_equal(layer(x)[..., number],
                                          expected[..., 0] + layer.bias.numpy()[number])


def test_per_channel_dense_equals_the_reference(table):
    x = images()[:, :, 0, :].reshape(-1, 4)
    layer = built(AxDense(3, kernel_quantizer="per_channel", table=table.path), x)
    expected = per_channel_reference(x.reshape(-1, 1, 1, 4),
                                     layer.kernel.numpy().reshape(1, 1, 4, 3),
                                     table)
    np.testing.assert_array_equal(layer(x), expected.reshape(-1, 3) + layer.bias.numpy())


@pytest.mark.parametrize("make", [
    lambda **k: AxConv2D(6, 3, groups=2, **k), lambda **k: AxDense(6, **k),
    lambda **k: AxDepthwiseConv2D(3, depth_multiplier=2, **k),
    lambda **k: AxSeparableConv2D(6, 3, depth_multiplier=2, **k)])
@pytest.mark.parametrize("kernel", [BatchRange(per_channel=True),
                                    BatchRange(symmetric=True, narrow=True, per_channel=True)])
@pytest.mark.parametrize("signed", [False, True])
def test_quantized_mode_is_the_exact_table_with_every_option(save, make, kernel, signed):
    x = images()
    layer = built(make(table=save(reference.exact_table(8, 6, signed)).path,
                       kernel_quantizer=kernel,
                       input_quantizer=BatchRange(symmetric=True)), x)
    approximate = layer(x).numpy()
    layer.mode = "quantized"
    np.testing.assert_allclose(layer(x), approximate, rtol=1e-5, atol=1e-5)
    layer.mode = "float"
    error = np.abs(layer(x) - approximate).max()
    assert 0 < error < 0.1 * np.abs(approximate).max()


def test_symmetric_ranges_give_a_signed_table_zero_points_of_0(save):
    # T[a][b] = a * b except that it is 5 too large where b is not 0: with zero points of 0, the
    # error of an output is 5 times the number of weights that are not 0, whatever the inputs.
    exact = reference.exact_table(signed=True)
    off = save(reference.Table(exact.products + 5 * (np.arange(256) != 0), signed=True))
    x = images()
    layer = built(AxConv2D(2, 3, use_bias=False, table=off.path,
                           input_quantizer=BatchRange(symmetric=True),
                           kernel_quantizer=BatchRange(symmetric=True, narrow=True)), x)
    approximate = layer(x).numpy()
    layer.mode = "quantized"
    w = layer.kernel.numpy()
    high = float(ranges.symmetric(x, 8)[1])
    step = high / 127 * np.abs(w).max() / 127
    nonzero = (np.round(w / (np.abs(w).max() / 127)) != 0).sum((0, 1, 2))
    np.testing.assert_allclose(approximate - layer(x), np.broadcast_to(5 * nonzero * step,
                                                                       approximate.shape),
                               rtol=1e-3)


def test_sign_magnitude_layers_multiply_magnitudes(save):
    small = save(reference.exact_table())
    x = images()
    layer = built(AxConv2D(3, 3, table=small.path, encoding="sign_magnitude",
                           input_quantizer=BatchRange(symmetric=True, narrow=True),
                           kernel_quantizer=BatchRange(symmetric=True, narrow=True)), x)
    assert layer.products[0].widths == {"input": 8, "kernel": 8}
    signed = save(reference.exact_table(signed=True))
    other = built(AxConv2D(3, 3, table=signed.path,
                           input_quantizer=BatchRange(symmetric=True, narrow=True),
                           kernel_quantizer=BatchRange(symmetric=True, narrow=True)), x)
    np.testing.assert_array_equal(layer(x), other(x))
    layer.mode = "quantized"
    np.testing.assert_allclose(layer(x), other(x), atol=1e-5)


# --- state ---------------------------------------------------------------------------------------


def test_moving_average_follows_training_steps_only(table):
    layer = AxDense(2, table=table.path, input_quantizer=MovingAverage(decay=0.75))
    x = [np.float32([[1, -2]]) * factor for factor in (1, 2, 4)]
    layer.build((1, 2))
    with pytest.raises(ValueError,
                       match="layer 'ax_dense.*' has no range for its input yet.*calibrate"):
        layer(x[0])
    layer(x[0], training=True)
    assert layer.get_ranges() == {"input": (-2, 1)}  # the first step's own
    layer(x[2], training=False)
    assert layer.get_ranges() == {"input": (-2, 1)}
    layer(x[1], training=True)
    low, high = -2 * 0.75 - 4 * 0.25, 1 * 0.75 + 2 * 0.25
    assert layer.get_ranges() == {"input": (low, high)}
    fixed = AxDense(2, table=table.path, input_quantizer=FixedRange(low, high))
    fixed.build((1, 2))
    fixed.kernel.assign(layer.kernel)
    np.testing.assert_array_equal(layer(x[2]), fixed(x[2]))
    layer.trainable = False
    layer(x[2], training=True)
    assert layer.get_ranges() == {"input": (low, high)}


def test_moving_average_can_start_from_tfapprox4ils_range(table):
    layer = AxDense(2, table=table.path, input_quantizer=MovingAverage(initial=(-6, 6)))
    layer.build((1, 2))
    layer(np.float32([[1, -2]]))  # a range that was given is no missing one
    layer(np.float32([[1, -2]]), training=True)
    low, high = layer.get_ranges()["input"]
    np.testing.assert_allclose([low, high], [-6 * 0.999 - 2 * 0.001, 6 * 0.999 + 0.001], rtol=1e-6)


def test_moving_average_of_kernels_per_channel(table):
    x = images()
    layer = built(AxConv2D(5, 3, table=table.path,
                           kernel_quantizer=MovingAverage(0.5, per_channel=True)), x)
    first = layer.kernel.numpy()
    layer(x, training=True)
    layer.kernel.assign(3 * first)
    layer(x, training=True)
    low, high = layer.get_ranges()["kernel"]
    np.testing.assert_allclose(low, 2 * np.minimum(first.min((0, 1, 2)), 0), rtol=1e-6)
    np.testing.assert_allclose(high, 2 * np.maximum(first.max((0, 1, 2)), 0), rtol=1e-6)


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize("quantizer", [FixedRange(), MovingAverage()])
def test_a_layer_without_a_range_is_an_error_not_an_exact_one(table, graph, quantizer):
    x = images()
    layer = built(AxConv2D(3, 3, table=table.path, input_quantizer=quantizer, name="conv"), x)
    call = tf.function(lambda a: layer(a)) if graph else layer
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError),
                       match="layer .*conv.* has no range for its input yet"):
        call(x)
    layer.mode = "quantized"
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError),
                       match="no range for its input"):
        call(x)
    layer.mode = "float"
    assert np.isfinite(call(x)).all()  # needs no range
    layer.mode = "approximate"
    layer.set_range("input", -1, 2)
    assert np.isfinite(call(x)).all()


def test_set_range_makes_symmetric_and_spreads_over_channels(table):
    x = images()
    layer = built(AxConv2D(2, 3, table=table.path, input_quantizer=FixedRange(symmetric=True),
                           kernel_quantizer=FixedRange(per_channel=True)), x)
    layer.set_range("input", -1, 3)
    layer.set_range("kernel", [-1, -2], [1, 4])
    low, high = layer.get_ranges()["input"]
    np.testing.assert_allclose([low, high], [-3 * 128 / 127, 3], rtol=1e-6)
    np.testing.assert_array_equal(layer.get_ranges()["kernel"], [[-1, -2], [1, 4]])
    layer.set_range("kernel", -1, 1)
    np.testing.assert_array_equal(layer.get_ranges()["kernel"], [[-1, -1], [1, 1]])
    with pytest.raises(ValueError, match=r"shape \(2,\); given is \(3,\)"):
        layer.set_range("kernel", [-1] * 3, [1] * 3)
    with pytest.raises(ValueError, match="keeps those of: input, kernel"):
        layer.set_range("weights", -1, 1)


def test_wrong_quantizers_are_errors(table):
    for make, message in [
            (lambda: FixedRange(1), "both or not at all"),
            (lambda: FixedRange(2, 1), "low <= high"),
            (lambda: FixedRange(-1, np.inf), "finite"),
            (lambda: FixedRange([1], [2, 3]), "one length"),
            (lambda: MovingAverage(1.0), r"\[0, 1\)"),
            (lambda: MovingAverage(initial=(1, 0)), "initial"),
            (lambda: quantizers.get("ema"), "'ema'")]:
        with pytest.raises(ValueError, match=message):
            make()
    with pytest.raises(TypeError, match="it is a int"):
        quantizers.get(3)
    layer = AxConv2D(3, 3, table=table.path, kernel_quantizer=FixedRange([-1] * 2, [1] * 2,
                                                                        per_channel=True))
    with pytest.raises(ValueError, match="range of 2 channels.*the layer has 3"):
        layer.build((1, 7, 6, 4))


@pytest.mark.parametrize("quantizer", [
    BatchRange(), BatchRange(symmetric=True, narrow=True, per_channel=True), FixedRange(),
    FixedRange(-1, 2), FixedRange([-1, -2], [0, 1], per_channel=True), MovingAverage(0.5),
    MovingAverage(initial=(-6, 6), symmetric=True)])
def test_quantizers_are_serialized(quantizer):
    config = keras.saving.serialize_keras_object(quantizer)
    again = quantizers.get(config)
    assert again == quantizer and type(again) is type(quantizer)
    assert repr(again) == repr(quantizer)
