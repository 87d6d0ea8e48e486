# SPDX-License-Identifier: MIT
"""The Keras layers compute what the ops compute with their ranges, in every setting of Keras."""

import os

import keras
import numpy as np
import pytest
import tensorflow as tf

import axlut
import lut_reference as reference
from axlut import ranges
from axlut.keras import (AxConv2D, AxDense, AxDepthwiseConv2D, AxSeparableConv2D, BatchRange,
                         FixedRange)

X_RANGE, W_RANGE = (-2.0, 3.0), (-0.4, 0.5)
FIXED = {"input_quantizer": FixedRange(*X_RANGE), "kernel_quantizer": FixedRange(*W_RANGE)}


@pytest.fixture
def table(save):
    return save(reference.random_table(1))


@pytest.fixture
def exact(save):
    return save(reference.exact_table())


def images(seed=1, channels=4, batch=2, size=(7, 6)):
    rng = np.random.default_rng(seed)
    return rng.normal(0.3, 1.0, (batch, *size, channels)).astype(np.float32)


def built(layer, x):
    """The layer with random weights, its bias too."""
    layer.build(x.shape)
    rng = np.random.default_rng(7)
    for weight in layer.exact_variables():
        weight.assign(rng.normal(0, 0.2, weight.shape))
    return layer


def conv_by_reference(x, layer, table, groups=1, x_range=X_RANGE, w_range=W_RANGE):
    w = layer.kernel.numpy()
    del groups
    y, _ = reference.conv2d(x, w, table, layer.strides, layer.padding.upper(), layer.dilation_rate,
                            x_range, w_range)
    return y + (layer.bias.numpy() if layer.bias is not None else 0)


@pytest.mark.parametrize("settings", [
    {}, {"padding": "same"}, {"strides": 2, "padding": "same"}, {"strides": (2, 1)},
    {"dilation_rate": (2, 1), "padding": "same"}, {"groups": 2}, {"groups": 4, "use_bias": False},
    {"kernel_size": 1}, {"kernel_size": (7, 6)}, {"kernel_size": (2, 3)}])
def test_convolution_equals_the_integer_reference(table, settings):
    x = images()
    layer = built(AxConv2D(**{"filters": 8, "kernel_size": 3, **settings}, table=table.path,
                           **FIXED),
                  x)
    got = layer(x).numpy()
    assert got.shape == layer.compute_output_shape(x.shape)
    np.testing.assert_array_equal(got, conv_by_reference(x, layer, table))


def test_batch_ranges_are_those_of_the_tensors_with_0(table):
    x = images() + 5  # positive: the range must still hold 0
    layer = built(AxConv2D(3, 3, table=table.path), x)
    w = layer.kernel.numpy()
    expected = conv_by_reference(x, layer, table, x_range=(0.0, x.max()),
                                 w_range=(min(w.min(), 0), max(w.max(), 0)))
    np.testing.assert_array_equal(layer(x), expected)


@pytest.mark.parametrize("settings", [{}, {"padding": "same", "strides": 2},
                                      {"depth_multiplier": 3, "dilation_rate": 2,
                                       "padding": "same"}])
def test_depthwise_convolution_equals_the_integer_reference(table, settings):
    x = images(2)
    layer = built(AxDepthwiseConv2D(3, **settings, table=table.path, **FIXED), x)
    w = layer.kernel.numpy()
    expected, _ = reference.conv2d(x, w.reshape(3, 3, 1, -1), table, layer.strides,
                                   layer.padding.upper(), layer.dilation_rate, X_RANGE, W_RANGE)
    np.testing.assert_array_equal(layer(x), expected + layer.bias.numpy())


def test_separable_convolution_has_a_table_for_each_of_its_two_products(save):
    x = images(3)
    first, second = save(reference.random_table(4)), save(reference.random_table(5))
    between_range = (-3e4, 2e4)
    layer = built(AxSeparableConv2D(
        5, 3, strides=2, padding="same", depth_multiplier=2, table=(first.path, second.path),
        input_quantizer=[FixedRange(*X_RANGE), FixedRange(*between_range)],
        kernel_quantizer=FixedRange(*W_RANGE)), x)
    depthwise, pointwise = layer.depthwise_kernel.numpy(), layer.pointwise_kernel.numpy()
    between, _ = reference.conv2d(x, depthwise.reshape(3, 3, 1, -1), first, (2, 2), "SAME", (1, 1),
                                  X_RANGE, W_RANGE)
    expected, _ = reference.conv2d(between, pointwise, second, x_range=between_range,
                                   w_range=W_RANGE)
    np.testing.assert_array_equal(layer(x), expected + layer.bias.numpy())
    assert layer.table == [first.path, second.path]


@pytest.mark.parametrize("lead", [(6,), (2, 3), (2, 1, 3), (1, 2, 3, 1)])
def test_dense_rows_go_through_the_table_at_every_rank(table, lead):
    x = images(4, 5, 1, (2, 3)).reshape(*lead, 5)
    layer = built(AxDense(3, activation="relu", table=table.path, **FIXED), x)
    expected, _ = reference.conv2d(x.reshape(6, 1, 1, 5), layer.kernel.numpy().reshape(1, 1, 5, 3),
                                   table, x_range=X_RANGE, w_range=W_RANGE)
    expected = np.maximum(expected.reshape(*lead, 3) + layer.bias.numpy(), 0)
    np.testing.assert_array_equal(layer(x), expected)
    graph = tf.function(layer).get_concrete_function(tf.TensorSpec([None] * len(lead) + [5]))
    assert graph.output_shapes.as_list() == [None] * len(lead) + [3]


def test_operand_order_is_input_then_kernel(save):
    rows = save(reference.Table(np.repeat(np.arange(256)[:, None], 256, 1)))  # T[a][b] = a
    x, full = np.float32([[3.0]]), FixedRange(0, 255)
    for layer, shape in ((AxDense(1, table=rows.path, input_quantizer=full, kernel_quantizer=full),
                          (1, 1)),
                         (AxConv2D(1, 1, table=rows.path, input_quantizer=full,
                                   kernel_quantizer=full), (1, 1, 1, 1)),
                         (AxDepthwiseConv2D(1, table=rows.path, input_quantizer=full,
                                            kernel_quantizer=full), (1, 1, 1, 1))):
        layer.build(shape)
        layer.kernel.assign(np.full(layer.kernel.shape, 7.0))
        assert layer(x.reshape(shape)).numpy().item() == 3


@pytest.mark.parametrize("make", [
    lambda **k: AxConv2D(6, 3, groups=2, padding="same", **k),
    lambda **k: AxConv2D(6, 3, strides=2, **k),
    lambda **k: AxDepthwiseConv2D(3, depth_multiplier=2, **k),
    lambda **k: AxSeparableConv2D(6, 3, padding="same", **k),
    lambda **k: AxDense(6, **k)])
def test_modes_are_table_quantized_and_float(exact, table, make):
    x = images(5)
    layer = built(make(table=exact.path), x)
    keras_layer = layer.exact_class.from_config(layer.exact_config())
    keras_layer.build(x.shape)
    keras_layer.set_weights(layer.get_weights())
    approximate = layer(x).numpy()
    layer.mode = "quantized"
    quantized = layer(x).numpy()
    layer.mode = "float"
    np.testing.assert_array_equal(layer(x), keras_layer(x))
    # The exact table's products are those of the quantized values, up to float rounding.
    np.testing.assert_allclose(approximate, quantized, atol=2e-6)
    assert np.abs(quantized - layer(x).numpy()).max() > 1e-4
    other = built(make(table=table.path), x)
    assert np.abs(other(x).numpy() - approximate).max() > 1  # a bad table is seen
    other.mode = "quantized"
    np.testing.assert_array_equal(other(x), quantized)


def test_a_traced_graph_follows_the_mode(table):
    x = images(6)
    layer = built(AxConv2D(3, 3, table=table.path), x)
    traced = tf.function(lambda a: layer(a))
    outputs = {}
    for mode in ("approximate", "quantized", "float", "approximate"):
        layer.mode = mode
        outputs[mode] = traced(x).numpy()
        np.testing.assert_array_equal(outputs[mode], layer(x))
    assert traced.experimental_get_tracing_count() == 1
    assert len({output.tobytes() for output in outputs.values()}) == 3


def test_fixed_ranges_make_an_image_independent_of_its_batch(table):
    x = images(7, batch=5)
    fixed = built(AxConv2D(3, 3, table=table.path, **FIXED), x)
    batch = built(AxConv2D(3, 3, table=table.path), x)
    whole, whole_batch = fixed(x).numpy(), batch(x).numpy()
    different = False
    for i in range(5):
        np.testing.assert_array_equal(fixed(x[i:i + 1])[0], whole[i])
        different |= not np.array_equal(batch(x[i:i + 1])[0], whole_batch[i])
    assert different


@pytest.mark.parametrize("make", [
    lambda **k: AxConv2D(6, 3, groups=2, padding="same", **k),
    lambda **k: AxDepthwiseConv2D((2, 3), depth_multiplier=2, padding="same", **k),
    lambda **k: AxSeparableConv2D(6, 3, strides=2, **k)])
def test_channels_first_is_channels_last_transposed(table, make):
    x = images(8)
    last = built(make(table=table.path, **FIXED), x)
    first = make(data_format="channels_first", table=table.path, **FIXED)
    turned = np.transpose(x, (0, 3, 1, 2)).copy()
    first.build(turned.shape)
    first.set_weights(last.get_weights())
    got = first(turned).numpy()
    assert got.shape == first.compute_output_shape(turned.shape)
    np.testing.assert_array_equal(np.transpose(got, (0, 2, 3, 1)), last(x))


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
@pytest.mark.parametrize("make", [
    lambda **k: AxConv2D(6, 3, use_bias=False, **k),
    lambda **k: AxDepthwiseConv2D(3, use_bias=False, **k),
    lambda **k: AxDense(6, use_bias=False, **k)])
def test_half_precision_quantizes_the_half_precision_values(table, dtype, make):
    x = images(9)
    layer = built(make(table=table.path, dtype=dtype), x)
    half = tf.as_dtype(layer.compute_dtype)
    rounded = tf.cast(tf.cast(x, half), tf.float32).numpy()
    full = make(table=table.path)
    full.build(x.shape)
    full.set_weights([tf.cast(tf.cast(w, half), tf.float32).numpy() for w in layer.get_weights()])
    got = layer(x)
    assert got.dtype == half
    np.testing.assert_array_equal(got, tf.cast(full(rounded), half))
    for mode in ("quantized", "float"):
        layer.mode = full.mode = mode
        assert layer(x).dtype == half
        np.testing.assert_allclose(tf.cast(layer(x), tf.float32), full(rounded), atol=0.02)


def test_training_moves_the_weights_towards_the_target(exact):
    rng = np.random.default_rng(10)
    x = rng.normal(size=(64, 6, 6, 2)).astype(np.float32)
    truth = keras.Sequential([keras.Input((6, 6, 2)), keras.layers.Conv2D(3, 3),
                              keras.layers.Flatten(), keras.layers.Dense(2)])
    model = axlut.approximate(
        keras.models.clone_model(truth), exact.path, quantize="moving_average")
    model.compile(keras.optimizers.Adam(0.01), "mse", jit_compile="auto")
    losses = model.fit(x, truth(x), epochs=20, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 4
    assert not any(np.isnan(range_).any() for layer in model.layers if hasattr(layer, "get_ranges")
                   for range_ in layer.get_ranges().values())


def test_gradients_of_the_modes_agree_for_the_exact_table(exact):
    x = tf.constant(images(11))
    layer = built(AxConv2D(3, 3, padding="same", table=exact.path, **FIXED), x)
    gradients = {}
    for mode in ("approximate", "quantized", "float"):
        layer.mode = mode
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(layer(x) ** 2)
        gradients[mode] = [g.numpy() for g in tape.gradient(loss, [x, *layer.trainable_variables])]
    for approximate, quantized in zip(gradients["approximate"], gradients["quantized"]):
        np.testing.assert_allclose(approximate, quantized, atol=1e-3)
    clipped = (x.numpy() > 3.01) | (x.numpy() < -2.01)
    assert clipped.any()
    rest = ~clipped
    assert np.corrcoef(gradients["quantized"][0][rest], gradients["float"][0][rest])[0, 1] > 0.99
    assert not gradients["quantized"][0][clipped].any()
    assert gradients["float"][0][clipped].any()


def test_arguments_are_checked_when_a_layer_is_made(table):
    with pytest.raises(FileNotFoundError, match="AxConv2D 'c'.*no file /nowhere/mul8u_x.bin"):
        AxConv2D(3, 3, table="/nowhere/mul8u_x.bin", name="c")
    with pytest.raises(TypeError, match="path of a table file; it is 7"):
        AxDense(3, table=7)
    with pytest.raises(ValueError, match="float64"):
        AxDense(3, table=table.path, dtype="float64")
    with pytest.raises(ValueError, match="mode must be one of.*it is 'fast'"):
        AxDense(3, table=table.path, mode="fast")
    with pytest.raises(ValueError, match="'per_chanel'"):
        AxConv2D(3, 3, table=table.path, kernel_quantizer="per_chanel")
    with pytest.raises(ValueError, match="per_channel is for kernels"):
        AxConv2D(3, 3, table=table.path, input_quantizer="per_channel")
    with pytest.raises(ValueError, match="gradient must be one of"):
        AxConv2D(3, 3, table=table.path, gradient="none")
    with pytest.raises(ValueError, match="encoding must be 'affine' or"):
        AxConv2D(3, 3, table=table.path, encoding="gray")
    with pytest.raises(ValueError, match=r"pair.*has 3 elements"):
        AxSeparableConv2D(3, 3, table=[table.path] * 3)
    with pytest.raises(ValueError, match="lora_rank"):
        AxDense(3, table=table.path, lora_rank=2)
    layer = built(AxDense(3, table=table.path), np.zeros((1, 2)))
    with pytest.raises(NotImplementedError, match="LoRA"):
        layer.enable_lora(2)
    with pytest.raises(NotImplementedError, match="quantizes"):
        layer.quantize("int8")
    with pytest.raises(ValueError, match="keeps no range for 'input'"):
        layer.set_range("input", 0, 1)


def test_relative_paths_become_absolute(table, monkeypatch):
    monkeypatch.chdir(os.path.dirname(table.path))
    layer = AxDense(3, table=os.path.basename(table.path))
    assert layer.table == table.path


def test_ranges_helper_keeps_channels_apart():
    values = np.float32([[1, -2, 3], [4, 0, -6]])
    low, high = ranges.asymmetric(values, [1])
    np.testing.assert_array_equal(low, [0, -2, -6])
    np.testing.assert_array_equal(high, [4, 0, 3])
    assert BatchRange() == BatchRange() and BatchRange() != BatchRange(narrow=True)
