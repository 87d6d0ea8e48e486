# SPDX-License-Identifier: MIT
"""ax_conv2d and ax_depthwise_conv2d: convolutions whose products come from a truth table."""

from __future__ import annotations

from typing import Optional

import tensorflow as tf

from axlut import _arguments, _geometry, _library, gradients
from axlut._types import Bounds, Gradient, Padding, Path, Steps, TensorLike


def ax_conv2d(input: TensorLike, filter: TensorLike, table: Path, strides: Steps = 1,  # pylint: disable=redefined-builtin
              padding: Padding = "SAME", dilations: Steps = 1, data_format: str = "NHWC",
              input_range: Optional[Bounds] = None, filter_range: Optional[Bounds] = None, *,
              narrow_input: bool = False, narrow_filter: bool = False, encoding: str = "affine",
              gradient: Gradient = "straight_through", name: Optional[str] = None) -> tf.Tensor:
    """tf.nn.conv2d with every product taken from the table of an approximate multiplier.

    Both tensors are quantized to the table's operands as
    tf.quantization.fake_quant_with_min_max_vars does it, products are looked up and summed as
    integers, zero points are taken out exactly, and only the final sum becomes a float again.
    A padded pixel is the code of 0.0 and goes through the table like any other.
    docs/tensorflow.md has the equations.

    Args:
      input: float32, bfloat16 or float16 [batch, height, width, in_channels], or for "NCHW"
        [batch, in_channels, height, width]; the table's row operand a.
      filter: [height, width, in_channels / groups, out_channels] in either format, of the same
        type; the column operand b. Groups follow from the channels.
      table: path of an .axt, .bin or .npy table with operands of at most 8 bits.
      strides: one number, (height, width), or four numbers in the order of data_format.
      padding: "SAME", "VALID", or (front, back) of each of the four dimensions:
        [[0, 0], [top, bottom], [left, right], [0, 0]] for "NHWC".
      dilations: like strides.
      data_format: "NHWC" or "NCHW", of input and output.
      input_range, filter_range: (min, max) that the codes span, numbers or scalar tensors; for the
        filter also vectors [out_channels]. None: the tensor's own smallest and largest value, and
        0.0. A range without 0.0 is moved to hold it (docs/tensorflow.md, Ranges).
      narrow_input, narrow_filter: leave out code 0, as TensorFlow's narrow_range: (-m, m) then has
        as many steps below 0.0 as above it.
      encoding: "affine", or "sign_magnitude": the table, of unsigned operands, multiplies
        magnitudes, and the sign is set beside it; operands are then two's complement.
      gradient: a name or an object of axlut.gradients.
      name: of the op.

    Returns:
      [batch, out_height, out_width, out_channels] in the data format, of the input's type. bfloat16
      and float16 are computed as float32 and rounded at the end.

    Raises:
      TypeError, ValueError: for an argument that is none of these.
      tf.errors.InvalidArgumentError: for shapes that do not fit, ranges that are none, a NaN in a
        tensor, a table file that cannot be used.
      tf.errors.UnimplementedError: on a GPU, for "NCHW", narrow ranges and ranges per channel.
    """
    input, filter = _operands("ax_conv2d", input, filter)
    return _convolve("ax_conv2d", input, filter, table, strides, padding, dilations, data_format,
                     input_range, filter_range, narrow_input, narrow_filter, encoding, gradient,
                     name)


def ax_depthwise_conv2d(input: TensorLike, filter: TensorLike, table: Path, strides: Steps = 1,  # pylint: disable=redefined-builtin
                        padding: Padding = "SAME", dilations: Steps = 1,
                        data_format: str = "NHWC", input_range: Optional[Bounds] = None,
                        filter_range: Optional[Bounds] = None, *, narrow_input: bool = False,
                        narrow_filter: bool = False, encoding: str = "affine",
                        gradient: Gradient = "straight_through",
                        name: Optional[str] = None) -> tf.Tensor:
    """tf.nn.depthwise_conv2d with every product taken from the table of an approximate multiplier.

    The arithmetic is that of ax_conv2d with one group per channel; strides may differ, and go
    together with dilations.

    Args:
      input: float32, bfloat16 or float16 [batch, height, width, channels], or for "NCHW" [batch,
        channels, height, width]; the table's row operand a.
      filter: [height, width, channels, multiplier], of the same type; the column operand b.
      filter_range: (min, max), numbers or scalar tensors, or vectors [channels * multiplier] in the
        order of the output's channels.
      table, strides, padding, dilations, data_format, input_range, narrow_input, narrow_filter,
      encoding, gradient, name: as for ax_conv2d.

    Returns:
      [batch, out_height, out_width, channels * multiplier] in the data format, of the input's type;
      output channel c * multiplier + m is input channel c with filter [:, :, c, m].

    Raises:
      As ax_conv2d.
    """
    input, filter = _operands("ax_depthwise_conv2d", input, filter)
    input, filter = _geometry.depthwise_operands("ax_depthwise_conv2d", input, filter,
                                                 data_format)
    return _convolve("ax_depthwise_conv2d", input, filter, table, strides, padding, dilations,
                     data_format, input_range, filter_range, narrow_input, narrow_filter, encoding,
                     gradient, name)


def _operands(function, input, filter):  # pylint: disable=redefined-builtin
    input = _arguments.float_tensor(input, f"{function}: input")
    return input, _arguments.float_tensor(filter, f"{function}: filter", input.dtype)


def _convolve(function, input, filter, table, strides, padding, dilations, data_format,  # pylint: disable=redefined-builtin
              input_range, filter_range, narrow_input, narrow_filter, encoding, gradient, name):
    geometry = _geometry.attributes(function, strides, padding, dilations, data_format)
    input_min, input_max = _arguments.float_range(input, input_range, f"{function}: input_range")
    filter_min, filter_max = _arguments.float_range(filter, filter_range,
                                                    f"{function}: filter_range")
    return _library.load_ops().axlut_conv2d(
        input, filter, input_min, input_max, filter_min, filter_max,
        table=_arguments.table_path(table, f"{function}: table"),
        encoding=_arguments.encoding(encoding, f"{function}: encoding"),
        narrow_input=narrow_input, narrow_filter=narrow_filter, name=name,
        **gradients.op_attributes(gradient), **geometry)
