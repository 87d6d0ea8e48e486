# SPDX-License-Identifier: MIT
"""Straight-through gradient of the convolution: that of tf.nn.conv2d on the quantized values.

The table's error is treated as a constant. As in the gradient of TensorFlow's fake_quant, an
element that was clipped to its range gets none; neither do the ranges.
"""

import tensorflow as tf

from axlut import _library


@tf.RegisterGradient("AxlutConv2D")
def _straight_through(op, upstream):
    if op.get_attr("gradient") != b"straight_through":
        raise NotImplementedError(f"{op.name}: there is no gradient {op.get_attr('gradient')}")
    input, filter, input_min, input_max, filter_min, filter_max = op.inputs
    geometry = {
        "strides": op.get_attr("strides"),
        "padding": op.get_attr("padding").decode(),
        "explicit_paddings": op.get_attr("explicit_paddings"),
        "dilations": op.get_attr("dilations"),
        "data_format": op.get_attr("data_format").decode(),
    }
    table = {"table": op.get_attr("table"), "encoding": op.get_attr("encoding")}
    quantize = _library.load_ops().axlut_fake_quantize
    quantized_input, input_inside = quantize(input, input_min, input_max, operand="a",
                                             narrow=op.get_attr("narrow_input"), **table)
    quantized_filter, filter_inside = quantize(filter, filter_min, filter_max, operand="b",
                                               narrow=op.get_attr("narrow_filter"), **table)
    input_gradient = tf.raw_ops.Conv2DBackpropInput(
        input_sizes=tf.shape(input), filter=quantized_filter, out_backprop=upstream, **geometry)
    filter_gradient = tf.raw_ops.Conv2DBackpropFilter(
        input=quantized_input, filter_sizes=tf.shape(filter), out_backprop=upstream, **geometry)
    return [tf.where(input_inside, input_gradient, tf.zeros_like(input)),
            tf.where(filter_inside, filter_gradient, tf.zeros_like(filter)),
            None, None, None, None]
