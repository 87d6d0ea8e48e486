# SPDX-License-Identifier: MIT
"""tune_layer gives Keras layers the weights that multiply best with their own activations."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import axlut
from axlut.keras import AxConv2D, AxDense, AxDepthwiseConv2D, AxSeparableConv2D
from axlut.keras import BatchRange, FixedRange, MovingAverage
import lut_reference as reference

FIXED = {"input_quantizer": FixedRange(-1.0, 3.0), "kernel_quantizer": FixedRange(-1.5, 1.5)}


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).normal(0.5, 0.8, (20, 6, 6, 3)).astype(np.float32)


def codes(layer, product=0):
    """Bit patterns of a layer's kernel."""
    kept = layer.products[product]
    low, high = (keras.ops.convert_to_numpy(end) for end in kept.state["kernel"])
    kernel = keras.ops.convert_to_numpy(getattr(layer, layer.kernel_names[product]))
    rows = kernel.reshape(-1, low.size if low.ndim else kernel.shape[-1])
    return axlut.load_ops().axlut_quantize(
        rows, low, high, table=kept.table, operand="b", encoding=kept.encoding,
        narrow=kept.quantizers["kernel"].narrow).numpy().reshape(kernel.shape)


def test_without_data_all_activations_count_equally(save, images):
    table = save(reference.rough_table(2))
    layer = AxConv2D(4, 3, table=table.path, **FIXED)
    layer(images)
    before = codes(layer)
    tunings = axlut.tune_layer(layer)
    zero_point = reference.nudge(-1.0, 3.0, 8)[1]
    expected = reference.tuning_map(table, zero_point=zero_point)
    assert list(tunings) == [layer.name]
    np.testing.assert_array_equal(tunings[layer.name].map, expected)
    assert (codes(layer) != before).any()
    np.testing.assert_array_equal(codes(layer), expected[before])


@pytest.mark.parametrize("signed", [False, True])
def test_the_histogram_is_that_of_the_layers_inputs(save, images, signed):
    table = save(reference.rough_table(3, signed=signed))
    layer = AxDense(5, table=table.path, **FIXED)
    layer(images)
    before = codes(layer)
    tunings = axlut.tune_layer(layer, images, batch_size=7)
    flip = 128 if signed else 0
    histogram = np.bincount((reference.quantize(images, (-1.0, 3.0), 8) ^ flip).ravel(),
                            minlength=256)
    zero_point = reference.nudge(-1.0, 3.0, 8)[1] - flip
    expected = reference.tuning_map(table, histogram, zero_point)
    np.testing.assert_array_equal(tunings[layer.name].map, expected)
    np.testing.assert_array_equal(codes(layer), expected[before])


def test_an_exact_table_changes_no_bit_of_the_weights(save, images):
    layer = AxConv2D(4, 3, table=save(reference.exact_table()).path, **FIXED)
    layer(images)
    before = layer.kernel.numpy()
    axlut.tune_layer(layer, images)
    np.testing.assert_array_equal(layer.kernel.numpy(), before)


@pytest.mark.parametrize("kernel_quantizer", [
    FixedRange(per_channel=True), FixedRange(symmetric=True, narrow=True),
    FixedRange(symmetric=True, narrow=True, per_channel=True), MovingAverage()])
def test_depthwise_kernels_with_every_kind_of_range(save, images, kernel_quantizer):
    table = save(reference.rough_table(4, signed=True))
    layer = AxDepthwiseConv2D(3, depth_multiplier=2, table=table.path,
                              input_quantizer=FixedRange(-1.0, 3.0),
                              kernel_quantizer=kernel_quantizer)
    layer.build(images.shape)
    layer.products[0].fit_kernel_range(layer.kernel)
    before = codes(layer)
    tunings = axlut.tune_layer(layer, images)
    assert (codes(layer) != before).any()
    np.testing.assert_array_equal(codes(layer), tunings[layer.name].map[before])
    if kernel_quantizer.narrow:
        assert 128 not in codes(layer)  # the pattern of -128


@pytest.mark.parametrize("quantizer", [
    BatchRange(), BatchRange(per_channel=True), BatchRange(symmetric=True),
    BatchRange(symmetric=True, narrow=True, per_channel=True)])
@pytest.mark.parametrize("shift", [0.0, 0.4])  # 0.4: no weight is negative
def test_weights_that_make_the_range_stay(save, images, quantizer, shift):
    table = save(reference.rough_table(7, signed=True))
    layer = AxConv2D(6, 3, table=table.path, input_quantizer=FixedRange(-1.0, 3.0),
                     kernel_quantizer=quantizer)
    layer.build(images.shape)
    kernel = np.random.default_rng(8).uniform(-0.4, 0.6, layer.kernel.shape).astype("f4") + shift
    layer.kernel.assign(kernel)

    def quantized():
        low, high = layer.products[0].kernel_range(layer.kernel)
        return (low, high), axlut.load_ops().axlut_quantize(
            layer.kernel.numpy(), low, high, table=table.path, operand="b",
            narrow=quantizer.narrow).numpy()

    bounds, before = quantized()
    tunings = axlut.tune_layer(layer, images)
    new_bounds, after = quantized()
    np.testing.assert_allclose(new_bounds, bounds, rtol=1e-6)
    axis = (0, 1, 2) if quantizer.per_channel else None
    makes_range = (kernel == np.minimum(kernel.min(axis), 0)) | (kernel == kernel.max(axis))
    assert makes_range.sum() == (6 if quantizer.per_channel else 1) * (1 if shift else 2)
    expected = np.where(makes_range, before, tunings[layer.name].map[before])
    np.testing.assert_array_equal(after, expected)
    assert (after != before).mean() > 0.3


def test_all_layers_of_a_model_and_both_products_of_a_separable_convolution(save, images):
    table = save(reference.rough_table(5))
    model = keras.Sequential([
        keras.Input(images.shape[1:]),
        AxConv2D(4, 3, name="conv", activation="relu", table=table.path, **FIXED),
        AxSeparableConv2D(5, 3, name="separable", table=table.path,
                          input_quantizer="fixed", kernel_quantizer="fixed"),
        keras.layers.GlobalAveragePooling2D(),
        AxDense(3, name="dense", table=table.path, input_quantizer="fixed",
                kernel_quantizer="fixed")])
    axlut.calibrate(model, images)
    separable = model.get_layer("separable")
    before = [codes(separable, number) for number in range(2)]
    tunings = axlut.tune_layer(model, (images, np.zeros(len(images))), layers=["conv", "sep*"])
    assert list(tunings) == ["conv", "separable", "separable: pointwise_"]
    for number, name in enumerate(list(tunings)[1:]):
        np.testing.assert_array_equal(codes(separable, number), tunings[name].map[before[number]])
    assert list(axlut.tune_layer(model, tf.data.Dataset.from_tensors(images), layers=AxDense)) \
        == ["dense"]
    assert np.isfinite(model(images)).all()


def test_tuning_brings_the_outputs_closer_to_the_exact_ones(save, images):
    table = save(reference.rough_table(6))
    layer = AxConv2D(8, 1, use_bias=False, table=table.path, **FIXED)
    layer(images[..., :1])
    kernel = layer.kernel.numpy()
    exact = images[..., :1] @ kernel[0]
    before = abs(layer(images[..., :1]) - exact).numpy().mean()
    axlut.tune_layer(layer, images[..., :1])
    assert abs(layer(images[..., :1]) - exact).numpy().mean() < 0.9 * before


def test_layers_that_cannot_be_tuned_are_named(save, images):
    path = save(reference.exact_table()).path
    layer = AxDense(2, name="d", table=path, input_quantizer="fixed",
                    kernel_quantizer=FixedRange(-1, 1))
    with pytest.raises(ValueError, match="layer 'd' is not built"):
        axlut.tune_layer(layer)
    layer.build(images.shape)
    with pytest.raises(ValueError, match="layer 'd' has no range for its input yet"):
        axlut.tune_layer(layer)
    batch = AxDense(2, name="b", table=path, input_quantizer=BatchRange())
    batch(images)
    with pytest.raises(ValueError, match="'b' takes the range of its input from each tensor"):
        axlut.tune_layer(batch, images)
    with pytest.raises(ValueError, match="'plain' has no approximate layer"):
        axlut.tune_layer(keras.layers.Dense(2, name="plain"))
    layer.set_range("input", -1, 3)
    with pytest.raises(ValueError, match="'other' fits no approximate layer of 'd'"):
        axlut.tune_layer(layer, layers="other")
    with pytest.raises(ValueError, match="data has no batch"):
        axlut.tune_layer(layer, images[:0])
    with pytest.raises(TypeError, match="data must be arrays or batches; it is a int"):
        axlut.tune_layer(layer, 3)
