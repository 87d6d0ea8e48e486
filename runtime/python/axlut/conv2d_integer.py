# SPDX-License-Identifier: MIT
"""The convolutions of integers: operand values in, exact sums out, nothing rounded in between."""

from __future__ import annotations

from typing import Optional

import tensorflow as tf

from axlut import _arguments, _geometry, _library
from axlut._types import Padding, Path, Steps, TensorLike


def ax_conv2d_integer(input: TensorLike, filter: TensorLike, table: Path, strides: Steps = 1,  # pylint: disable=redefined-builtin
                      padding: Padding = "SAME", dilations: Steps = 1, data_format: str = "NHWC",
                      input_zero_point: TensorLike = 0, filter_zero_point: TensorLike = 0, *,
                      encoding: str = "affine", out_type: tf.DType = tf.int32,
                      name: Optional[str] = None) -> tf.Tensor:
    """The integer sums of ax_conv2d, for tensors that are quantized already.

    output = sum of (T[a][b] - zb * a - za * b + za * zb) over the taps, for operand values a and b
    and zero points za and zb. With the exact table that is the sum of (a - za) * (b - zb); with
    zero points of 0, the default, the plain sum of products. A padded pixel is za and goes through
    the table.

    Args:
      input: uint8 or int8 [batch, height, width, in_channels], or for "NCHW" [batch, in_channels,
        height, width]; values of the table's row operand a: uint8 for an unsigned one, int8 for
        one in two's complement, within the operand's width.
      filter: uint8 or int8 [height, width, in_channels / groups, out_channels]; values of the
        column operand b. The two types may differ.
      table, strides, padding, dilations, data_format: as for ax_conv2d.
      input_zero_point: the value of operand a that stands for 0; an int or int32 scalar.
      filter_zero_point: that of operand b; a scalar, or a vector [out_channels].
      encoding: as for ax_conv2d; with "sign_magnitude" both tensors are int8.
      out_type: tf.int32, or tf.int64, which a layer needs whose sums could leave int32.
      name: of the op.

    Returns:
      int32 or int64 [batch, out_height, out_width, out_channels] in the data format.

    Raises:
      TypeError, ValueError: for an argument that is none of these.
      tf.errors.InvalidArgumentError: for shapes and types that do not fit, values that the operand
        does not have, sums that could overflow out_type, a table file that cannot be used.
    """
    input, filter = _operands("ax_conv2d_integer", input, filter)
    return _convolve("ax_conv2d_integer", input, filter, table, strides, padding, dilations,
                     data_format, input_zero_point, filter_zero_point, encoding, out_type, name)


def ax_depthwise_conv2d_integer(input: TensorLike, filter: TensorLike, table: Path,  # pylint: disable=redefined-builtin
                                strides: Steps = 1, padding: Padding = "SAME",
                                dilations: Steps = 1, data_format: str = "NHWC",
                                input_zero_point: TensorLike = 0,
                                filter_zero_point: TensorLike = 0, *, encoding: str = "affine",
                                out_type: tf.DType = tf.int32,
                                name: Optional[str] = None) -> tf.Tensor:
    """The integer sums of ax_depthwise_conv2d, for tensors that are quantized already.

    Args:
      input: uint8 or int8 [batch, height, width, channels], or for "NCHW" [batch, channels,
        height, width]; values of the table's row operand a.
      filter: uint8 or int8 [height, width, channels, multiplier]; values of the column operand b.
      filter_zero_point: a scalar, or a vector [channels * multiplier].
      table, strides, padding, dilations, data_format, input_zero_point, encoding, out_type, name:
        as for ax_conv2d_integer.

    Returns:
      int32 or int64 [batch, out_height, out_width, channels * multiplier] in the data format.

    Raises:
      As ax_conv2d_integer.
    """
    input, filter = _operands("ax_depthwise_conv2d_integer", input, filter)
    input, filter = _geometry.depthwise_operands("ax_depthwise_conv2d_integer", input, filter,
                                                 data_format)
    return _convolve("ax_depthwise_conv2d_integer", input, filter, table, strides, padding,
                     dilations, data_format, input_zero_point, filter_zero_point, encoding, out_type,
                     name)


def _operands(function, input, filter):  # pylint: disable=redefined-builtin
    return (_arguments.integer_tensor(input, f"{function}: input"),
            _arguments.integer_tensor(filter, f"{function}: filter"))


def _convolve(function, input, filter, table, strides, padding, dilations, data_format,  # pylint: disable=redefined-builtin
              input_zero_point, filter_zero_point, encoding, out_type, name):
    return _library.load_ops().axlut_conv2d_integer(
        input, filter, _arguments.zero_point(input_zero_point, f"{function}: input_zero_point"),
        _arguments.zero_point(filter_zero_point, f"{function}: filter_zero_point"),
        table=_arguments.table_path(table, f"{function}: table"),
        encoding=_arguments.encoding(encoding, f"{function}: encoding"),
        out_type=_arguments.sum_type(out_type, f"{function}: out_type"), name=name,
        **_geometry.attributes(function, strides, padding, dilations, data_format))
