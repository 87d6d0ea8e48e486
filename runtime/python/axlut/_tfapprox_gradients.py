# SPDX-License-Identifier: MIT
"""Gradients of the ops that stand in for TFApprox': straight-through, as in TFApprox4IL.

Of the exact convolution on the tensors as they are given, which the caller has fake-quantized;
zeros for the ranges. axlut.load_ops registers them with the ops.
"""

import tensorflow as tf

from axlut import _backprop


@tf.RegisterGradient("ApproxConv2DWithMinMaxVars")
def _conv2d_gradient(op, upstream):
    return _straight_through(op, upstream, op.inputs[1], op.get_attr("explicit_paddings"))


@tf.RegisterGradient("ApproxDepthwiseConv2DWithMinMaxVars")
def _depthwise_gradient(op, upstream):
    shape = op.inputs[1].shape if op.inputs[1].shape.is_fully_defined() else tf.shape(op.inputs[1])
    height, width, channels, multiplier = (shape[i] for i in range(4))
    filter = tf.reshape(op.inputs[1], [height, width, 1, channels * multiplier])
    gradients = _straight_through(op, upstream, filter, [])
    gradients[1] = tf.reshape(gradients[1], shape)
    return gradients


def _straight_through(op, upstream, filter, explicit):
    input, _, *ranges = op.inputs
    geometry = {name: op.get_attr(name) for name in ("strides", "dilations")}
    nchw = op.get_attr("data_format") == b"NCHW"
    if nchw:
        input, upstream = (tf.transpose(tensor, [0, 2, 3, 1]) for tensor in (input, upstream))
        geometry = {name: [steps[0], *steps[2:], steps[1]] for name, steps in geometry.items()}
        explicit = [*explicit[:2], *explicit[4:], *explicit[2:4]]
    geometry.update(padding=op.get_attr("padding").decode(), explicit_paddings=explicit)
    channels = input.shape[3]
    known = channels is not None and filter.shape.is_fully_defined()
    groups = channels // filter.shape[2] if known else None
    filter_shape = filter.shape.as_list() if known else tf.shape(filter)
    to_input = _backprop.input_gradient(tf.shape(input), filter, upstream, geometry, groups)
    to_filter = _backprop.filter_gradient(input, filter_shape, upstream, geometry, groups)
    if nchw:
        to_input = tf.transpose(to_input, [0, 3, 1, 2])
    return [to_input, to_filter, *(tf.zeros_like(end) for end in ranges)]
