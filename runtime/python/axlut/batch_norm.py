# SPDX-License-Identifier: MIT
"""Batch normalization around approximate multipliers.

A biased multiplier shifts the activations, and the moving statistics that were recorded with exact
products no longer fit. Normalizing by each batch's own statistics hides that (and makes an image's
result depend on its batch); recalibrating the statistics repairs it, as an explicit step.
"""

from __future__ import annotations

import collections.abc
import contextlib
import dataclasses
from typing import Any, Callable, Dict, Iterator, Optional, Tuple, Union

import keras
import numpy as np

from axlut._batches import batches, eagerly, inputs_of
from axlut.keras.selection import all_layers, check_model


@dataclasses.dataclass(frozen=True)
class Recalibration:
    """What recalibrate_batch_norm did.

    Attributes:
      layers: paths of the layers whose statistics were replaced, in the order they run.
      samples: elements of the batch dimension that were seen (in one pass).
      before, after: of the evaluation, with the old and the new statistics; None without one.
    """
    layers: Tuple[str, ...]
    samples: int
    before: Optional[float] = None
    after: Optional[float] = None


def recalibrate_batch_norm(model: keras.Model, data: Any,
                           evaluate: Union[None, Callable[[keras.Model], float], Any] = None, *,
                           method: str = "one_pass", batch_size: int = 128,
                           steps: Optional[int] = None) -> Recalibration:
    """Replaces the moving statistics of batch normalization by those of sample data.

    The data runs through the model as it is, so through its tables; weights stay. The new mean and
    variance of a layer are those of all its inputs together (each batch weighted by its size; no
    momentum). Dropout is off, moving ranges do not move.

    Args:
      model: any Keras model; the statistics are changed in place.
      data: inputs or (inputs, targets, ...), as in axlut.calibrate; usually training data.
      evaluate: a function of the model, or data of (inputs, labels) for axlut.accuracy: evaluated
        before and after.
      method: "one_pass": in a single pass, during which every layer normalizes by the statistics of
        the batch, so that the layers behind it see inputs as they will be (large batches help).
        "layer_by_layer": a pass for each layer, in the order they run, during which all layers
        before it use their new statistics: exactly the statistics of what inference will see.
      batch_size, steps: as in axlut.calibrate. For "layer_by_layer" data is run through again and
        again: it must not be a generator.

    Returns:
      A Recalibration, with both results of the evaluation.

    Raises:
      ValueError: the model has no batch normalization, or one with renorm=True; data is empty.
    """
    if method not in ("one_pass", "layer_by_layer"):
        raise ValueError("recalibrate_batch_norm: method must be 'one_pass' or 'layer_by_layer'; "
                         f"it is {method!r}")
    norms = _norms(model, "recalibrate_batch_norm")
    if method == "layer_by_layer" and isinstance(data, collections.abc.Iterator):
        raise ValueError("recalibrate_batch_norm: 'layer_by_layer' runs the data once for each "
                         "layer; a generator can be run through only once")
    score = _score(evaluate)
    before = score(model)

    def run(selected):
        return _statistics(model, selected, data, batch_size, steps, method == "one_pass")

    statistics, samples = run(norms)
    if method == "layer_by_layer":
        for path in list(statistics):
            statistics[path] = run({path: norms[path]})[0][path]
            statistics[path].store(norms[path])
    for path, moments in statistics.items():
        moments.store(norms[path])
    return Recalibration(tuple(statistics), samples, before, score(model))


@contextlib.contextmanager
def batch_statistics(model: keras.Model) -> Iterator[None]:
    """Inside, batch normalization uses each batch's own statistics, in inference as well.

    What TFApprox' ResNet example does; for comparison: results depend on the batch, and bias of a
    multiplier does not show. Moving statistics are neither used nor changed. For model(...),
    predict, evaluate and axlut.accuracy; a tf.function of your own that was traced outside knows
    nothing of it.

    Args:
      model: any Keras model.

    Yields:
      Nothing.
    """
    norms = _norms(model, "batch_statistics")

    def make(layer):
        return lambda inputs, training=None, mask=None: _normalized(
            layer, inputs, *_moments(layer, inputs, mask))

    with _calls({layer: make(layer) for layer in norms.values()}):
        forget_functions(model)
        try:
            yield model
        finally:
            forget_functions(model)


def accuracy(model: keras.Model, data: Any, batch_size: int = 128,
             steps: Optional[int] = None) -> float:
    """The part of the inputs whose largest output is the labelled class, 0 .. 1.

    Args:
      model: its output, or first output, is [batch, classes].
      data: (inputs, labels) as arrays, or batches of them; labels are class numbers [batch] or
        [batch, 1], or one-hot rows [batch, classes].
      batch_size, steps: as in axlut.calibrate.

    Returns:
      The accuracy.

    Raises:
      TypeError: the model, or the data, are none.
      ValueError: there are no labels, or none that fit the outputs, or no data.
    """
    check_model(model, "accuracy")
    right = count = 0
    for batch in batches(data, batch_size, steps, "accuracy"):
        if not isinstance(batch, tuple) or len(batch) < 2:
            raise ValueError("accuracy: data must be (inputs, labels) or batches of them")
        outputs = keras.tree.flatten(model.predict_on_batch(batch[0]))[0]
        labels = np.asarray(batch[1])
        labels = labels.argmax(-1) if labels.shape == outputs.shape and labels.shape[-1] > 1 \
            else labels.reshape(-1)
        if len(labels) != len(outputs):
            raise ValueError("accuracy: labels must be class numbers, [batch] or [batch, 1], or "
                             f"rows of the output's shape, {list(outputs.shape)}; their shape is "
                             f"{list(np.shape(batch[1]))}")
        right += int((np.asarray(outputs).argmax(-1) == labels).sum())
        count += len(labels)
    return right / count


def forget_functions(model: keras.Model) -> None:
    """Graphs that Keras traced of a model's inference: they are traced anew."""
    model.predict_function = model.test_function = None


@dataclasses.dataclass
class _Moments:
    """Mean and variance of all values so far, for each channel (Chan, Golub, LeVeque 1979)."""
    count: float = 0.0
    mean: Any = 0.0
    squares: Any = 0.0  # sum of the squares of the differences from the mean

    def add(self, count: float, mean, variance) -> None:
        mean, variance = np.float64(mean), np.float64(variance)
        total, difference = self.count + count, mean - self.mean
        self.squares = self.squares + variance * count \
            + difference**2 * (self.count * count / total)
        self.mean = self.mean + difference * (count / total)
        self.count = total

    def store(self, layer) -> None:
        layer.moving_mean.assign(self.mean)
        layer.moving_variance.assign(self.squares / self.count)


def _statistics(model, norms: dict, data, batch_size: int, steps, by_batch: bool) \
        -> Tuple[Dict[str, _Moments], int]:
    """The moments of the inputs of the given layers, in the order they run; and the samples.

    Args:
      by_batch: whether these layers normalize by the batch's statistics; else by their own.
    """
    moments: Dict[str, _Moments] = {}

    def make(path, layer):
        call = layer.call

        def observing(inputs, training=None, mask=None):
            mean, variance = _moments(layer, inputs, mask)
            kept = moments.setdefault(path, _Moments())
            kept.add(_count(layer, inputs, mask), mean, variance)
            if by_batch:
                return _normalized(layer, inputs, mean, variance)
            return call(inputs, training=False, mask=mask)

        return observing

    samples = 0
    with _calls({layer: make(path, layer) for path, layer in norms.items()}), eagerly():
        for batch in batches(data, batch_size, steps, "recalibrate_batch_norm"):
            inputs = inputs_of(batch)
            samples += len(keras.tree.flatten(inputs)[0])
            model(inputs, training=False)
    return moments, samples


@contextlib.contextmanager
def _calls(calls: dict):
    """Inside, layers have another `call`."""
    try:
        for layer, call in calls.items():
            layer.call = call
        yield
    finally:
        for layer in calls:
            vars(layer).pop("call", None)


def _moments(layer, inputs, mask):
    inputs = keras.ops.cast(inputs, "float32")
    return layer._moments(inputs, mask)  # pylint: disable=protected-access


def _count(layer, inputs, mask) -> float:
    """Values of a channel."""
    if mask is not None:
        return float(keras.ops.sum(keras.ops.cast(mask, "float32")))
    return float(np.prod([size for axis, size in enumerate(inputs.shape)
                          if axis != layer.axis % len(inputs.shape)]))


def _normalized(layer, inputs, mean, variance):
    """What the layer computes with these statistics."""
    outputs = keras.ops.batch_normalization(
        keras.ops.cast(inputs, "float32"), mean, variance, axis=layer.axis, offset=layer.beta,
        scale=layer.gamma, epsilon=layer.epsilon)
    return keras.ops.cast(outputs, layer.compute_dtype)


def _norms(model, where: str) -> dict:
    """{path: layer} of all batch normalization."""
    check_model(model, where)
    norms = {path: layer for path, layer in all_layers(model)
             if isinstance(layer, keras.layers.BatchNormalization)}
    if not norms:
        raise ValueError(f"{where}: model '{model.name}' has no batch normalization")
    for path, layer in norms.items():
        if getattr(layer, "renorm", False):
            raise ValueError(f"{where}: layer '{path}' has renorm=True, whose statistics are "
                             "others")
    return norms


def _score(evaluate) -> Callable[[keras.Model], Optional[float]]:
    if evaluate is None:
        return lambda model: None
    if callable(evaluate):
        return evaluate
    return lambda model: accuracy(model, evaluate)
