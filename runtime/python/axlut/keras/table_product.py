# SPDX-License-Identifier: MIT
"""One product of inputs and a kernel inside a layer: ranges, mode, and the op."""

from __future__ import annotations

import contextlib
import functools
from typing import Any, Callable, Mapping, Sequence

import keras
import tensorflow as tf

from axlut import _arguments, _library, gradients, tables
from axlut.keras import quantizers

MODES = ("approximate", "quantized", "float")
OPERANDS = ("input", "kernel")


class TableProduct:
    """Inputs times kernel through a table, and the same exactly.

    Args:
      layer: the layer whose weights hold the ranges; for messages, too.
      prefix: of the names of these weights: "" or "pointwise_".
      table: absolute path of the table.
      input_quantizer, kernel_quantizer: objects of axlut.keras.quantizers.
      encoding: of the operands ("affine", "sign_magnitude").
      gradient: of the op, as axlut.gradients.get takes it.
      channel_axes: axes of the kernel that output channels follow from.
      approximate: (inputs, kernel, table, input_range, kernel_range, **options) -> outputs by the
        op.
      exact: (inputs, kernel) -> outputs, in floating point.
    """

    def __init__(self, layer, prefix: str, table: str, input_quantizer, kernel_quantizer,
                 encoding: str, gradient, channel_axes: Sequence[int],
                 approximate: Callable[..., Any], exact: Callable[..., Any]):
        self.table, self.encoding, self.prefix = table, encoding, prefix
        self.gradient = gradients.get(gradient)
        self.quantizers = dict(zip(OPERANDS, (quantizers.get(input_quantizer),
                                              quantizers.get(kernel_quantizer))))
        if self.quantizers["input"].per_channel:
            raise ValueError(f"{type(layer).__name__}: {prefix}input_quantizer must have one range "
                             "for the tensor; per_channel is for kernels")
        _arguments.encoding(encoding, f"{type(layer).__name__}: {prefix}encoding")
        self.state = {"input": (), "kernel": ()}
        self._layer, self._channel_axes = layer, tuple(channel_axes)
        self._approximate, self._exact = approximate, exact
        self._observer, self._observes_batches = None, False
        self._widths = None

    @property
    def widths(self) -> Mapping[str, int]:
        """Bits of the operands, from the table."""
        if self._widths is None:
            table = tables.load(self.table, self.encoding)
            self._widths = {"input": table.width_a, "kernel": table.width_b}
        return self._widths

    def build(self, channels: int) -> None:
        """Makes the weights that hold ranges; in the layer's build."""
        for operand, quantizer in self.quantizers.items():
            if not quantizer.has_state:
                continue
            self.state[operand] = tuple(
                self._layer.add_weight(
                    shape=(channels,) if quantizer.per_channel else (), dtype="float32",
                    initializer=functools.partial(_constant, end), trainable=False,
                    autocast=False, aggregation="mean", name=f"{self.prefix}{operand}_{name}")
                for name, end in zip(("low", "high"), quantizer.initial_range(channels)))

    def __call__(self, inputs, kernel, mode, training: bool):
        """The outputs.

        Args:
          inputs, kernel: in the layer's compute dtype.
          mode: int32 scalar, an index into MODES.
          training: whether ranges may follow the tensors.
        """
        inputs, kernel = tf.convert_to_tensor(inputs), tf.convert_to_tensor(kernel)
        if self._observer is not None:
            self._observer(inputs)
        ranges = {operand: self._range(operand, values, training)
                  for operand, values in (("input", inputs), ("kernel", kernel))}

        def approximate():
            checked = self._checked(ranges)
            return self._approximate(inputs, kernel, self.table, checked["input"],
                                     checked["kernel"], **self._options())

        def quantized():
            checked = self._checked(ranges)
            return self._exact(self._fake_quantize(inputs, "input", checked),
                               self._fake_quantize(kernel, "kernel", checked))

        branches = [approximate, quantized, lambda: self._exact(inputs, kernel)]
        return tf.switch_case(mode, branches)

    @contextlib.contextmanager
    def observed(self, observer: Callable[[Any], None], batch_ranges: bool = False):
        """Inside, eager calls hand their inputs over.

        Args:
          observer: gets the inputs.
          batch_ranges: whether the ranges are those of the tensors meanwhile, not those kept.
        """
        self._observer, self._observes_batches = observer, batch_ranges
        try:
            yield
        finally:
            self._observer, self._observes_batches = None, False

    def set_range(self, operand: str, low, high) -> None:
        """Sets the range that the layer keeps, made symmetric if the quantizer is."""
        low, high = quantizers.bounds(low, high,
                                      f"layer '{self._layer.name}': {self.prefix}{operand}")
        low, high = self.quantizers[operand].widened(low, high, self.widths[operand])
        for variable, end in zip(self.state[operand], (low, high)):
            end = tf.cast(end, tf.float32)
            if end.shape.rank and end.shape != variable.shape:
                raise ValueError(f"layer '{self._layer.name}': the range of its {operand} has "
                                 f"shape {tuple(variable.shape)}; given is {tuple(end.shape)}")
            variable.assign(tf.broadcast_to(end, variable.shape))

    def fit_kernel_range(self, kernel) -> None:
        """Sets the kernel's range from the kernel itself, if the layer keeps one."""
        quantizer = self.quantizers["kernel"]
        if quantizer.has_state:
            low, high = quantizer.seen(kernel, self.widths["kernel"], self._channel_axes)
            for variable, end in zip(self.state["kernel"], (low, high)):
                variable.assign(end)

    def kernel_range(self, kernel):
        """(low, high) that an inference quantizes this kernel with."""
        return self._range("kernel", tf.convert_to_tensor(kernel), training=False)

    def _range(self, operand: str, values, training: bool):
        quantizer = self.quantizers[operand]
        width = self.widths[operand] if quantizer.symmetric else 0
        axes = self._channel_axes if operand == "kernel" else ()
        if self._observes_batches:
            return quantizer.seen(values, width, axes)
        return quantizer.range_of(values, self.state[operand], width, axes, update=training)

    def _checked(self, ranges):
        """The ranges, behind an error where the layer has none yet."""
        return {operand: self._check(operand, *bounds) for operand, bounds in ranges.items()}

    def _check(self, operand: str, low, high):
        if not self.quantizers[operand].has_state or self._observes_batches:
            return low, high
        message = (f"layer '{self._layer.name}' has no range for its {self.prefix}{operand} yet "
                   f"({self.quantizers[operand]!r}): run axlut.calibrate(model, data), train, or "
                   "give one by layer.set_range")
        known = tf.logical_not(tf.reduce_any(tf.math.is_nan(low)))
        if tf.executing_eagerly():
            if not known:
                raise ValueError(message)
            return low, high
        # The op itself: tf.debugging.Assert wraps it into a conditional (80 us a layer on Zen 4).
        with tf.control_dependencies([tf.raw_ops.Assert(condition=known, data=[message])]):
            return tf.identity(low), tf.identity(high)

    def _options(self) -> dict:
        """The op's remaining arguments."""
        return {"encoding": self.encoding, "gradient": self.gradient,
                **{f"narrow_{operand}": self.quantizers[operand].narrow for operand in OPERANDS}}

    def _fake_quantize(self, values, operand: str, ranges):
        """The values at their codes; straight-through gradient, none where they were clipped."""
        low, high = ranges[operand]
        quantize = functools.partial(
            _library.load_ops().axlut_fake_quantize, min=low, max=high, table=self.table,
            operand="a" if operand == "input" else "b", encoding=self.encoding,
            narrow=self.quantizers[operand].narrow, axis=-1 if low.shape.rank == 0 else 1)

        @tf.custom_gradient
        def at_codes(x):
            # A row for every element of the axes that are no channels: channels lie last.
            rows = tf.reshape(x, [-1, low.shape[0]]) if low.shape.rank else x
            quantized, inside = (tf.reshape(result, tf.shape(x))
                                 for result in quantize(values=rows))
            return quantized, lambda upstream: tf.where(inside, upstream, tf.zeros_like(upstream))

        return at_codes(values)


def _constant(value, shape, dtype=None):
    """A Keras initializer."""
    return keras.ops.broadcast_to(keras.ops.convert_to_tensor(value, dtype=dtype), shape)
