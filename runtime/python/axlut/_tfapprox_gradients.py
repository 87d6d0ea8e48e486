# SPDX-License-Identifier: MIT
"""Gradients of the ops that stand in for TFApprox': straight-through, as in TFApprox4IL.

Of the exact convolution on the tensors as they are given, which the caller has fake-quantized;
zeros for the ranges. axlut.load_ops registers them with the ops.
"""

import tensorflow as tf


@tf.RegisterGradient("ApproxConv2DWithMinMaxVars")
def _conv2d_gradient(op, upstream):
    return _straight_through(op, upstream, tf.raw_ops.Conv2DBackpropInput,
                             tf.raw_ops.Conv2DBackpropFilter)


@tf.RegisterGradient("ApproxDepthwiseConv2DWithMinMaxVars")
def _depthwise_gradient(op, upstream):
    return _straight_through(op, upstream, tf.raw_ops.DepthwiseConv2dNativeBackpropInput,
                             tf.raw_ops.DepthwiseConv2dNativeBackpropFilter)


def _straight_through(op, upstream, backprop_input, backprop_filter):
    """Of the exact convolution; TensorFlow has it for NHWC on every device."""
    input, filter, *ranges = op.inputs
    geometry = {name: op.get_attr(name) for name in ("strides", "dilations")}
    explicit = op.get_attr("explicit_paddings") if op.type == "ApproxConv2DWithMinMaxVars" else []
    nchw = op.get_attr("data_format") == b"NCHW"
    if nchw:
        input, upstream = (tf.transpose(tensor, [0, 2, 3, 1]) for tensor in (input, upstream))
        geometry = {name: [steps[0], *steps[2:], steps[1]] for name, steps in geometry.items()}
        explicit = [*explicit[:2], *explicit[4:], *explicit[2:4]]
    geometry["padding"] = op.get_attr("padding").decode()
    if explicit:
        geometry["explicit_paddings"] = explicit
    to_input = backprop_input(input_sizes=tf.shape(input), filter=filter, out_backprop=upstream,
                              **geometry)
    to_filter = backprop_filter(input=input, filter_sizes=tf.shape(filter), out_backprop=upstream,
                                **geometry)
    if nchw:
        to_input = tf.transpose(to_input, [0, 3, 1, 2])
    return [to_input, to_filter, *(tf.zeros_like(end) for end in ranges)]
