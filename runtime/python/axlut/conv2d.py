# SPDX-License-Identifier: MIT
"""ax_conv2d: a 2-D convolution whose multiplications are look-ups in a truth table."""

import os

import tensorflow as tf

from axlut import _gradients  # noqa: F401  registers the op's gradient
from axlut import _library


def ax_conv2d(input, filter, table, strides=1, padding="SAME", dilations=1,  # pylint: disable=redefined-builtin
              input_range=None, filter_range=None, name=None):
    """tf.nn.conv2d with every product taken from the table of an approximate multiplier.

    Both tensors are quantized to the table's operands as
    tf.quantization.fake_quant_with_min_max_vars does it, products are looked up and summed as
    integers, zero points are taken out exactly, and only the final sum becomes a float again.
    A padded pixel is the code of 0.0 and goes through the table like any other.
    docs/tensorflow.md has the equations.

    Args:
      input: float32 [batch, height, width, in_channels]; the table's row operand a.
      filter: float32 [height, width, in_channels / groups, out_channels]; the column operand b.
        Groups follow from the channels: in_channels of them make a depthwise convolution.
      table: path of an .axt, .bin or .npy table with operands of at most 8 bits.
      strides: one number, (height, width) or [1, height, width, 1].
      padding: "SAME", "VALID", or [[0, 0], [top, bottom], [left, right], [0, 0]].
      dilations: like strides.
      input_range, filter_range: (min, max), numbers or scalar tensors, that the codes span; by
        default the tensor's own smallest and largest value.
      name: of the op.

    Returns:
      float32 [batch, out_height, out_width, out_channels].

    The gradient is the straight-through one: that of tf.nn.conv2d on the quantized values, and
    zero where a value was clipped to its range.
    """
    input = _float_tensor(input, "input")
    filter = _float_tensor(filter, "filter")
    input_min, input_max = _range(input, input_range, "input_range")
    filter_min, filter_max = _range(filter, filter_range, "filter_range")
    padding, explicit_paddings = _padding(padding)
    return _library.load_ops().axlut_conv2d(
        input, filter, input_min, input_max, filter_min, filter_max,
        table=os.path.abspath(os.fspath(table)), strides=_per_axis(strides, "strides"),
        padding=padding, explicit_paddings=explicit_paddings,
        dilations=_per_axis(dilations, "dilations"), name=name)


def _float_tensor(value, what):
    if not tf.is_tensor(value) and not isinstance(value, tf.Variable):
        return tf.convert_to_tensor(value, tf.float32, name=what)
    if value.dtype != tf.float32:
        raise TypeError(f"ax_conv2d: {what} must be float32; it is {value.dtype.name}")
    return tf.convert_to_tensor(value, name=what)


def _range(tensor, bounds, what):
    """(min, max) as scalar tensors."""
    if bounds is None:
        return tf.reduce_min(tensor), tf.reduce_max(tensor)
    try:
        low, high = bounds
    except (TypeError, ValueError):
        raise ValueError(f"ax_conv2d: {what} must be None or (min, max); it is {bounds!r}") from None
    return (tf.convert_to_tensor(low, tf.float32, name=f"{what}_min"),
            tf.convert_to_tensor(high, tf.float32, name=f"{what}_max"))


def _per_axis(steps, what):
    """[1, height, width, 1] from any of the three accepted forms."""
    values = list(steps) if isinstance(steps, (list, tuple)) else [steps]
    try:
        values = [int(value.__index__()) for value in values]
    except AttributeError:
        raise ValueError(f"ax_conv2d: {what} must be whole numbers; they are {steps!r}") from None
    if len(values) == 4:
        return values
    if len(values) not in (1, 2):
        raise ValueError(
            f"ax_conv2d: {what} must be one number, (height, width) or [1, height, width, 1]; "
            f"they are {steps!r}")
    return [1, values[0], values[-1], 1]


def _padding(padding):
    """The op's attributes padding and explicit_paddings."""
    if isinstance(padding, str):
        if padding.upper() not in ("SAME", "VALID"):
            raise ValueError(
                f"ax_conv2d: padding must be 'SAME', 'VALID' or a list; it is {padding!r}")
        return padding.upper(), []
    try:
        pairs = [(int(front), int(back)) for front, back in padding]
    except (TypeError, ValueError):
        pairs = []
    if len(pairs) != 4:
        raise ValueError(
            "ax_conv2d: padding must be [[0, 0], [top, bottom], [left, right], [0, 0]]; "
            f"it is {padding!r}")
    return "EXPLICIT", [pad for pair in pairs for pad in pair]
