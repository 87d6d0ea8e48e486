# SPDX-License-Identifier: MIT
"""What tests of conversion share: a functional model, its inputs, and what is compared."""

import keras
import numpy as np

import axlut

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
    """{path: class} of everything that multiplies."""
    return {row.path: row.kind for row in axlut.report(model)}


def check_same_weights(a, b):
    for before, after in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
