# SPDX-License-Identifier: MIT
"""TFApprox' Keras layers, and a script for TFApprox after one import was changed."""

import pathlib
import runpy
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import axlut.tfapprox
import lut_reference as reference
from axlut.tfapprox import (FakeApproxConv2D, FakeApproxDepthwiseConv2D,
                            FakeApproxSeparableConv2D)

DIGITS = pathlib.Path(__file__).resolve().parents[3] / "testdata/digits"

# As TFApprox' own examples are made: train with exact layers, copy the weights, evaluate.
SCRIPT = """
import argparse
import numpy as np
import tensorflow as tf

from keras.layers.fake_approx_convolutional import FakeApproxConv2D

parser = argparse.ArgumentParser()
parser.add_argument("--mtab_file", type=str, help="multiplication table (8x8)", default="")
parser.add_argument("--digits", type=str)
args = parser.parse_args()

images = (np.load(args.digits + "/images.npy").reshape(-1, 8, 8, 1) + 128.0) / 255
labels = np.load(args.digits + "/labels.npy")
tf.keras.utils.set_random_seed(1)

def lenet(convolution, **options):
    model = tf.keras.Sequential([
        convolution(filters=6, kernel_size=(3, 3), activation="relu", **options),
        tf.keras.layers.AveragePooling2D(2),
        convolution(filters=16, kernel_size=(3, 3), activation="relu", **options),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(84, activation="relu"),
        tf.keras.layers.Dense(10, activation="softmax")
    ])
    model.compile(optimizer=tf.keras.optimizers.Adam(0.01),
                  loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.build(input_shape=(None, 8, 8, 1))
    return model

model = lenet(tf.keras.layers.Conv2D)
model.fit(images[:300], labels[:300], epochs=20, verbose=0)
approx_model = lenet(FakeApproxConv2D, mul_map_file=args.mtab_file)
for approx_layer, layer in zip(approx_model.layers, model.layers):
    approx_layer.set_weights(layer.get_weights())
scores = [m.evaluate(images[300:], labels[300:], batch_size=100, verbose=0)[1]
          for m in (model, approx_model)]
print("accuracies:", *scores)
"""


def run_script(tmp_path, monkeypatch, capsys, *arguments):
    changed = SCRIPT.replace("from keras.layers.fake_approx_convolutional import",
                             "from axlut.tfapprox import")
    assert changed != SCRIPT
    script = tmp_path / "eval.py"
    script.write_text(changed, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", [str(script), "--digits", str(DIGITS), *arguments])
    runpy.run_path(str(script), run_name="__main__")
    line = [text for text in capsys.readouterr().out.splitlines() if text.startswith("accuracies:")]
    return tuple(float(number) for number in line[0].split()[1:])


def test_a_script_runs_after_one_import_was_changed(save, tmp_path, monkeypatch, capsys):
    exact, through_exact_table = run_script(tmp_path, monkeypatch, capsys)
    assert exact > 0.8  # 100 images, so that a difference of 3 is within the noise of 8 bits
    assert abs(through_exact_table - exact) <= 0.03
    zeros = save(reference.Table(np.zeros((256, 256), np.int64)))
    _, through_zeros = run_script(tmp_path, monkeypatch, capsys, "--mtab_file", zeros.path)
    assert through_zeros < 0.5


def test_load_op_library_gives_the_module():
    module = axlut.tfapprox.load_op_library("libApproxGPUOpsTF.so")
    assert module is axlut.tfapprox
    assert module.ApproxConv2DWithMinMaxVars is module.approx_conv2d_with_min_max_vars


def test_graphs_with_tfapprox_ops_run_once_the_ops_are_loaded(save, tmp_path):
    """By load_ops alone, in a process that has never seen axlut.tfapprox; their gradients too."""
    path = save(reference.random_table(1)).path
    w = np.random.default_rng(2).uniform(0, 1, (3, 3, 2, 2)).astype(np.float32)
    module = tf.Module()
    module.serve = tf.function(
        lambda x: axlut.tfapprox.approx_conv2d_with_min_max_vars(
            x, w, 0.0, 1.0, 0.0, 1.0, strides=[1, 1, 1, 1], num_bits=8, mul_map_file=path,
            padding="SAME"),
        input_signature=[tf.TensorSpec([None, 4, 4, 2])])
    tf.saved_model.save(module, str(tmp_path / "model"))
    x = np.random.default_rng(3).uniform(0, 1, (1, 4, 4, 2)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    code = f"""
import numpy as np, tensorflow as tf, axlut
axlut.load_ops()
model = tf.saved_model.load("{tmp_path}/model")
x = tf.constant(np.load("{tmp_path}/x.npy"))
with tf.GradientTape() as tape:
    tape.watch(x)
    y = model.serve(x)
np.savez("{tmp_path}/y.npz", y=y, gradient=tape.gradient(y, x))
"""
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    results = np.load(tmp_path / "y.npz")
    np.testing.assert_array_equal(results["y"], module.serve(x))
    exact = tf.nn.conv2d_transpose(tf.ones((1, 4, 4, 2)), w, x.shape, 1, "SAME")
    np.testing.assert_allclose(results["gradient"], exact, rtol=1e-5)


def layer_on(layer, shape, seed=3):
    """The built layer with random weights, an input, and the output."""
    x = np.random.default_rng(seed).normal(0.2, 1, shape).astype(np.float32)
    layer.build(shape)
    rng = np.random.default_rng(seed + 1)
    layer.set_weights([rng.normal(size=w.shape).astype(np.float32) for w in layer.get_weights()])
    return x, np.asarray(layer(x))


@pytest.mark.parametrize("names", [("num_bits", "mul_map_file"),
                                   ("approx_num_bits", "approx_mul_table_file")])
def test_convolution_layer_equals_the_integer_reference(save, names):
    """With the arguments' names of tf2 and of tf2_new."""
    table = save(reference.random_table(5))
    layer = FakeApproxConv2D(4, (3, 2), (2, 1), "same", activation="relu",
                             **dict(zip(names, (8, table.path))))
    x, got = layer_on(layer, (2, 7, 6, 3))
    kernel, bias = layer.get_weights()
    expected, _ = reference.conv2d(x, kernel, table, (2, 1))
    np.testing.assert_array_equal(got, np.maximum(expected + bias, 0))


def test_arguments_have_their_positions_of_keras_2():
    layer = FakeApproxConv2D(4, 3, (1, 1), "same", None, (2, 2), "relu", False)
    assert layer.activation is keras.activations.relu and not layer.use_bias
    assert layer.dilation_rate == (2, 2) and layer.groups == 1


def test_per_channel_ranges_are_used_when_asked_for(save):
    table = save(reference.random_table(6))
    x, got = layer_on(layer := FakeApproxConv2D(4, 3, padding="same", use_bias=False,
                                                mul_map_file=table.path, per_channel=True),
                      (2, 5, 5, 3))
    kernel = layer.get_weights()[0]
    expected = np.concatenate([
        reference.conv2d(x, kernel[..., c:c + 1], table, x_range=(x.min(), x.max()))[0]
        for c in range(4)], -1)
    np.testing.assert_array_equal(got, expected)


def test_depthwise_layer_equals_the_integer_reference(save):
    table = save(reference.random_table(7))
    layer = FakeApproxDepthwiseConv2D(3, depth_multiplier=2, approx_mul_table_file=table.path)
    x, got = layer_on(layer, (2, 6, 5, 3))
    kernel, bias = layer.get_weights()
    ranges = {"x_range": (x.min(), x.max()), "w_range": (kernel.min(), kernel.max())}
    expected = np.concatenate([
        reference.conv2d(x[..., c:c + 1], kernel[:, :, c:c + 1, m:m + 1], table, padding="VALID",
                         **ranges)[0] for c in range(3) for m in range(2)], -1)
    np.testing.assert_array_equal(got, expected + bias)


def test_separable_layer_is_approximate_depthwise_and_exact_pointwise(save):
    table = save(reference.random_table(8))
    layer = FakeApproxSeparableConv2D(4, 3, padding="same", approx_mul_table_file=table.path)
    x, got = layer_on(layer, (2, 6, 5, 3))
    depthwise = FakeApproxDepthwiseConv2D(3, padding="same", use_bias=False,
                                          mul_map_file=table.path)
    depthwise.build(x.shape)
    depthwise.set_weights(layer.get_weights()[:1])
    pointwise, bias = layer.get_weights()[1:]
    np.testing.assert_allclose(got, np.asarray(depthwise(x)) @ pointwise[0, 0] + bias, rtol=1e-4,
                               atol=1e-4)


def test_layers_of_mixed_precision_compute_in_float32_and_give_their_type(save):
    table = save(reference.random_table(12))
    options = {"padding": "same", "use_bias": False, "mul_map_file": table.path}
    x, got = layer_on(mixed := FakeApproxConv2D(3, 3, dtype="mixed_float16", **options),
                      (1, 5, 4, 2))
    in_float = FakeApproxConv2D(3, 3, **options)
    in_float.build(x.shape)
    in_float.set_weights([w.astype(np.float16) for w in mixed.get_weights()])
    assert got.dtype == np.float16
    np.testing.assert_array_equal(
        got, np.asarray(in_float(x.astype(np.float16).astype(np.float32))).astype(np.float16))


def test_groups_follow_from_the_argument(save):
    table = save(reference.random_table(13))
    layer = FakeApproxConv2D(4, 3, padding="same", use_bias=False, mul_map_file=table.path,
                             groups=2)
    x, got = layer_on(layer, (1, 5, 4, 6))
    expected, _ = reference.conv2d(x, layer.get_weights()[0], table)
    np.testing.assert_array_equal(got, expected)


def test_constant_inputs_are_no_nan(save):
    x = np.full((1, 4, 4, 2), 0.75, np.float32)
    layer = FakeApproxConv2D(3, 3)
    layer.build(x.shape)
    exact = tf.nn.conv2d(x, layer.kernel, 1, "VALID")
    np.testing.assert_allclose(layer(x), exact, atol=0.02)


@pytest.mark.parametrize("layer", [
    FakeApproxConv2D(4, 3, num_bits=6, mul_map_file="", per_channel=True),
    FakeApproxDepthwiseConv2D(3, depth_multiplier=2, approx_num_bits=6),
    FakeApproxSeparableConv2D(4, 3, approx_num_bits=6)])
def test_models_are_saved_and_loaded(layer, tmp_path):
    model = keras.Sequential([keras.Input((6, 5, 3)), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].num_bits == 6
    x = np.random.default_rng(9).normal(size=(2, 6, 5, 3)).astype(np.float32)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))


def test_layers_learn(save):
    """From batch to batch through the upper half of the product's bits."""
    table = save(reference.Table(reference.exact_table().products & ~0xFF))
    keras.utils.set_random_seed(10)
    labels = np.arange(256) % 2
    images = np.random.default_rng(11).uniform(-1, 1, (256, 6, 6, 1)).astype(np.float32)
    images[labels == 1, 2:4, 2:4] += 1.5  # a bright spot
    model = keras.Sequential([
        FakeApproxConv2D(8, 3, activation="relu", mul_map_file=table.path),
        FakeApproxDepthwiseConv2D(3, activation="relu", mul_map_file=table.path),
        keras.layers.GlobalMaxPooling2D(), keras.layers.Dense(2)])
    model.compile(keras.optimizers.Adam(0.01),
                  keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                  metrics=["accuracy"])
    model.fit(images, labels, epochs=10, verbose=0)
    assert model.evaluate(images, labels, verbose=0)[1] > 0.9


@pytest.mark.parametrize("num_bits", [0, 1, 9])
def test_widths_that_fake_quant_does_not_have_are_refused(num_bits):
    with pytest.raises(ValueError, match=f"num_bits must be 2 .. 8; it is {num_bits}"):
        FakeApproxConv2D(4, 3, num_bits=num_bits)
