# SPDX-License-Identifier: MIT
"""Approximate Keras models on disk, in training loops, and on several devices."""

import os
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import axlut
from axlut.keras import (AxConv2D, AxDense, AxDepthwiseConv2D, AxSeparableConv2D, BatchRange,
                         FixedRange, MovingAverage, set_mode, tables_in)

F = np.float32


def images(count=8, seed=1):
    return np.random.default_rng(seed).normal(size=(count, 8, 8, 2)).astype(F)


def network(path, other, **options):
    """All four layers, with different settings."""
    layers = [
        keras.Input((8, 8, 2)),
        AxConv2D(4, 3, groups=2, activation="relu", table=path, kernel_quantizer="per_channel",
                 gradient="straight_through", kernel_regularizer="l2", **options),
        AxDepthwiseConv2D(3, depth_multiplier=2, table=other, input_quantizer=FixedRange(-1, 5),
                          kernel_quantizer=BatchRange(symmetric=True, narrow=True)),
        AxSeparableConv2D(3, 3, padding="same", table=(path, other), mode="quantized",
                          input_quantizer=(MovingAverage(0.5), "fixed"),
                          kernel_quantizer=FixedRange(per_channel=True)),
        keras.layers.Flatten(), AxDense(3, table=path)]
    return keras.Sequential(layers)


def calibrated(path, other):
    keras.utils.set_random_seed(2)
    model = network(path, other)
    axlut.calibrate(model, images())
    return model


def check_same(model, again):
    x = images(seed=3)
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    for layer, copy in zip(model.layers, again.layers):
        assert type(copy) is type(layer) and copy.get_config() == layer.get_config()
        if hasattr(layer, "get_ranges"):
            kept, found = layer.get_ranges(), copy.get_ranges()
            assert kept.keys() == found.keys()
            for operand in kept:
                np.testing.assert_array_equal(kept[operand], found[operand])


def test_models_are_saved_with_tables_ranges_quantizers_and_modes(exact, bad, tmp_path):
    model = calibrated(exact, bad)
    model.layers[0].mode = "float"
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    check_same(model, again)
    assert [layer.mode for layer in again.layers if hasattr(layer, "mode")] == \
        ["float", "approximate", "quantized", "approximate"]
    assert set(again.layers[2].get_ranges()) == \
        {"input", "kernel", "pointwise_input", "pointwise_kernel"}


def test_layers_are_made_again_from_their_configuration(exact, bad):
    for layer in calibrated(exact, bad).layers:
        config = layer.get_config()
        assert type(layer).from_config(config).get_config() == config
    dense = AxDense(2, table=exact, gradient="difference_1d", encoding="sign_magnitude",
                    dtype="mixed_bfloat16", name="d")
    copy = AxDense.from_config(dense.get_config())
    assert copy.get_config() == dense.get_config()
    assert copy.dtype_policy.name == "mixed_bfloat16"


def test_weights_files(exact, bad, tmp_path):
    model, other = calibrated(exact, bad), network(exact, bad)
    model.save_weights(tmp_path / "m.weights.h5")
    other.load_weights(tmp_path / "m.weights.h5")
    x = images(seed=3)
    np.testing.assert_array_equal(other(x), model(x))
    batch = axlut.approximate(other, exact, quantize="batch")
    with pytest.raises(ValueError,
                       match=r"needs 2 weights and the ranges \[\]; the file has.*input"):
        batch.load_weights(tmp_path / "m.weights.h5")  # its ranges have no place here


def test_weights_of_the_exact_layer_fit(exact):
    dense = keras.layers.Dense(3)
    dense.build((1, 4))
    layer = AxDense(3, table=exact, input_quantizer=FixedRange(-1, 2))
    layer.build((1, 4))
    store = {}
    dense.save_own_variables(store)
    layer.load_own_variables({name: value.numpy() for name, value in store.items()})
    np.testing.assert_array_equal(layer.kernel, dense.kernel)
    assert layer.get_ranges() == {"input": (-1, 2)}
    with pytest.raises(ValueError,
                       match=r"needs 2 weights and the ranges \['input_high', 'input_low'\]"):
        layer.load_own_variables({"0": dense.kernel.numpy()})


def test_a_table_that_is_gone_is_a_clear_error_and_can_be_elsewhere(exact, bad, tmp_path):
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    model = calibrated(exact, bad)
    model.save(tmp_path / "model.keras")
    expected = model.predict(images(), verbose=0)
    for path in (exact, bad):
        shutil.move(path, moved)
    with pytest.raises(FileNotFoundError, match=f"AxConv2D.*is not there.*{exact}.*tables_in"):
        keras.models.load_model(tmp_path / "model.keras")
    with tables_in(moved):
        again = keras.models.load_model(tmp_path / "model.keras")
    assert again.layers[0].table == str(moved / os.path.basename(exact))
    np.testing.assert_array_equal(again.predict(images(), verbose=0), expected)
    with pytest.raises(Exception, match=os.path.basename(exact)):  # no other place is tried
        model.predict(images(4), verbose=0)


def test_exported_models_run_elsewhere(exact, bad, tmp_path):
    model = calibrated(exact, bad)
    x = images(seed=3)
    model.export(tmp_path / "served", verbose=False)
    np.save(tmp_path / "x.npy", x)
    code = ("import numpy as np, tensorflow as tf, axlut; axlut.load_ops();"
            f"served = tf.saved_model.load('{tmp_path}/served');"
            f"np.save('{tmp_path}/y.npy', served.serve(np.load('{tmp_path}/x.npy')))")
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), model.predict(x, verbose=0), rtol=1e-5)


def test_a_schedule_of_modes_during_fit(exact, bad):
    seen = []

    class Schedule(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            set_mode(self.model, ["approximate", "quantized", "float"][epoch])
            seen.append({layer.mode for layer in self.model.layers if hasattr(layer, "mode")})

    keras.utils.set_random_seed(2)
    x, y = images(16), np.zeros((16, 3), F)
    model = keras.Sequential([keras.Input((8, 8, 2)), AxConv2D(3, 3, table=bad),
                              keras.layers.Flatten(), AxDense(3, table=exact)])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    losses = model.fit(x, y, epochs=3, verbose=0, callbacks=[Schedule()]).history["loss"]
    assert seen == [{"approximate"}, {"quantized"}, {"float"}]
    assert losses[0] > 10 * losses[1]  # the bad table in the first epoch only
    np.testing.assert_allclose(losses[1], losses[2], rtol=0.05)
    assert losses[1] != losses[2]
    set_mode(model, "approximate", layers="ax_dense*")
    assert [layer.mode for layer in model.layers if hasattr(layer, "mode")] == \
        ["float", "approximate"]
    with pytest.raises(ValueError, match="fits no approximate layer"):
        set_mode(model, "float", layers=["conv"])
    with pytest.raises(ValueError, match="mode must be one of"):
        set_mode(model, "exact")


def test_models_are_never_compiled_by_xla(exact, bad):
    model = network(exact, bad)
    assert all(not layer.supports_jit for layer in model.layers if hasattr(layer, "mode"))
    model.compile("sgd", "mse", jit_compile="auto")
    assert not model.jit_compile


def test_own_training_loops(exact):
    keras.utils.set_random_seed(4)
    x = images(16)
    model = keras.Sequential([keras.Input((8, 8, 2)), AxConv2D(
        3, 3, table=exact, input_quantizer="moving_average"),
                              keras.layers.GlobalAveragePooling2D()])
    optimizer = keras.optimizers.SGD(0.1)
    target = tf.constant(np.random.default_rng(5).normal(size=(16, 3)).astype(F))

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x, training=True) - target) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    losses = [float(step(x)) for _ in range(20)]
    assert losses[-1] < losses[0]
    np.testing.assert_allclose(model.layers[0].get_ranges()["input"], (x.min(), x.max()), rtol=1e-4)


def test_mirrored_on_two_devices(exact, tmp_path):
    """In a process of its own: virtual devices are set before TensorFlow starts.

    Without batch normalization: Keras 3.15 lets its moving statistics differ between replicas.
    """
    code = f"""
import numpy as np, keras, tensorflow as tf, axlut
from axlut.keras import AxConv2D, AxDense, MovingAverage, set_mode
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
x = np.random.default_rng(1).normal(size=(32, 8, 8, 2)).astype(np.float32)
x[:16] *= 3
y = np.random.default_rng(2).normal(size=(32, 3)).astype(np.float32)

def make():
    keras.utils.set_random_seed(3)
    layers = [keras.Input((8, 8, 2)), keras.layers.Conv2D(4, 3, activation="relu", name="c"),
              keras.layers.Flatten(), keras.layers.Dense(3)]
    model = axlut.approximate(keras.Sequential(layers), {exact!r}, quantize=MovingAverage(0.5))
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return model

with strategy.scope():
    model = make()
data = tf.data.Dataset.from_tensor_slices((x, y)).batch(32)
losses = model.fit(data, epochs=4, verbose=0).history["loss"]
assert losses[-1] < losses[0], losses
low, high = model.get_layer("c").get_ranges()["input"]
halves = [x[:16], x[16:]]  # a replica each; the average takes the mean of their ends
np.testing.assert_allclose(low, np.mean([half.min() for half in halves]), rtol=1e-5)
np.testing.assert_allclose(high, np.mean([half.max() for half in halves]), rtol=1e-5)
set_mode(model, "float")
again = model.predict(x, verbose=0)
single = axlut.exact(model)
np.testing.assert_allclose(again, single.predict(x, verbose=0), rtol=1e-4, atol=1e-5)
set_mode(model, "approximate")
model.save("{tmp_path}/m.keras")
alone = keras.models.load_model("{tmp_path}/m.keras")
expected = alone.predict(x, verbose=0)
np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-5)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
