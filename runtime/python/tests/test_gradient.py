# SPDX-License-Identifier: MIT
"""The gradient is that of tf.nn.conv2d on fake-quantized tensors, whatever the table holds."""

import numpy as np
import pytest
import tensorflow as tf

import axlut
import lut_reference as reference

RANGES = {"input_range": (-1.5, 1.0), "filter_range": (-0.5, 0.75)}  # some values are clipped


def tensors(w_shape):
    rng = np.random.default_rng(1)
    return (tf.constant(rng.normal(size=(2, 7, 6, 4)).astype(np.float32)),
            tf.constant(rng.normal(size=w_shape).astype(np.float32)))


def gradients(function, x, w):
    """Of a loss that weighs every output differently."""
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        out = function(x, w)
        weights = tf.reshape(tf.sin(tf.range(tf.size(out), dtype=tf.float32)), tf.shape(out))
        loss = tf.reduce_sum(out * weights)
    return tape.gradient(loss, [x, w])


@pytest.mark.parametrize("w_shape, geometry", [
    ((3, 3, 4, 5), {}),
    ((1, 1, 4, 3), {}),
    ((3, 2, 4, 5), {"strides": (2, 1), "padding": "VALID"}),
    ((3, 3, 4, 5), {"dilations": 2}),
    ((3, 3, 4, 5), {"padding": [[0, 0], [2, 1], [0, 3], [0, 0]]}),
    ((3, 3, 2, 6), {}),
    ((3, 3, 1, 8), {"padding": "VALID"}),
])
@pytest.mark.parametrize("width_b, signed", [(8, False), (8, True), (4, False)])
def test_equals_that_of_conv2d_on_fake_quantized_tensors(save, w_shape, geometry, width_b, signed):
    x, w = tensors(w_shape)
    path = save(reference.random_table(2, 8, width_b, signed)).path
    geometry = {"strides": 1, "padding": "SAME", "dilations": 1, **geometry}

    def exact(x, w):
        fx = tf.quantization.fake_quant_with_min_max_vars(x, *RANGES["input_range"])
        fw = tf.quantization.fake_quant_with_min_max_vars(w, *RANGES["filter_range"],
                                                          num_bits=width_b)
        return tf.nn.conv2d(fx, fw, **geometry)

    got = gradients(lambda x, w: axlut.ax_conv2d(x, w, path, **geometry, **RANGES), x, w)
    expected = gradients(exact, x, w)
    for g, e in zip(got, expected):
        np.testing.assert_allclose(g, e, rtol=1e-5, atol=1e-5)
        assert np.count_nonzero(g) < g.numpy().size  # some elements were clipped
        assert np.count_nonzero(g) > 0.3 * g.numpy().size


def test_graphs_give_the_same_gradient(save):
    x, w = tensors((3, 3, 4, 5))
    path = save(reference.random_table(3)).path

    def function(x, w):
        return axlut.ax_conv2d(x, w, path)

    eager = gradients(function, x, w)
    traced = tf.function(lambda x, w: gradients(function, x, w))(x, w)
    for e, t in zip(eager, traced):
        np.testing.assert_allclose(e, t, rtol=1e-6, atol=1e-6)


def test_a_network_learns_through_an_approximate_table(save):
    """Regression onto a known filter through the upper half of the product's bits."""
    table = save(reference.Table(reference.exact_table().products & ~0xFF))  # 8 of 16 bits
    rng = np.random.default_rng(4)
    x = tf.constant(rng.uniform(0, 1, (16, 6, 6, 2)).astype(np.float32))
    target = tf.nn.conv2d(x, rng.normal(size=(3, 3, 2, 3)).astype(np.float32), 1, "SAME")
    w = tf.Variable(rng.normal(size=(3, 3, 2, 3)).astype(np.float32) * 0.1)
    bias = tf.Variable(tf.zeros(3))
    losses = []
    for _ in range(100):
        with tf.GradientTape() as tape:
            out = axlut.ax_conv2d(x, w, table.path, input_range=(0, 1)) + bias
            loss = tf.reduce_mean(tf.square(out - target))
        w_gradient, bias_gradient = tape.gradient(loss, [w, bias])
        w.assign_sub(0.1 * w_gradient)
        bias.assign_sub(0.1 * bias_gradient)
        losses.append(float(loss))
    assert losses[-1] < 0.2 * losses[0]


class ApproximateConv(tf.keras.layers.Layer):
    """As a user would write it; weights are Keras variables, not TensorFlow's."""

    def __init__(self, filters, table):
        super().__init__()
        self.filters, self.table = filters, table

    def build(self, shape):
        self.kernel = self.add_weight(shape=(3, 3, shape[-1], self.filters), name="kernel")

    def call(self, x):
        return axlut.ax_conv2d(x, self.kernel, self.table)


def test_a_keras_layer_trains_by_fit(save):
    tf.keras.utils.set_random_seed(5)
    labels = np.arange(256) % 2
    images = np.random.default_rng(6).uniform(-1, 1, (256, 6, 6, 1)).astype(np.float32)
    images[labels == 1, 2:4, 2:4] += 1.5  # a bright spot
    model = tf.keras.Sequential([
        ApproximateConv(8, save(reference.exact_table()).path), tf.keras.layers.ReLU(),
        ApproximateConv(8, save(reference.exact_table(8, 4)).path), tf.keras.layers.ReLU(),
        tf.keras.layers.GlobalMaxPooling2D(), tf.keras.layers.Dense(2)])
    model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                  metrics=["accuracy"])
    model.fit(images, labels, epochs=15, verbose=0)
    assert model.evaluate(images, labels, verbose=0)[1] > 0.9
