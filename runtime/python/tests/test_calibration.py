# SPDX-License-Identifier: MIT
"""Calibration of ranges, and batch normalization around approximate multipliers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import axlut
import lut_reference as reference
from axlut import calibration
from axlut.keras import FixedRange, MovingAverage

F = np.float32


def images(count=50, seed=1):
    return np.random.default_rng(seed).normal(0.2, 1.0, (count, 8, 8, 2)).astype(F)


def network(norm=False):
    layers = [keras.Input((8, 8, 2)), keras.layers.Conv2D(4, 3, name="first", activation="relu")]
    layers += [keras.layers.BatchNormalization(name="norm")] if norm else []
    layers += [keras.layers.SeparableConv2D(3, 3, name="apart"), keras.layers.Flatten(),
               keras.layers.Dense(3, name="logits")]
    return keras.Sequential(layers, name="net")


def inner_values(model, x):
    """The inputs of the three layers, and of the pointwise convolution, in floating point."""
    first = model.get_layer("first")(x).numpy()
    apart = model.get_layer("apart")
    between = tf.nn.depthwise_conv2d(first, apart.depthwise_kernel, [1, 1, 1, 1], "VALID").numpy()
    return {"first: input": x, "apart: input": first, "apart: pointwise_input": between,
            "logits: input": apart(first).numpy()}


def bounds(values):
    return min(values.min(), 0), max(values.max(), 0)


# --- ranges --------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [
    lambda x: x, lambda x: (x, np.zeros(50)), lambda x: [x[:20], x[20:]],
    lambda x: (batch for batch in (x[:20], x[20:])),
    lambda x: tf.data.Dataset.from_tensor_slices((x, np.zeros(50))).batch(16)])
@pytest.mark.parametrize("quantizer", ["fixed", "moving_average"])
def test_min_max_is_that_of_the_float_models_activations(exact, data, quantizer):
    model, x = network(), images()
    converted = axlut.approximate(model, exact, quantize=quantizer)
    ranges = axlut.calibrate(converted, data(x), batch_size=16)
    assert set(ranges) == set(inner_values(model, x))
    for name, values in inner_values(model, x).items():
        np.testing.assert_allclose(ranges[name], bounds(values), rtol=1e-5)
    assert converted.get_layer("first").get_ranges()["input"] == ranges["first: input"]
    for layer in ("first", "apart", "logits"):
        assert converted.get_layer(layer).mode == "approximate"
    difference = np.abs(converted.predict(x, verbose=0) - model.predict(x, verbose=0)).max()
    assert 0 < difference < 0.1
    one = converted.predict(x[:1], verbose=0)
    np.testing.assert_array_equal(one, converted.predict(x, verbose=0)[:1])


def test_kernels_symmetry_and_given_ranges(exact):
    quantize = {"input": FixedRange(symmetric=True), "kernel": FixedRange(per_channel=True)}
    model = axlut.approximate(network(), {"first": exact, "logits": exact}, quantize=quantize)
    x = images()
    ranges = axlut.calibrate(model, x)
    assert list(ranges) == ["first: input", "first: kernel", "logits: input", "logits: kernel"]
    low, high = ranges["first: input"]
    np.testing.assert_allclose(low, -high * 128 / 127, rtol=1e-6)
    assert high == max(x.max(), -x.min() * 127 / 128)
    kernel = model.get_layer("first").kernel.numpy()
    np.testing.assert_array_equal(ranges["first: kernel"][0], np.minimum(kernel.min((0, 1, 2)), 0))
    given = axlut.approximate(network(), exact, quantize=lambda layer: FixedRange(
        *((-1, 1) if layer.name == "first" else ())))
    assert "first: input" not in axlut.calibrate(given, x)
    assert given.get_layer("first").get_ranges()["input"] == (-1, 1)


def test_selected_layers_and_steps(exact):
    model = axlut.approximate(network(), exact, quantize="fixed")
    x = images()
    ranges = axlut.calibrate(model, x, layers=["fir*"], batch_size=10, steps=2)
    assert list(ranges) == ["first: input"]
    np.testing.assert_array_equal(ranges["first: input"], bounds(x[:20]))
    assert np.isnan(model.get_layer("logits").get_ranges()["input"]).all()


def test_moving_average_of_batches(exact):
    model = axlut.approximate(network(), {"first": exact}, quantize="fixed")
    x = images()
    ends = [np.array(bounds(x[i:i + 10])) for i in range(0, 50, 10)]
    expected = ends[0]
    for end in ends[1:]:
        expected = 0.75 * expected + 0.25 * end
    ranges = axlut.calibrate(model, x, method="moving_average", decay=0.75, batch_size=10)
    np.testing.assert_allclose(ranges["first: input"], expected, rtol=1e-6)


@pytest.mark.parametrize("percentile", [99.0, 90.0, 51.0, 100.0])
@pytest.mark.parametrize("shift", [0.0, 2.0, -3.0])
def test_percentiles_are_those_of_all_values_to_one_bin(percentile, shift):
    rng = np.random.default_rng(4)
    parts = [rng.normal(shift, scale, 3000).astype(F) for scale in (1e-3, 1.0, 30.0, 0.1)]
    observer = calibration.Histogram("x", percentile)
    for part in [np.zeros(7, F), np.zeros(0, F), *parts]:
        observer(tf.constant(part))
    values = np.sort(np.concatenate([np.zeros(7, F), *parts]))
    count = len(values)
    rank = int(np.ceil(percentile / 100 * count)) - 1
    expected = min(values[count - 1 - rank], 0), max(values[rank], 0)
    bin_size = 4 * np.abs(values).max() / calibration.Histogram.BINS
    np.testing.assert_allclose(observer.range(), expected, atol=bin_size)
    if percentile == 100:
        np.testing.assert_array_equal(observer.range(), bounds(values))


def test_percentile_leaves_outliers_out(exact):
    model = axlut.approximate(network(), {"first": exact}, quantize="fixed")
    x = images()
    x[3, 2, 1, 0] = 1e4
    low, high = axlut.calibrate(model, x, method="percentile", percentile=99.9)["first: input"]
    assert -5 < low < -2 and 2 < high < 6


def test_calibration_sees_through_functions_and_keeps_modes(exact):
    class Wrapped(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)

        @tf.function
        def call(self, inputs):
            return self.dense(inputs)

    model = Wrapped()
    model(np.zeros((1, 3), F))
    axlut.approximate(model, exact, quantize="fixed", in_place=True)
    model.dense.mode = "quantized"
    ranges = axlut.calibrate(model, np.float32([[1, -2, 3]]))
    assert [tuple(map(float, ends)) for ends in ranges.values()] == [(-2, 3)]
    assert model.dense.mode == "quantized" and not tf.config.functions_run_eagerly()


def test_ranges_of_the_approximate_network_are_others(save):
    far = save(reference.Table(reference.exact_table().products // 2)).path
    model = axlut.approximate(network(), far, quantize="fixed")
    x = images()
    wide = axlut.calibrate(model, x)["logits: input"]
    narrow = axlut.calibrate(model, x, mode="approximate")["logits: input"]
    assert narrow[1] != wide[1]


def test_wrong_arguments_are_errors(exact):
    model = axlut.approximate(network(), exact, quantize="fixed")
    x = images()
    bad = x.copy()
    bad[1, 2, 3, 1] = np.nan
    for arguments, message in [
            (dict(data=x, method="max"), "method must be one of"),
            (dict(data=x, mode="int"), "mode must"),
            (dict(data=x, percentile=101), "percentile"), (dict(data=x, decay=1), "decay"),
            (dict(data=[]), "no batch"), (dict(data=bad), "layer 'first' gets a value that is NaN"),
            (dict(data=(x, x[:3])), "one length"),
            (dict(data=x, layers=["x"]), "'x' fits no approximate layer of 'net'")]:
        with pytest.raises(ValueError, match=message):
            axlut.calibrate(model, **arguments)
    with pytest.raises(TypeError, match="it is a int"):
        axlut.calibrate(model, 3)
    with pytest.raises(ValueError, match="no approximate layer of 'net' has a range to be set"):
        axlut.calibrate(axlut.approximate(network(), exact), x)
    assert model.get_layer("first").mode == "approximate"  # put back after errors


# --- batch normalization -------------------------------------------------------------------------


def norm_network(seed=5):
    """Two batch normalizations, the second behind the first."""
    layers = keras.layers
    rng = np.random.default_rng(seed)
    model = keras.Sequential([
        keras.Input((8, 8, 2)), layers.Conv2D(4, 3, name="c1"),
        layers.BatchNormalization(name="n1"),
        layers.ReLU(), layers.Conv2D(4, 3, name="c2"), layers.BatchNormalization(name="n2"),
        layers.Dropout(0.5), layers.Flatten(), layers.Dense(3)])
    model.set_weights([np.abs(rng.normal(0.5, 0.3, w.shape)) for w in model.get_weights()])
    return model


def inputs_of_norms(model, x, statistics=None):
    """What the two normalizations get in inference; the first with the given statistics."""
    first = model.get_layer("c1")(x).numpy().astype(np.float64)
    norm = model.get_layer("n1")
    mean, variance = statistics or (norm.moving_mean.numpy(), norm.moving_variance.numpy())
    scale = norm.gamma.numpy() / np.sqrt(variance + norm.epsilon)
    normal = (first - mean) * scale + norm.beta.numpy()
    return first, model.get_layer("c2")(np.maximum(normal, 0).astype(F)).numpy()


def moments(values):
    values = values.astype(np.float64)
    return values.mean((0, 1, 2)), values.var((0, 1, 2))


@pytest.mark.parametrize("sizes", [50, 16, 7])
def test_layer_by_layer_gives_the_statistics_of_all_data(exact, sizes):
    x = images()
    model = norm_network()
    done = axlut.recalibrate_batch_norm(model, x, method="layer_by_layer", batch_size=sizes)
    assert done.layers == ("n1", "n2") and done.samples == 50 and done.before is None
    first, second = inputs_of_norms(model, x)
    for name, values in (("n1", first), ("n2", second)):
        layer = model.get_layer(name)
        mean, variance = moments(values)
        np.testing.assert_allclose(layer.moving_mean, mean, rtol=1e-4)
        np.testing.assert_allclose(layer.moving_variance, variance, rtol=1e-3)


def test_one_pass_normalizes_by_each_batch(exact):
    x = images()
    model = norm_network()
    axlut.recalibrate_batch_norm(model, x, batch_size=20)
    first, _ = inputs_of_norms(model, x)
    np.testing.assert_allclose(model.get_layer("n1").moving_mean, moments(first)[0], rtol=1e-4)
    np.testing.assert_allclose(model.get_layer("n1").moving_variance, moments(first)[1], rtol=1e-3)
    parts = [inputs_of_norms(model, x[i:i + 20], moments(first[i:i + 20]))[1] for i in (0, 20, 40)]
    mean, variance = moments(np.concatenate(parts))
    np.testing.assert_allclose(model.get_layer("n2").moving_mean, mean, rtol=1e-4)
    np.testing.assert_allclose(model.get_layer("n2").moving_variance, variance, rtol=1e-3)


def test_recalibration_changes_nothing_else(exact):
    model = axlut.approximate(norm_network(), exact, quantize="moving_average")
    x = images()
    axlut.calibrate(model, x)
    norms = {"n1", "n2"}
    before = {layer.name: layer.get_weights() for layer in model.layers}
    axlut.recalibrate_batch_norm(model, x)
    for layer in model.layers:
        weights = zip(before[layer.name], layer.get_weights())
        changed = [not np.array_equal(a, b) for a, b in weights]
        expected = [False, False, True, True] if layer.name in norms else [False] * len(changed)
        assert changed == expected
        assert "call" not in vars(layer)


def test_batch_statistics_are_those_of_training_mode(exact):
    x = images()
    model = keras.Sequential(norm_network().layers[:-3])  # without dropout
    usual = model.predict(x, verbose=0)
    weights = model.get_weights()
    with axlut.batch_statistics(model):
        inside = model.predict(x, batch_size=50, verbose=0)
        eager = model(x)
    np.testing.assert_allclose(inside, eager, rtol=1e-4, atol=1e-4)
    for a, b in zip(weights, model.get_weights()):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(model.predict(x, verbose=0), usual)
    np.testing.assert_allclose(inside, model(x, training=True), rtol=1e-4, atol=1e-4)
    assert np.abs(inside - usual).max() > 0.1


def test_recalibration_works_on_shared_and_nested_layers(exact):
    shared = keras.layers.BatchNormalization(name="shared")
    entry = keras.Input((4,))
    inner = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization(name="deep")],
                             name="in")
    model = keras.Model(entry, inner(shared(shared(entry) * 2.0)))
    x = np.random.default_rng(6).normal(3, 2, (64, 4)).astype(F)
    done = axlut.recalibrate_batch_norm(model, x, batch_size=64)
    assert done.layers == ("shared", "in/deep")
    once = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3) * 2
    both = np.concatenate([x, once])
    np.testing.assert_allclose(shared.moving_mean, both.mean(0), rtol=1e-4)
    np.testing.assert_allclose(shared.moving_variance, both.var(0), rtol=1e-3)


def classification():
    """Images of two kinds of stripes, in noise."""
    rng = np.random.default_rng(8)
    labels = rng.integers(0, 2, 600)
    stripes = np.sin(np.arange(8) * 1.5)
    x = rng.normal(0, 1.0, (600, 8, 8, 2)).astype(F)
    x[labels == 0] += 0.6 * stripes[:, None, None].astype(F)
    x[labels == 1] += 0.6 * stripes[None, :, None].astype(F)
    return x, labels


def test_recalibration_recovers_the_accuracy_that_a_biased_table_loses(exact, save):
    keras.utils.set_random_seed(9)
    x, y = classification()
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((8, 8, 2)), layers.Conv2D(8, 3), layers.BatchNormalization(), layers.ReLU(),
        layers.Conv2D(8, 3), layers.BatchNormalization(), layers.ReLU(),
        layers.GlobalAveragePooling2D(), layers.Dense(2, name="logits")])
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(True))
    model.fit(x[:400], y[:400], epochs=8, batch_size=50, verbose=0)
    train, test = x[:400], (x[400:], y[400:])
    axlut.recalibrate_batch_norm(model, train)
    good = axlut.accuracy(model, test)
    assert good > 0.9
    biased = save(reference.Table(np.minimum(reference.exact_table().products + 2000, 65535))).path
    converted = axlut.approximate(model, biased, layers=[keras.layers.Conv2D], quantize="fixed")
    axlut.calibrate(converted, train)
    with axlut.batch_statistics(converted):
        by_batch = axlut.accuracy(converted, test, batch_size=200)
    done = axlut.recalibrate_batch_norm(converted, train, evaluate=test, method="layer_by_layer")
    assert done.before < good - 0.25
    assert done.after > good - 0.03 and by_batch > good - 0.03
    assert axlut.accuracy(converted, test) == done.after
    called = axlut.recalibrate_batch_norm(
        converted, train, evaluate=lambda m: axlut.accuracy(m, test, steps=1))
    assert 0.9 < called.after <= 1


def test_accuracy_counts_right_answers():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Identity()])
    outputs = np.eye(3, dtype=F)[[0, 1, 2, 2]]
    assert axlut.accuracy(model, (outputs, np.array([0, 1, 2, 1]))) == 0.75
    assert axlut.accuracy(model, (outputs, np.array([[0], [1], [0], [1]]))) == 0.5
    assert axlut.accuracy(model, [(outputs[:3], np.eye(3)[[0, 0, 0]])]) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match=r"\(inputs, labels\)"):
        axlut.accuracy(model, outputs)


def test_models_without_statistics_are_errors(exact):
    x = images()
    with pytest.raises(ValueError, match="'net' has no batch normalization"):
        axlut.recalibrate_batch_norm(network(), x)
    with pytest.raises(ValueError, match="'one_pass' or 'layer_by_layer'"):
        axlut.recalibrate_batch_norm(norm_network(), x, method="twice")
    with pytest.raises(ValueError, match="only once"):
        axlut.recalibrate_batch_norm(norm_network(), iter([x]), method="layer_by_layer")
    renorm = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization(renorm=True)])
    with pytest.raises(ValueError, match="renorm=True"):
        axlut.recalibrate_batch_norm(renorm, np.ones((2, 4), F))
    frozen = norm_network()
    frozen.get_layer("n1").trainable = False
    axlut.recalibrate_batch_norm(frozen, x)  # an explicit step: frozen layers take part
    np.testing.assert_allclose(frozen.get_layer("n1").moving_mean,
                               moments(inputs_of_norms(frozen, x)[0])[0], rtol=1e-4)


def test_moving_average_start_is_replaced(exact):
    model = axlut.approximate(network(), {"first": exact}, quantize=MovingAverage(initial=(-6, 6)))
    x = images()
    ranges = axlut.calibrate(model, x)
    np.testing.assert_array_equal(ranges["first: input"], bounds(x))
