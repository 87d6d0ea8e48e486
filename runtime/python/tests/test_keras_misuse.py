# SPDX-License-Identifier: MIT
"""What a newcomer does to approximate models: wrong arguments, copies, introspection."""

import copy
import json
import pickle
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

import axlut
import lut_reference as reference
from axlut.keras import AxConv2D, AxDense, FixedRange, MovingAverage, set_mode
from axlut.keras.selection import all_layers

F = np.float32


def network(bad, quantize="batch"):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((6, 6, 2)), keras.layers.Conv2D(3, 3, name="conv1"),
                              keras.layers.Flatten(), keras.layers.Dense(4, name="logits")],
                             name="net")
    return axlut.approximate(model, bad, quantize=quantize)


def images(count=4):
    return np.random.default_rng(2).normal(size=(count, 6, 6, 2)).astype(F)


# --- copies and introspection --------------------------------------------------------------------


def from_json(model):
    again = keras.models.model_from_json(json.dumps(json.loads(model.to_json())))
    again.set_weights(model.get_weights())
    return again


def clone(model):
    again = keras.models.clone_model(model)
    again.set_weights(model.get_weights())
    return again


def through_h5(model, tmp_path):
    model.save(tmp_path / "model.h5")
    return keras.models.load_model(tmp_path / "model.h5")


@pytest.mark.parametrize("how", ["deepcopy", "pickle", "clone", "json", "h5"])
def test_copies_compute_the_same_and_are_independent(bad, how, tmp_path):
    model = network(bad, FixedRange(-2, 2))
    ways = {"deepcopy": copy.deepcopy, "pickle": lambda model: pickle.loads(pickle.dumps(model)),
            "clone": clone, "json": from_json, "h5": lambda model: through_h5(model, tmp_path)}
    again = ways[how](model)
    expected = model(images())
    np.testing.assert_array_equal(again(images()), expected)
    again.get_layer("logits").mode = "float"
    assert np.any(again(images()) != expected)
    assert model.get_layer("logits").mode == "approximate"
    np.testing.assert_array_equal(model(images()), expected)


def test_a_copied_layer_has_a_mode_of_its_own(bad):
    layer = network(bad).get_layer("conv1")
    before = layer(images())
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        twin.mode = "float"
        assert np.any(twin(images()) != before)
    np.testing.assert_array_equal(layer(images()), before)


def test_keras_describes_approximate_models(bad):
    model = network(bad, "fixed")
    lines = []
    model.summary(print_fn=lines.append)
    assert "AxConv2D" in "\n".join(lines)
    # 2 * 9 * 3 + 3 + 48 * 4 + 4 of the Keras layers, and two ends of a range in each.
    assert model.count_params() == 57 + 196 + 4
    assert model.get_layer("conv1").compute_output_shape((None, 6, 6, 2)) == (None, 4, 4, 3)
    assert model.compute_output_shape((5, 6, 6, 2)) == (5, 4)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_models_of_a_mixed_policy_train(bad, policy):
    keras.mixed_precision.set_global_policy(policy)
    try:
        model = network(bad)
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        history = model.fit(tf.data.Dataset.from_tensor_slices((images(), np.arange(4))).batch(2),
                            verbose=0)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert np.isfinite(history.history["loss"]).all()
    assert model(images()).dtype == policy.replace("mixed_", "")
    assert model.get_layer("logits").kernel.dtype == "float32"


def test_functions_of_lambda_layers_are_kept(bad):
    scale = 3.0  # of this scope: not in the layer's configuration

    def shape(shape):
        return shape

    model = keras.Sequential([
        keras.Input((4,)), keras.layers.Dense(3),
        keras.layers.Lambda(lambda x, power: (scale * x) ** power, output_shape=shape,
                            arguments={"power": 2}, name="square", trainable=False)])
    approximate = axlut.approximate(model, bad, mode="float")
    x = np.random.default_rng(1).normal(size=(3, 4)).astype(F)
    np.testing.assert_array_equal(approximate(x), model(x))
    again = approximate.get_layer("square")
    assert again is not model.get_layer("square") and not again.trainable


# --- which layers --------------------------------------------------------------------------------


def test_a_name_is_a_name_even_if_it_looks_like_a_pattern(save):
    one, other = save(reference.random_table(1)).path, save(reference.random_table(2)).path
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="dense[1]"),
                              keras.layers.Dense(2, name="dense2")])
    for tables in ({"dense*": other, "dense[1]": one}, {"dense[1]": one, "dense*": other}):
        first, second = axlut.approximate(model, tables).layers
        assert (first.table, second.table) == (one, other)


def test_layers_are_chosen_alike_everywhere(bad):
    inner = axlut.exact(network(bad))
    outer = keras.Sequential([keras.Input((6, 6, 2)), inner, keras.layers.Dense(2, name="last")])
    model = axlut.approximate(outer, bad, quantize="fixed")
    conv, logits, last = (layer for _, layer in all_layers(model)
                          if isinstance(layer, (AxConv2D, AxDense)))
    assert list(axlut.calibrate(model, images(), layers=conv)) == ["net/conv1: input"]
    assert list(axlut.calibrate(model, images(), layers="net/l*")) == ["net/logits: input"]
    assert set(axlut.calibrate(model, images(), layers=[AxDense])) \
        == {"net/logits: input", "last: input"}
    for layers in ("net/conv1", [AxConv2D], conv):
        set_mode(model, "float", layers)
        assert [layer.mode for layer in (conv, logits, last)] == ["float"] + 2 * ["approximate"]
        set_mode(model, "approximate")
    assert list(axlut.tune_layer(model, layers=[last, "logits"])) == ["net/logits", "last"]
    for choose in (lambda layers: axlut.calibrate(model, images(), layers=layers),
                   lambda layers: axlut.tune_layer(model, layers=layers),
                   lambda layers: set_mode(model, "float", layers)):
        with pytest.raises(ValueError, match="layers: 'lost' fits no approximate layer of 'seq.*; "
                                             "did you mean 'last'?"):
            choose(["last", "lost"])


# --- wrong arguments -----------------------------------------------------------------------------


def test_what_is_no_model_is_an_error(bad):
    for function in (lambda model: axlut.approximate(model, bad), axlut.exact, axlut.report,
                     lambda model: axlut.calibrate(model, images()),
                     lambda model: axlut.recalibrate_batch_norm(model, images()),
                     lambda model: axlut.accuracy(model, (images(), np.arange(4))),
                     axlut.tune_layer, lambda model: set_mode(model, "float")):
        for wrong in ("model.keras", None, network):
            with pytest.raises(TypeError, match=r"\w+: model must be a Keras model; it is a "
                                                + type(wrong).__name__):
                function(wrong)


def test_wrong_tables_are_errors(bad, tmp_path):
    model = axlut.exact(network(bad))
    table = axlut.tables.load(bad)
    cases = [
        (table, TypeError, "tables must be a path, a dict or a list.*a Table; write it to a file"),
        ({"logits": table}, TypeError, "AxDense 'logits'.*it is a Table; write it to a file"),
        ({"logits": (bad, bad)}, TypeError, "AxDense 'logits': table must be.*it is a tuple"),
        ({"logits": 3}, TypeError, "AxDense 'logits': table must be the path.*it is 3"),
        (str(tmp_path), FileNotFoundError, f"'conv.*there is no file {tmp_path};"),
        (tmp_path / "no.axt", FileNotFoundError, f"there is no file {tmp_path}/no.axt"),
    ]
    for tables, error, message in cases:
        with pytest.raises(error, match=re.compile(message, re.DOTALL)):
            axlut.approximate(model, tables)
    with pytest.raises(TypeError, match="ax_dense: table.*it is a Table; write it to a file"):
        axlut.ax_dense(np.ones((1, 2), F), np.ones((2, 1), F), table)
    double = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, dtype="float64", name="d")])
    with pytest.raises(ValueError, match=r"can be converted: not 'd' \(it computes in float64\)"):
        axlut.approximate(double, bad)


def test_wrong_quantizers_and_ranges_are_errors(bad):
    with pytest.raises(TypeError, match=r"it is the class FixedRange; an object is FixedRange\("):
        network(bad, FixedRange)
    for make, error, message in [
            (lambda: FixedRange("a", "b"), TypeError, "two numbers.*'a' and 'b'"),
            (lambda: FixedRange([[0]], [[1]]), ValueError, "two finite numbers"),
            (lambda: MovingAverage("x"), TypeError, "decay must be a number; it is 'x'"),
            (lambda: MovingAverage(initial=3), ValueError, r"\(low, high\); it is 3"),
            (lambda: MovingAverage(initial=(None, None)), TypeError, "initial: a range must be")]:
        with pytest.raises(error, match=message):
            make()
    model = network(bad, "fixed")
    layer = model.get_layer("logits")
    layer.set_range("input", -1, 1)
    for low, high in [(1, 0), (np.nan, 1), (0, np.inf)]:
        with pytest.raises(ValueError, match="layer 'logits': input: a range must be two finite"):
            layer.set_range("input", low, high)
    for low, high in [("a", 1), (None, None)]:
        with pytest.raises(TypeError, match="layer 'logits': input: a range must be two numbers"):
            layer.set_range("input", low, high)
    assert layer.get_ranges() == {"input": (-1, 1)}
    layer.set_range("input", tf.constant(-2.0), np.float64(3))
    assert layer.get_ranges() == {"input": (-2, 3)}


def test_wrong_data_are_errors(bad):
    model = network(bad, "fixed")
    for arguments, error, message in [
            (dict(data="images"), TypeError, "arrays or batches; it is a str"),
            (dict(data=None), TypeError, "arrays or batches; it is a NoneType"),
            (dict(data=images(), batch_size=0), ValueError, "batch_size must be at least 1.*0"),
            (dict(data=images(), batch_size=2.0), TypeError, "whole number; it is 2.0"),
            (dict(data=images(), steps=-1), ValueError, "steps must be at least 1; it is -1"),
            (dict(data=images(), percentile="99"), TypeError, "percentile.*number; it is '99'"),
            (dict(data=images(), decay=None), TypeError, "decay must be a number; it is None")]:
        with pytest.raises(error, match=f"calibrate: .*{message}"):
            axlut.calibrate(model, **arguments)
    with pytest.raises(ValueError, match=r"labels must be class numbers.*\[4, 4\]; their shape is "
                                         r"\[4, 3\]"):
        axlut.accuracy(network(bad), (images(), np.zeros((4, 3))))
    norm = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization()])
    with pytest.raises(TypeError, match="recalibrate_batch_norm: data must be arrays"):
        axlut.recalibrate_batch_norm(norm, None, method="layer_by_layer")
