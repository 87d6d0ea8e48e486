# SPDX-License-Identifier: MIT
"""approximate, exact and report on functional and sequential models."""

import os
import re

import keras
import numpy as np
import pytest

import axlut
import lut_reference as reference
from axlut.keras import AxConv2D, AxDense, BatchRange, FixedRange, MovingAverage
from conversion_models import check_same_weights, functional, images, inputs, kinds


def test_all_convertible_layers_of_a_functional_model_are_converted(exact, bad):
    model = functional()
    before = model.get_weights()
    expected = model.predict(inputs(), verbose=0)
    close, far = (axlut.approximate(model, table) for table in (exact, bad))
    assert kinds(close) == {"first": "AxConv2D", "shared": "AxConv2D",
                            "block/deep": "AxDepthwiseConv2D", "block/apart": "AxSeparableConv2D",
                            "line": "Conv1D", "logits": "AxDense"}
    check_same_weights(model, close)
    got = close.predict(inputs(), verbose=0)
    for a, b in zip(expected, got):
        assert 0 < np.abs(a - b).max() < 0.05 * np.abs(a).max()
    assert np.abs(far.predict(inputs(), verbose=0)[0] - expected[0]).max() > 1e3
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)  # the given model is as it was
    assert kinds(model)["first"] == "Conv2D"
    np.testing.assert_array_equal(model.predict(inputs(), verbose=0)[0], expected[0])


def test_functions_of_keras_ops_may_be_nodes_of_the_model(exact):
    image = keras.Input((10, 10, 3))
    x = keras.ops.pad(keras.layers.Conv2D(4, 3)(image), [[0, 0], [0, 0], [0, 0], [1, 1]])
    model = keras.Model(image, keras.layers.Conv2D(2, 3)(x * 2 - 1))
    approximate = axlut.approximate(model, exact)
    np.testing.assert_allclose(approximate(images()), model(images()), atol=0.1)
    np.testing.assert_array_equal(axlut.exact(approximate)(images()), model(images()))


def test_layers_keep_names_settings_and_sharing(exact):
    model = functional()
    approximate = axlut.approximate(model, exact)
    assert [layer.name for layer in approximate.layers] == [layer.name for layer in model.layers]
    assert approximate.get_layer("shared").kernel_regularizer.get_config() == \
        model.get_layer("shared").kernel_regularizer.get_config()
    assert len(approximate.weights) == len(model.weights)  # the shared layer is one
    assert approximate.get_layer("block").get_layer("deep").depth_multiplier == 2
    frozen = keras.models.clone_model(model)
    frozen.get_layer("first").trainable = False
    assert not axlut.approximate(frozen, exact).get_layer("first").trainable


def test_exact_goes_back_bit_for_bit(bad):
    model = functional()
    back = axlut.exact(axlut.approximate(model, bad, quantize="moving_average"))
    assert kinds(back) == kinds(model)
    check_same_weights(model, back)
    for a, b in zip(model.predict(inputs(), verbose=0), back.predict(inputs(), verbose=0)):
        np.testing.assert_array_equal(a, b)


def test_tables_by_name_pattern_and_type(exact, bad, save):
    third = save(reference.random_table(9)).path
    model = axlut.approximate(functional(), {
        keras.layers.Conv2D: exact, "block/*": bad, "apart": (exact, third), "shared": None})
    tables = {row.path: row.tables for row in axlut.report(model)}
    assert tables == {"first": (exact,), "shared": (), "block/deep": (bad,),
                      "block/apart": (exact, third), "line": (), "logits": ()}


def test_tables_in_layer_order_and_layers_by_choice(exact, bad):
    model = functional()
    listed = axlut.approximate(model, [exact, bad, None, exact, bad])
    assert [row.tables for row in axlut.report(listed) if row.kind != "Conv1D"] == \
        [(exact,), (bad,), (), (exact, exact), (bad,)]
    chosen = {"names": ["first", "*/deep"], "type": [keras.layers.Dense],
              "layer": [model.get_layer("first")], "function": lambda layer: layer.name == "shared"}
    found = {key: [row.path for row in axlut.report(axlut.approximate(model, bad, layers=layers))
                   if row.tables] for key, layers in chosen.items()}
    assert found == {"names": ["first", "block/deep"], "type": ["logits"], "layer": ["first"],
                     "function": ["shared"]}


def test_quantizers_by_argument(bad):
    def of(model, name="first"):
        product = model.get_layer(name).products[0]
        return product.quantizers["input"], product.quantizers["kernel"]

    model = functional()
    assert of(axlut.approximate(model, bad)) == (BatchRange(), BatchRange())
    fixed = FixedRange(symmetric=True)
    assert of(axlut.approximate(model, bad, quantize=fixed)) == (fixed, BatchRange())
    assert of(axlut.approximate(model, bad, quantize={"kernel": "per_channel"})) == \
        (BatchRange(), BatchRange(per_channel=True))
    by_layer = axlut.approximate(model, bad, quantize=lambda layer: (
        "moving_average" if layer.name == "first" else {"kernel": FixedRange(-1, 1)}))
    assert of(by_layer) == (MovingAverage(), BatchRange())
    assert of(by_layer, "shared") == (BatchRange(), FixedRange(-1, 1))


def test_another_table_keeps_quantizers_and_ranges(exact, bad):
    model = axlut.approximate(functional(), exact, quantize=FixedRange(-2, 2))
    model.get_layer("first").set_range("input", -3, 1)
    other = axlut.approximate(model, bad)
    first = other.get_layer("first")
    assert first.table == bad and first.get_ranges() == {"input": (-3, 1)}
    check_same_weights(model, other)
    batch = axlut.approximate(model, bad, quantize="batch")
    assert batch.get_layer("first").get_ranges() == {}


def test_what_fits_no_layer_is_an_error_with_a_hint(exact):
    model = functional()
    cases = [
        ({"tables": {"frist": exact}}, "'frist' fits no convertible layer.*did you mean 'first'?"),
        ({"tables": {"line": exact}}, "'line' means layer 'line'.*no approximate Conv1D"),
        ({"tables": exact, "layers": ["norm"]}, "no approximate BatchNormalization"),
        ({"tables": {keras.layers.Conv3D: exact}}, "'Conv3D' fits no convertible layer"),
        ({"tables": [exact] * 4}, r"each of the 5 convertible layers \(first, shared.*it has 4"),
        ({"tables": {"first": exact}, "layers": ["logits"]}, "`layers` leaves it out"),
        ({"tables": exact, "quantize": {"inputs": "batch"}}, "keys 'input' and 'kernel'.*'inputs'"),
    ]
    for arguments, message in cases:
        with pytest.raises(ValueError, match=re.compile(message, re.DOTALL)):
            axlut.approximate(model, **arguments)
    with pytest.raises(TypeError, match="a path, a dict or a list"):
        axlut.approximate(model, 7)
    with pytest.raises(FileNotFoundError, match="/no/mul8u.bin"):
        axlut.approximate(model, "/no/mul8u.bin")


def test_compiled_models_are_compiled_again(exact):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile(keras.optimizers.SGD(0.125), "mse", metrics=["mae"])
    converted = axlut.approximate(model, exact)
    assert converted.compiled and float(converted.optimizer.learning_rate) == 0.125
    x = np.ones((4, 4), np.float32)
    results = converted.evaluate(x, np.zeros((4, 2)), verbose=0, return_dict=True)
    assert set(results) == {"loss", "mae"}


def test_losses_of_ones_own_need_no_registration(exact):
    class Loss(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return (y_true - y_pred) ** 2

    x, y = np.ones((4, 4), np.float32), np.zeros((4, 2), np.float32)
    for loss in (Loss(), lambda true, predicted: (true - predicted) ** 2):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="d")])
        metric = keras.metrics.MeanAbsoluteError(name="mae")
        model.compile(keras.optimizers.Adam(0.25), loss, metrics=[metric])
        model.fit(x, y, verbose=0)
        converted = axlut.approximate(model, exact)
        assert converted.optimizer is not model.optimizer
        assert float(converted.optimizer.learning_rate) == 0.25
        assert int(converted.optimizer.iterations) == 0
        results = converted.evaluate(x, y, verbose=0, return_dict=True)
        assert results["mae"] > 0
        assert model.compiled and float(metric.result()) != results["mae"]
        converted.fit(x, y, verbose=0)
        axlut.exact(converted).fit(x, y, verbose=0)


def test_sequential_models_without_an_input_shape_are_converted_unbuilt(exact):
    model = axlut.approximate(keras.Sequential([keras.layers.Dense(2)]), exact)
    assert not model.built and isinstance(model.layers[0], AxDense)
    assert model(np.ones((1, 3), np.float32)).shape == (1, 2)


def test_report_prints_a_table(exact):
    model = axlut.approximate(functional(), {"first": exact})
    report = axlut.report(model)
    assert [row.path for row in report.approximate] == ["first"]
    reasons = {row.path: row.reason for row in report.exact}
    assert reasons["line"] == "there is no approximate Conv1D"
    lines = str(report).splitlines()
    assert len(lines) == 1 + len(report)
    assert lines[1].split() == ["first", "AxConv2D", "approximate", os.path.basename(exact),
                                "BatchRange(),", "BatchRange()"]


def test_what_is_no_weight_is_kept_too(exact):
    norm = keras.layers.Normalization()
    norm.adapt(np.random.default_rng(1).normal(5, 3, (100, 4)))
    model = keras.Sequential([keras.Input((4,)), norm, keras.layers.Dropout(0.5, seed=3),
                              keras.layers.Dense(2, name="d")])
    x = np.full((8, 4), 5.5, np.float32)
    model(x, training=True)  # the seed moves on
    copy = axlut.exact(axlut.approximate(model, exact))
    np.testing.assert_array_equal(copy(x), model(x))
    np.testing.assert_array_equal(copy(x, training=True), model(x, training=True))


def test_what_cannot_be_converted_at_all_is_an_error(exact):
    for layer, reason in ((keras.layers.Conv1D(2, 1), None),
                          (keras.layers.Dense(2, dtype="float64", name="d"),
                           "it computes in float64")):
        model = keras.Sequential([keras.Input((4, 3)), layer])
        with pytest.raises(ValueError, match="has no layer that can be converted"):
            axlut.approximate(model, exact)
        if reason:
            assert axlut.report(model)[0].reason == reason
            with pytest.raises(ValueError, match=reason):
                axlut.approximate(model, {"d": exact})


def test_converted_models_are_cloned_by_keras(exact):
    model = axlut.approximate(functional(), exact, quantize=FixedRange(-2, 2))
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    for a, b in zip(model.predict(inputs(), verbose=0), clone.predict(inputs(), verbose=0)):
        np.testing.assert_array_equal(a, b)
