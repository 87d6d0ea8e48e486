# SPDX-License-Identifier: MIT
"""Straight-through gradient of the convolution: that of tf.nn.conv2d on the quantized values.

The table's error is treated as a constant. As in the gradient of TensorFlow's fake_quant, an
element that was clipped to its range gets none; neither do the ranges.
"""

import tensorflow as tf

from axlut import _library


@tf.RegisterGradient("AxlutConv2D")
def _straight_through(op, upstream):
    input, filter, input_min, input_max, filter_min, filter_max = op.inputs
    geometry = {
        "strides": op.get_attr("strides"),
        "padding": op.get_attr("padding").decode(),
        "explicit_paddings": op.get_attr("explicit_paddings"),
        "dilations": op.get_attr("dilations"),
    }
    table = op.get_attr("table")
    quantize = _library.load_ops().axlut_fake_quantize
    quantized_input, input_inside = quantize(input, input_min, input_max, table=table, operand="a")
    quantized_filter, filter_inside = quantize(filter, filter_min, filter_max, table=table,
                                               operand="b")
    input_gradient = tf.raw_ops.Conv2DBackpropInput(
        input_sizes=tf.shape(input), filter=quantized_filter, out_backprop=upstream, **geometry)
    filter_gradient = tf.raw_ops.Conv2DBackpropFilter(
        input=quantized_input, filter_sizes=tf.shape(filter), out_backprop=upstream, **geometry)
    return [tf.where(input_inside, input_gradient, 0.0),
            tf.where(filter_inside, filter_gradient, 0.0), None, None, None, None]
