# SPDX-License-Identifier: MIT
"""tune_layer: weight tuning of approximate Keras layers, with their own ranges and activations."""

from __future__ import annotations

import contextlib
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import keras
import numpy as np
import tensorflow as tf

from axlut import _library, ranges, weight_tuning
from axlut._batches import batches, eagerly, inputs_of
from axlut.keras.selection import approximate_layers
from axlut.keras.table_product import TableProduct


def tune_layer(layer: keras.layers.Layer, data: Any = None, *,
               layers: Optional[Sequence[Any]] = None, batch_size: int = 128,
               steps: Optional[int] = None) -> Dict[str, weight_tuning.Tuning]:
    """Replaces weights that the multiplier of a layer gets wrong by better ones.

    For each product of inputs and kernel through a table: the kernel becomes
    axlut.tune_weights(kernel, its range, table, ...), with the zero point of the layer's inputs
    and, if there are data, a histogram of the codes that they become. All activations are those
    before anything is tuned.

    Args:
      layer: a layer of axlut.keras, or a model or layer that holds some; built. The input's
        quantizer must keep a range (FixedRange, MovingAverage). Where the kernel's takes it from
        the kernel (BatchRange), the smallest and the largest weight, of each channel if channels
        have ranges, stay as they are: they make the range.
      data: inputs of `layer` (for a model: of the model), or (inputs, targets, ...): arrays, a
        tf.data.Dataset, or batches of any kind. None: all activations count equally.
      layers: of a model: names, patterns, types or layers: those to tune; None: all.
      batch_size: of arrays.
      steps: at most so many batches.

    Returns:
      {path of the layer: Tuning} of everything that was tuned; the products of a separable
      convolution are "path" and "path: pointwise_".

    Raises:
      TypeError: `layer` is no Keras layer, or the data are no batches.
      ValueError: there is no such layer, or it is not built; an input's quantizer keeps no range,
        or a range is not known yet; the data are empty, or a layer gets nothing of them.
    """
    products = _products(layer, layers)
    counts = {} if data is None else _count(layer, products, batches(data, batch_size, steps,
                                                                     "tune_layer"))
    tunings = {product.name: _tuning(product, counts.get(product.name)) for product in products}
    for product in products:
        product.kernel.assign(_tuned(product, tunings[product.name]))
    return tunings


class _Product(NamedTuple):
    name: str
    product: TableProduct
    kernel: Any  # the variable
    input_range: tuple
    kernel_range: tuple

    @property
    def options(self) -> dict:
        return {"encoding": self.product.encoding}

    def narrow(self, operand: str) -> bool:
        return self.product.quantizers[operand].narrow


def _products(layer, layers) -> List[_Product]:
    found = []
    for path, candidate in approximate_layers(layer, layers, "tune_layer"):
        if not candidate.built:
            raise ValueError(f"tune_layer: layer '{path}' is not built; call it once")
        for number, product in enumerate(candidate.products):
            name = f"{path}: {product.prefix}" if product.prefix else path
            kernel = getattr(candidate, candidate.kernel_names[number])
            found.append(_Product(name, product, kernel, _input_range(name, product),
                                  _known(name, "kernel", product.kernel_range(kernel))))
    if not found:
        raise ValueError(f"tune_layer: '{layer.name}' has no approximate layer")
    return found


def _input_range(name: str, product: TableProduct) -> tuple:
    state = product.state["input"]
    if not state:
        raise ValueError(f"tune_layer: layer '{name}' takes the range of its input from each "
                         "tensor, so that its codes have no meaning of their own; give it a quantizer "
                         "that keeps a range (FixedRange and axlut.calibrate, or MovingAverage)")
    return _known(name, "input", state)


def _known(name: str, operand: str, ends) -> tuple:
    low, high = (keras.ops.convert_to_numpy(end) for end in ends)
    if np.isnan(low).any():
        raise ValueError(f"tune_layer: layer '{name}' has no range for its {operand} yet: run "
                         "axlut.calibrate(model, data), train, or give one by layer.set_range")
    return low, high


def _count(layer, products: List[_Product], data) -> Dict[str, np.ndarray]:
    """A histogram of codes for every product."""
    counts: Dict[str, np.ndarray] = {}

    def observer(product):
        def count(values):
            histogram = weight_tuning.code_histogram(
                values, product.input_range, product.product.table,
                narrow=product.narrow("input"), **product.options)
            counts[product.name] = counts.get(product.name, 0) + histogram
        return count

    with contextlib.ExitStack() as stack:
        for product in products:
            stack.enter_context(product.product.observed(observer(product)))
        stack.enter_context(eagerly())
        for batch in data:
            layer(inputs_of(batch), training=False)
    missing = [product.name for product in products if not np.any(counts.get(product.name, 0))]
    if missing:
        raise ValueError(f"tune_layer: layer '{missing[0]}' got no value; the model did not run it "
                         "with this data")
    return counts


def _tuning(product: _Product, histogram) -> weight_tuning.Tuning:
    return weight_tuning.find_tuning(
        product.product.table, histogram, input_zero_point=_zero_point(product),
        narrow=product.narrow("kernel"), **product.options)


def _zero_point(product: _Product) -> int:
    """The value of operand a that 0.0 becomes."""
    table = product.product.table
    ops = _library.load_ops()
    pattern = ops.axlut_quantize([0.0], *product.input_range, table=table, operand="a",
                                 narrow=product.narrow("input"), **product.options)
    is_signed = bool(ops.axlut_table(table=table, **product.options).a_signed)
    width = product.product.widths["input"]
    value = int(pattern[0])
    return value - (1 << width) if is_signed and value >= 1 << (width - 1) else value


def _tuned(product: _Product, tuning: weight_tuning.Tuning):
    kernel = tf.cast(tf.convert_to_tensor(product.kernel), tf.float32)
    # Output channels, which can have ranges of their own, lie along the last axes.
    channels = product.kernel_range[0].size if product.kernel_range[0].ndim else kernel.shape[-1]
    rows = tf.reshape(kernel, [-1, channels])
    tuned = weight_tuning.tune_weights(
        rows, product.kernel_range, product.product.table, narrow=product.narrow("kernel"),
        tuning=tuning, **product.options)
    if not product.product.state["kernel"]:
        # The range is that of the kernel: weights that make it stay, and none may leave it. Its
        # ends have the first and the last code, so no code changes when a weight is moved there.
        low, high = product.kernel_range
        smallest, largest = ranges.asymmetric(rows, (1,) if low.ndim else ())
        makes_range = (rows == smallest) | (rows == largest)
        tuned = tf.where(makes_range, rows, tf.clip_by_value(tuned, low, high))
    return tf.reshape(tuned, kernel.shape)
