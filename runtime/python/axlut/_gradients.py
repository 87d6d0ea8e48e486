# SPDX-License-Identifier: MIT
"""The registered gradients of the convolution and of smaller ops.

Of the convolution there is one function per kind of axlut.gradients.

docs/gradients.md has the equations. Every kind works on float32 NHWC tensors: others are converted
first, and their gradients back.
"""

import dataclasses
from typing import Any

import tensorflow as tf

from axlut import _backprop, _library


@dataclasses.dataclass
class _Call:
    """A convolution that was called, and the gradient of its output. float32, NHWC."""
    input: tf.Tensor
    filter: tf.Tensor
    upstream: tf.Tensor
    input_range: tuple
    filter_range: tuple
    geometry: dict[str, Any]   # strides, padding, explicit_paddings, dilations
    table: dict[str, Any]      # attributes table and encoding
    narrow: tuple              # narrow_input, narrow_filter
    gradient_tables: tuple     # paths; "": none
    window: int
    wanted: tuple              # whether the gradients of input and filter are

    @property
    def groups(self):
        """None where a graph does not know the channels or the filter's shape."""
        channels = self.input.shape[3]
        if channels is None or not self.filter.shape.is_fully_defined():
            return None
        return channels // self.filter.shape[2]


@tf.RegisterGradient("AxlutConv2D")
def _conv2d(op, upstream):
    call = _read(op, upstream)
    input_gradient, filter_gradient = _KINDS[op.get_attr("gradient").decode()](call)
    dtype = op.inputs[0].dtype
    if input_gradient is not None:
        if op.get_attr("data_format") == b"NCHW":
            input_gradient = tf.transpose(input_gradient, [0, 3, 1, 2])
        input_gradient = tf.cast(input_gradient, dtype)
    if filter_gradient is not None:
        filter_gradient = tf.cast(filter_gradient, dtype)
    return [input_gradient, filter_gradient, None, None, None, None]


def _read(op, upstream):
    input, filter, *ends = op.inputs
    geometry = {
        "strides": op.get_attr("strides"),
        "padding": op.get_attr("padding").decode(),
        "explicit_paddings": op.get_attr("explicit_paddings"),
        "dilations": op.get_attr("dilations"),
    }
    if op.get_attr("data_format") == b"NCHW":
        input, upstream = (tf.transpose(x, [0, 2, 3, 1]) for x in (input, upstream))
        for name in ("strides", "dilations"):
            geometry[name] = [1, *geometry[name][2:], 1]
        if geometry["explicit_paddings"]:
            geometry["explicit_paddings"] = [0, 0, *geometry["explicit_paddings"][4:], 0, 0]
    return _Call(
        *(tf.cast(x, tf.float32) for x in (input, filter, upstream)),
        input_range=tuple(ends[:2]), filter_range=tuple(ends[2:]), geometry=geometry,
        table={"table": op.get_attr("table"), "encoding": op.get_attr("encoding")},
        narrow=(op.get_attr("narrow_input"), op.get_attr("narrow_filter")),
        gradient_tables=tuple(op.get_attr(f"{name}_gradient_table").decode()
                              for name in ("input", "filter")),
        window=op.get_attr("difference_window"), wanted=wanted_inputs(op))


def wanted_inputs(op):
    """Whether the gradients of the two operands are wanted.

    Eager tapes say which gradients nobody asks for; graphs drop what is not used.
    """
    skipped = getattr(op, "skip_input_indices", None) or ()
    return 0 not in skipped, 1 not in skipped


def keep_inside(inside, gradient):
    """The gradient of the elements that were not clipped."""
    # Not tf.where, which can broadcast and takes four times as long for that (TensorFlow 2.21).
    return tf.raw_ops.Select(condition=inside, x=gradient, y=tf.zeros_like(gradient))


def _exact(call, input, filter, input_inside, filter_inside):
    """Both gradients of the exact convolution of these tensors, without the clipped elements."""
    gradients = [None, None]
    if call.wanted[0]:
        gradients[0] = keep_inside(input_inside, _backprop.input_gradient(
            _shape(call.input), filter, call.upstream, call.geometry, call.groups))
    if call.wanted[1]:
        gradients[1] = keep_inside(filter_inside, _backprop.filter_gradient(
            input, _shape(call.filter), call.upstream, call.geometry, call.groups))
    return gradients


def _shape(tensor):
    """Numbers where they are known, else a tensor."""
    return tensor.shape.as_list() if tensor.shape.is_fully_defined() else tf.shape(tensor)


def _quantized(call):
    """What the codes of both operands stand for, and which elements were not clipped."""
    quantize = _library.load_ops().axlut_fake_quantize
    return (quantize(call.input, *call.input_range, operand="a", narrow=call.narrow[0],
                     **call.table),
            quantize(call.filter, *call.filter_range, operand="b", narrow=call.narrow[1],
                     **call.table))


def _straight_through(call):
    (input, input_inside), (filter, filter_inside) = _quantized(call)
    return _exact(call, input, filter, input_inside, filter_inside)


def _approximate(call):
    ops = _library.load_ops()
    (_, input_inside), (_, filter_inside) = _quantized(call)
    upstream_range = own_range(call.upstream)
    tables = [{**call.table, "table": own} if own else call.table for own in call.gradient_tables]
    gradients = [None, None]
    if call.wanted[0]:
        # One range for the filter: a sum over output channels has one scale.
        filter_range = (tf.reduce_min(call.filter_range[0]), tf.reduce_max(call.filter_range[1]))
        gradients[0] = keep_inside(input_inside, ops.axlut_conv2d_input_gradient(
            tf.shape(call.input), call.filter, call.upstream, *filter_range, *upstream_range,
            narrow_filter=call.narrow[1], **call.geometry, **tables[0]))
    if call.wanted[1]:
        gradients[1] = keep_inside(filter_inside, ops.axlut_conv2d_filter_gradient(
            call.input, tf.shape(call.filter), call.upstream, *call.input_range, *upstream_range,
            narrow_input=call.narrow[0], **call.geometry, **tables[1]))
    return gradients


def _difference_1d(call):
    slopes = _library.load_ops().axlut_slopes
    # The gradient of the input has slopes by a in the filter's place, and the other way round.
    input, input_inside = slopes(
        call.input, *call.input_range, operand="a", narrow=call.narrow[0], window=call.window,
        slopes=call.gradient_tables[1], **call.table)
    filter, filter_inside = slopes(
        call.filter, *call.filter_range, operand="b", narrow=call.narrow[1], window=call.window,
        slopes=call.gradient_tables[0], **call.table)
    return _exact(call, input, filter, input_inside, filter_inside)


def _difference_2d(call):
    ops = _library.load_ops()
    arguments = {
        "input": call.input, "filter": call.filter, "upstream": call.upstream,
        "input_min": call.input_range[0], "input_max": call.input_range[1],
        "filter_min": call.filter_range[0], "filter_max": call.filter_range[1],
        "narrow_input": call.narrow[0], "narrow_filter": call.narrow[1], "window": call.window,
        **call.geometry, **call.table,
    }
    functions = (ops.axlut_conv2d_slope_input_gradient, ops.axlut_conv2d_slope_filter_gradient)
    return [function(**arguments, slopes=slopes) if wanted else None
            for function, slopes, wanted in zip(functions, call.gradient_tables, call.wanted)]


def own_range(tensor):
    """(min, max) of a tensor with 0 in between, as the output's gradient is quantized."""
    return (tf.minimum(tf.reduce_min(tensor), 0.0), tf.maximum(tf.reduce_max(tensor), 0.0))


@tf.RegisterGradient("AxlutFakeQuantize")
def _fake_quantize(op, upstream, _):
    """As in TensorFlow's fake_quant: clipped elements get none, nor do the range's ends."""
    return [keep_inside(op.outputs[1], upstream), None, None]


# Sums of integers, codes and tables: nothing that a gradient could flow through.
for _name in ("AxlutConv2DInteger", "AxlutMatMulInteger", "AxlutQuantize", "AxlutTable",
              "AxlutWriteTable"):
    tf.no_gradient(_name)

_KINDS = {
    "straight_through": _straight_through,
    "approximate": _approximate,
    "difference_1d": _difference_1d,
    "difference_2d": _difference_2d,
}
