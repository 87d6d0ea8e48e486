# SPDX-License-Identifier: MIT
"""approximate and exact on subclassed models, and on layers of one's own."""

import collections

import keras
import numpy as np
import pytest

import axlut
from axlut.keras import AxConv2D, AxDense
from conversion_models import KINDS, check_same_weights, functional, images, kinds, randomize


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
