# SPDX-License-Identifier: MIT
"""calibrate: the ranges of activations from sample data."""

from __future__ import annotations

import contextlib
from typing import Any, Dict, Optional, Sequence, Tuple

import keras
import numpy as np
import tensorflow as tf

from axlut import _arguments
from axlut._batches import batches, eagerly, inputs_of
from axlut.keras.selection import approximate_layers
from axlut.keras.table_product import MODES


def calibrate(model: keras.Model, data: Any, *, method: str = "min_max", percentile: float = 99.99,
              decay: float = 0.9, mode: str = "float", layers: Optional[Sequence[Any]] = None,
              batch_size: int = 128,
              steps: Optional[int] = None) -> Dict[str, Tuple[Any, Any]]:
    """Runs sample data through a model and sets the ranges that its approximate layers keep.

    These are the ranges of FixedRange and MovingAverage quantizers, of inputs and of kernels; a
    FixedRange that was given numbers keeps them. Inputs are observed in inference; a kernel's range
    is that of its present values. Symmetric quantizers get symmetric ranges.

    Args:
      model: with layers of axlut.keras (axlut.approximate(..., quantize="fixed")).
      data: inputs, or (inputs, targets, ...) of which the targets are not used: arrays, a
        tf.data.Dataset, or batches of any kind. A tuple is (inputs, targets).
      method: how the inputs' range follows from their values. "min_max": all of them. "percentile":
        all but the largest and the smallest ones. "moving_average": of the batches' ends, the first
        batch's own to start from.
      percentile: for "percentile": 50 < percentile <= 100; so many percent of the values lie below
        the range's upper end, and as many above its lower end.
      decay: for "moving_average": weight of the old average.
      mode: what the layers compute meanwhile: "float", "quantized" or "approximate" (with the
        ranges of each batch). With a biased table, activations differ between the three.
      layers: names, patterns, types or layers: those to calibrate; None: all.
      batch_size: of arrays.
      steps: at most so many batches.

    Returns:
      {"path of the layer: operand": (low, high)} of all ranges that were set.

    Raises:
      ValueError: no layer keeps a range; an element of `layers` fits no approximate layer; data is
        empty; a layer was not run; a value is NaN or infinite; or a number is out of its range.
      TypeError: an argument is of another type.
    """
    products = _products(model, layers)
    make = _observer_factory(method, percentile, decay)
    if mode not in MODES:
        raise ValueError(f"calibrate: mode must be one of {', '.join(MODES)}; it is {mode!r}")
    observers = {name: make(name) for name in products}
    with _modes(model, mode), _observed(model, products, observers), eagerly():
        for batch in batches(data, batch_size, steps, "calibrate"):
            model(inputs_of(batch), training=False)
    ranges = {}
    for name, (layer, number, product) in products.items():
        if product.quantizers["input"].calibrates:
            product.set_range("input", *observers[name].range())
        if product.quantizers["kernel"].calibrates:
            product.fit_kernel_range(getattr(layer, layer.kernel_names[number]))
        for operand, state in product.state.items():
            if product.quantizers[operand].calibrates:
                ranges[name + operand] = tuple(keras.ops.convert_to_numpy(end) for end in state)
    return ranges


class MinMax:
    """The smallest and the largest value."""

    def __init__(self, name: str):
        self._name, self._low, self._high = name, np.inf, -np.inf

    def __call__(self, values) -> None:
        low, high = _ends(values, self._name)
        self._low, self._high = min(self._low, low), max(self._high, high)

    def range(self) -> Tuple[float, float]:
        """(low, high), with 0."""
        _check_seen(self._high, self._name)
        return min(self._low, 0.0), max(self._high, 0.0)


class Average:
    """Moving averages of the smallest and the largest value of each batch."""

    def __init__(self, name: str, decay: float):
        self._name, self._decay, self._ends = name, decay, None

    def __call__(self, values) -> None:
        ends = np.clip(_ends(values, self._name), [-np.inf, 0], [0, np.inf])
        self._ends = ends if self._ends is None \
            else self._decay * self._ends + (1 - self._decay) * ends

    def range(self) -> Tuple[float, float]:
        """(low, high), with 0."""
        _check_seen(-np.inf if self._ends is None else 0.0, self._name)
        return float(self._ends[0]), float(self._ends[1])


class Histogram:
    """Percentiles of all values, from a histogram that grows with them.

    Its 2 * BINS bins cover [-limit, limit); where a value lies outside, the limit is doubled and
    each two bins become one. A percentile is thus exact to one bin, at most limit / BINS.
    """

    BINS = 8192

    def __init__(self, name: str, percentile: float):
        self._name, self._fraction = name, percentile / 100
        self._limit = 0.0
        self._counts = np.zeros(2 * self.BINS, np.int64)
        self._ends = [np.inf, -np.inf]

    def __call__(self, values) -> None:
        low, high = _ends(values, self._name)
        if low > high:
            return
        self._ends = [min(self._ends[0], low), max(self._ends[1], high)]
        self._grow(max(-low, high))
        values = np.asarray(tf.cast(values, tf.float32), np.float64).ravel()
        positions = values / self._limit if self._limit else values  # all are 0
        bins = np.floor((positions + 1) * self.BINS).astype(np.int64)
        self._counts += np.bincount(bins, minlength=2 * self.BINS)

    def range(self) -> Tuple[float, float]:
        """(low, high), with 0."""
        _check_seen(self._ends[1], self._name)
        if not self._limit:
            return 0.0, 0.0
        return (min(-self._quantile(self._counts[::-1], -self._ends[0]), 0.0),
                max(self._quantile(self._counts, self._ends[1]), 0.0))

    def _quantile(self, counts, largest: float) -> float:
        """Upper end of the bin up to which the fraction of all values lies."""
        below = np.cumsum(counts)
        index = int(np.searchsorted(below, self._fraction * below[-1]))
        return min(((index + 1) / self.BINS - 1) * self._limit, largest)

    def _grow(self, largest: float) -> None:
        if not self._limit:  # what was counted, if anything, is 0 and stays where it is
            self._limit = 2 * largest
        while largest >= self._limit > 0:
            pairs = self._counts.reshape(self.BINS, 2).sum(1)
            self._counts = np.pad(pairs, self.BINS // 2)
            self._limit *= 2


def _observer_factory(method: str, percentile: float, decay: float):
    percentile = _arguments.number(percentile, "calibrate: percentile", 50, 100, "(]")
    decay = _arguments.number(decay, "calibrate: decay", 0, 1)
    factories = {"min_max": MinMax, "percentile": lambda name: Histogram(name, percentile),
                 "moving_average": lambda name: Average(name, decay)}
    if method not in factories:
        raise ValueError(f"calibrate: method must be one of {', '.join(factories)}; "
                         f"it is {method!r}")
    return factories[method]


def _products(model, layers) -> dict:
    """{name: (layer, number of the product, product)} of the products with a range to be set."""
    found = {}
    for path, layer in approximate_layers(model, layers, "calibrate"):
        for number, product in enumerate(layer.products):
            if any(quantizer.calibrates for quantizer in product.quantizers.values()):
                found[f"{path}: {product.prefix}"] = (layer, number, product)
    if not found:
        raise ValueError(f"calibrate: no approximate layer of '{model.name}' has a range to be set"
                         f"{'' if layers is None else ' among those selected'}; convert with "
                         "quantize='fixed' or 'moving_average'")
    return found


@contextlib.contextmanager
def _observed(model, products: dict, observers: dict):
    """Inside, every product uses the ranges of its tensors, and some are watched."""
    watched = {id(product): observers[name] for name, (_, _, product) in products.items()
               if product.quantizers["input"].calibrates}
    with contextlib.ExitStack() as stack:
        for _, layer in approximate_layers(model, None, "calibrate"):
            for product in layer.products:
                stack.enter_context(product.observed(
                    watched.get(id(product), lambda values: None), batch_ranges=True))
        yield


@contextlib.contextmanager
def _modes(model, mode: str):
    layers = [layer for _, layer in approximate_layers(model, None, "calibrate")]
    before = [layer.mode for layer in layers]
    try:
        for layer in layers:
            layer.mode = mode
        yield
    finally:
        for layer, previous in zip(layers, before):
            layer.mode = previous


def _ends(values, name: str) -> Tuple[float, float]:
    """(inf, -inf) of an empty tensor."""
    if not values.shape.num_elements():
        return np.inf, -np.inf
    low, high = float(tf.reduce_min(values)), float(tf.reduce_max(values))
    if not np.isfinite(low) or not np.isfinite(high) or bool(tf.reduce_any(values != values)):
        raise ValueError(f"calibrate: layer '{name.split(':')[0]}' gets a value that is NaN or "
                         "infinite")
    return low, high


def _check_seen(high: float, name: str) -> None:
    if high == -np.inf:
        raise ValueError(f"calibrate: layer '{name.split(':')[0]}' got no value; the model did not "
                         "run it with this data")
