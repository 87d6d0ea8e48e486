# SPDX-License-Identifier: MIT
"""approximate, exact and report on functional, sequential and subclassed models."""

import collections
import os
import re

import keras
import numpy as np
import pytest

import axlut
import lut_reference as reference
from axlut.keras import AxConv2D, AxDense, BatchRange, FixedRange, MovingAverage

KINDS = {"Conv2D": "AxConv2D", "DepthwiseConv2D": "AxDepthwiseConv2D",
         "SeparableConv2D": "AxSeparableConv2D", "Dense": "AxDense"}


def images(count=4, size=10, channels=3, seed=2):
    return np.random.default_rng(seed).normal(size=(count, size, size, channels)).astype(np.float32)


def functional():
    """Two inputs, two outputs, a shared layer, nested models, and layers that have no table."""
    layers = keras.layers
    image, other = keras.Input((10, 10, 3), name="image"), keras.Input((4,), name="other")
    x = layers.Conv2D(8, 3, padding="same", activation="relu", name="first")(image)
    shared = layers.Conv2D(8, 3, padding="same", kernel_regularizer="l2", name="shared")
    x = shared(shared(x))
    x = layers.BatchNormalization(name="norm")(x)
    block = keras.Sequential(
        [keras.Input((10, 10, 8)), layers.DepthwiseConv2D(3, depth_multiplier=2, name="deep"),
         layers.SeparableConv2D(4, 3, name="apart")], name="block")
    x = layers.Dropout(0.5)(block(x))
    x = layers.Conv1D(4, 1, name="line")(layers.Reshape((36, 4))(x))
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Concatenate()([x, other])
    model = keras.Model({"image": image, "other": other},
                        [layers.Dense(5, name="logits")(x), x], name="net")
    randomize(model)
    return model


def randomize(model):
    rng = np.random.default_rng(3)
    model.set_weights([rng.uniform(0.1, 0.4, w.shape) for w in model.get_weights()])


def inputs():
    return {"image": images(), "other": np.ones((4, 4), np.float32)}


def kinds(model):
    return {row.path: row.kind for row in axlut.report(model)}


def check_same_weights(a, b):
    for before, after in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


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


# --- subclassed models ---------------------------------------------------------------------------


class Block(keras.layers.Layer):
    """A residual block: attributes, a list, a tuple, a dict and a nested list of layers."""

    def __init__(self, channels, **kwargs):
        super().__init__(**kwargs)
        conv = {"kernel_size": 3, "padding": "same"}
        self.channels = channels
        self.steps = [keras.layers.Conv2D(channels, **conv, name="a"), keras.layers.ReLU(),
                     [keras.layers.Conv2D(channels, **conv, name="b")]]
        self.norms = (keras.layers.BatchNormalization(name="n"),)
        self.by_name = {"shortcut": keras.layers.Conv2D(channels, 1, name="shortcut")}

    def call(self, x, training=None):
        y = self.steps[2][0](self.steps[1](self.steps[0](x)))
        return self.norms[0](y, training=training) + self.by_name["shortcut"](x)

    def get_config(self):
        return {**super().get_config(), "channels": self.channels}


Head = collections.namedtuple("Head", ["pool", "dense"])


class Net(keras.Model):
    """A ResNet-like model that Keras knows only by its attributes."""

    def __init__(self, channels=4, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.stem = keras.layers.Conv2D(channels, 3, name="stem")
        self.blocks = [Block(channels, name="block1"), Block(2 * channels, name="block2")]
        self.backbone = keras.Sequential([keras.layers.DepthwiseConv2D(3, name="deep")],
                                         name="tail")
        self.head = Head(keras.layers.GlobalAveragePooling2D(),
                         keras.layers.Dense(3, name="logits"))
        self.alias = self.stem  # the same layer twice

    def call(self, x, training=None):
        x = self.alias(x)
        for block in self.blocks:
            x = block(x, training=training)
        return self.head.dense(self.head.pool(self.backbone(x)))


class Unrepeatable(Net):
    """Its configuration does not make it again."""

    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)
        self.extra = layer

    def call(self, x, training=None):
        return self.extra(super().call(x, training=training))

    def get_config(self):
        raise NotImplementedError("no configuration")


NET_KINDS = {"stem": "Conv2D", "block1/a": "Conv2D", "block1/b": "Conv2D",
             "block1/shortcut": "Conv2D",
             "block2/a": "Conv2D", "block2/b": "Conv2D", "block2/shortcut": "Conv2D",
             "tail/deep": "DepthwiseConv2D", "logits": "Dense"}


def called(model):
    model(images())
    randomize(model)
    return model


def check_converted(model, converted, x):
    """All layers, weights in the same order, everything at work."""
    assert kinds(converted) == {path: KINDS[kind] for path, kind in NET_KINDS.items()}
    assert converted.alias is converted.stem
    assert isinstance(converted.blocks[1].steps[2][0], AxConv2D)
    assert isinstance(converted.blocks[0].by_name["shortcut"], AxConv2D)
    assert isinstance(converted.head, Head) and isinstance(converted.head.dense, AxDense)
    assert [w.path.split("/")[-2:] for w in converted.weights] == \
        [w.path.split("/")[-2:] for w in model.weights]
    difference = np.abs(converted(x) - model(x)).max()
    assert 0 < difference < 0.1 * np.abs(model(x)).max()
    np.testing.assert_allclose(converted.predict(x, verbose=0), converted(x), rtol=1e-5)


def test_a_subclassed_model_is_made_again_from_its_configuration(exact, bad):
    model, x = called(Net()), images()
    before = model.predict(x, verbose=0)
    converted = axlut.approximate(model, exact)
    assert type(converted) is Net and converted is not model
    check_same_weights(model, converted)
    check_converted(model, converted, x)
    assert kinds(model) == NET_KINDS
    np.testing.assert_array_equal(model.predict(x, verbose=0), before)
    far = axlut.approximate(converted, {"block2/*": bad})
    assert np.abs(far(x) - model(x)).max() > 100
    back = axlut.exact(far)
    assert kinds(back) == NET_KINDS
    check_same_weights(model, back)
    np.testing.assert_array_equal(back(x), model(x))


def test_a_subclassed_model_is_changed_in_place(exact):
    x = images()
    model = Unrepeatable(keras.layers.Dense(2, name="extra"))
    model(x)
    with pytest.raises(ValueError, match="in_place=True"):
        axlut.approximate(model, exact)
    weights, expected = model.get_weights(), model(x).numpy()
    stem = model.stem.get_weights()
    model.compile("sgd", "mse")
    model.predict(x, verbose=0)  # a graph of the layers that go
    assert axlut.approximate(model, exact, in_place=True) is model
    assert kinds(model)["extra"] == "AxDense" and kinds(model)["block2/b"] == "AxConv2D"
    np.testing.assert_array_equal(model.stem.get_weights()[0], stem[0])
    for a, b in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert 0 < np.abs(model.predict(x, verbose=0) - expected).max() < 0.1
    model.fit(x, np.zeros((4, 2)), verbose=0)  # a new optimizer knows the new weights
    axlut.exact(model, in_place=True)
    assert kinds(model) == {**NET_KINDS, "extra": "Dense"}


def test_layers_of_ones_own_inside_a_functional_model_are_searched(exact):
    image = keras.Input((10, 10, 3))
    x = Block(4, name="block1")(keras.layers.Conv2D(3, 1, name="stem")(image))
    model = keras.Model(image, keras.layers.TimeDistributed(keras.layers.Dense(2, name="d"))(x))
    randomize(model)
    converted = axlut.approximate(model, exact)
    assert kinds(converted) == {
        "stem": "AxConv2D", "block1/a": "AxConv2D", "block1/b": "AxConv2D",
        "block1/shortcut": "AxConv2D", "time_distributed/d": "AxDense"}
    check_same_weights(model, converted)
    assert kinds(model)["block1/a"] == "Conv2D"
    x = images()
    assert 0 < np.abs(converted(x) - model(x)).max() < 0.1 * np.abs(model(x)).max()
    back = axlut.exact(converted)
    np.testing.assert_array_equal(back(x), model(x))


def test_a_subclassed_model_that_is_approximate_already_keeps_tables_and_ranges(exact, bad):
    x = images()
    model = axlut.approximate(called(Net()), {"*": exact, "stem": None}, quantize="fixed")
    axlut.calibrate(model, x)
    other = axlut.approximate(model, {"block2/a": bad, "deep": bad})
    tables = {row.path: row.tables for row in axlut.report(other)}
    assert tables == {**{path: (exact,) for path in NET_KINDS}, "stem": (), "block2/a": (bad,),
                      "tail/deep": (bad,)}
    for before, after in zip(model._flatten_layers(), other._flatten_layers(), strict=True):
        if hasattr(before, "get_ranges"):
            assert before.get_ranges() and before.get_ranges() == after.get_ranges()
    back = axlut.exact(other)
    assert kinds(back) == NET_KINDS
    np.testing.assert_array_equal(back(x), axlut.exact(model)(x))


def test_weights_of_a_subclassed_model_are_saved_and_loaded(exact, tmp_path):
    x = images()
    model = axlut.approximate(called(Net()), exact, quantize="fixed")
    axlut.calibrate(model, x)
    model.save_weights(tmp_path / "net.weights.h5")
    other = axlut.approximate(called(Net()), exact, quantize="fixed")
    other.load_weights(tmp_path / "net.weights.h5")
    np.testing.assert_array_equal(other(x), model(x))


def test_models_that_cannot_be_made_again_or_changed_say_so(exact):
    model = functional()
    with pytest.raises(ValueError, match="'net' is a functional model.*in_place"):
        axlut.approximate(model, exact, in_place=True)

    class Own(keras.Model):
        def __init__(self):
            entry = keras.Input((3,))
            super().__init__(entry, keras.layers.Dense(2)(entry), name="own")

    with pytest.raises(ValueError, match="'own' is a Own.*keras.Model.model.inputs"):
        axlut.approximate(Own(), exact)


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
