# SPDX-License-Identifier: MIT
"""ApproxConv2DWithMinMaxVars and its depthwise form: TFApprox' op, our integer sums."""

import os
import sys
import types
from collections.abc import Sequence

import tensorflow as tf

from axlut import _library


def approx_conv2d_with_min_max_vars(input: tf.Tensor, filter: tf.Tensor,  # pylint: disable=redefined-builtin
                                    input_min: tf.Tensor, input_max: tf.Tensor,
                                    filter_min: tf.Tensor, filter_max: tf.Tensor,
                                    strides: Sequence[int], num_bits: int, mul_map_file: str,
                                    padding: str, explicit_paddings: Sequence[int] = (),
                                    data_format: str = "NHWC",
                                    dilations: Sequence[int] = (1, 1, 1, 1),
                                    name: str | None = None) -> tf.Tensor:
    """tf.nn.conv2d with every product taken from the table of an approximate multiplier.

    The op quantizes both tensors itself, as tf.quantization.fake_quant_with_min_max_vars(num_bits)
    does it for these ranges: values that went through it before keep their codes. A padded pixel is
    the code of 0.0 and goes through the table.

    Args:
      input: [batch, height, width, in_channels], or NCHW; the table's row operand.
      filter: [height, width, in_channels / groups, out_channels]; the column operand.
      input_min, input_max: scalars of the input's type.
      filter_min, filter_max: scalars, or [out_channels].
      strides, dilations: four numbers in the order of data_format; those of batch and channels 1.
      num_bits: width of both operands, 1 .. 8.
      mul_map_file: path of a file of 16-bit little-endian products without a header, whatever its
        name: 65,536 of them, entry (input << 8) | filter, of which num_bits < 8 uses the low
        corner, or 2^(2 num_bits), entry (input << num_bits) | filter. "": the exact multiplier.
      padding: "SAME", "VALID" or "EXPLICIT".
      explicit_paddings: [0, 0, top, bottom, left, right, 0, 0] with "EXPLICIT", else empty.
      data_format: "NHWC" or "NCHW".
      name: of the op.

    Returns:
      The input's type, [batch, out_height, out_width, out_channels], or NCHW.

    Raises:
      tf.errors.InvalidArgumentError: shapes, attributes or the file are wrong, or a tensor holds a
        NaN; the message says which.

    The gradient is TFApprox4IL's: that of tf.nn.conv2d on the tensors as they are given, zeros for
    the ranges.
    """
    return _in_float32(
        _library.load_ops().approx_conv2d_with_min_max_vars,
        [input, filter, input_min, input_max, filter_min, filter_max], strides=strides,
        num_bits=num_bits, mul_map_file=_absolute(mul_map_file), padding=padding,
        explicit_paddings=explicit_paddings, data_format=data_format, dilations=dilations,
        name=name)


def approx_depthwise_conv2d_with_min_max_vars(input: tf.Tensor, filter: tf.Tensor,  # pylint: disable=redefined-builtin
                                              input_min: tf.Tensor, input_max: tf.Tensor,
                                              filter_min: tf.Tensor, filter_max: tf.Tensor,
                                              strides: Sequence[int], num_bits: int,
                                              mul_map_file: str, padding: str,
                                              data_format: str = "NHWC",
                                              dilations: Sequence[int] = (1, 1, 1, 1),
                                              name: str | None = None) -> tf.Tensor:
    """tf.nn.depthwise_conv2d, otherwise as approx_conv2d_with_min_max_vars.

    Args:
      filter: [height, width, channels, multiplier]; output channel = channel * multiplier + m.
      filter_min, filter_max: scalars, or [multiplier] as in TFApprox4IL, or
        [channels * multiplier]: one range per output channel.
      padding: "SAME" or "VALID".
      input, input_min, input_max, strides, num_bits, mul_map_file, data_format, dilations, name: as
        there.

    Returns:
      The input's type, [batch, out_height, out_width, channels * multiplier], or NCHW.
    """
    return _in_float32(
        _library.load_ops().approx_depthwise_conv2d_with_min_max_vars,
        [input, filter, input_min, input_max, filter_min, filter_max], strides=strides,
        num_bits=num_bits, mul_map_file=_absolute(mul_map_file), padding=padding,
        data_format=data_format, dilations=dilations, name=name)


ApproxConv2DWithMinMaxVars = approx_conv2d_with_min_max_vars
ApproxDepthwiseConv2DWithMinMaxVars = approx_depthwise_conv2d_with_min_max_vars


def load_op_library(library_filename: str | None = None) -> types.ModuleType:
    """Stands in for tf.load_op_library("libApproxGPUOpsTF.so").

    Args:
      library_filename: not looked at, so that a script can keep what it passes.

    Returns:
      The module axlut.tfapprox.
    """
    del library_filename
    _library.load_ops()
    return sys.modules["axlut.tfapprox"]


def _in_float32(op, tensors, **attributes):
    """`op` for tensors of any floating type, whose result gets the input's type."""
    dtype = tf.as_dtype(getattr(tensors[0], "dtype", tf.float32))
    if dtype not in (tf.float32, tf.float16, tf.bfloat16, tf.float64):
        raise TypeError(f"input must be float32, float16, bfloat16 or float64; it is {dtype.name}")
    outputs = op(*(tf.cast(tensor, tf.float32) for tensor in tensors), **attributes)
    return tf.cast(outputs, dtype)


def _absolute(mul_map_file):
    """The path is part of a graph, which may run in another working directory."""
    path = os.fspath(mul_map_file)
    return os.path.abspath(path) if path else ""
