# SPDX-License-Identifier: MIT
"""The registered gradients of the matrix product, one function per kind of axlut.gradients.

docs/gradients.md has the equations; they are those of a 1x1 convolution whose pixels are the rows
of a. Every kind works on float32: other types are converted first, and their gradients back.
"""

import dataclasses
from typing import Any

import tensorflow as tf

from axlut import _library
from axlut._gradients import keep_inside, own_range, wanted_inputs


@dataclasses.dataclass
class _Call:
    """A matrix product that was called, and the gradient of its result. float32."""
    a: tf.Tensor
    b: tf.Tensor
    upstream: tf.Tensor
    a_range: tuple
    b_range: tuple
    transpose_a: bool
    transpose_b: bool
    table: dict[str, Any]      # attributes table and encoding
    narrow: tuple              # narrow_a, narrow_b
    gradient_tables: tuple     # paths; "": none
    window: int
    wanted: tuple              # whether the gradients of a and b are

    def quantize(self, function, operand, **attributes):
        """(what the codes mean to `function`, which elements were not clipped)."""
        if operand == "a":
            return function(self.a, *self.a_range, operand="a", narrow=self.narrow[0],
                            **attributes, **self.table)
        # Ranges per column, which lie along the last dimension but one if b is transposed.
        return function(self.b, *self.b_range, operand="b", narrow=self.narrow[1],
                        axis=-2 if self.transpose_b else -1, **attributes, **self.table)


@tf.RegisterGradient("AxlutMatMul")
def _matmul(op, upstream):
    a, b, *ends = op.inputs
    call = _Call(
        *(tf.cast(x, tf.float32) for x in (a, b, upstream)),
        a_range=tuple(ends[:2]), b_range=tuple(ends[2:]),
        transpose_a=op.get_attr("transpose_a"), transpose_b=op.get_attr("transpose_b"),
        table={"table": op.get_attr("table"), "encoding": op.get_attr("encoding")},
        narrow=(op.get_attr("narrow_a"), op.get_attr("narrow_b")),
        gradient_tables=tuple(op.get_attr(f"{name}_gradient_table").decode()
                              for name in ("a", "b")),
        window=op.get_attr("difference_window"), wanted=wanted_inputs(op))
    gradients = _KINDS[op.get_attr("gradient").decode()](call)
    return [None if gradient is None else tf.cast(gradient, a.dtype) for gradient in gradients] \
        + [None] * 4


def _exact(call, a, b, a_inside, b_inside):
    """Both gradients of the exact product of these two tensors, without the clipped elements."""
    gradients = [None, None]
    dy = call.upstream
    if call.wanted[0]:
        by_a = tf.matmul(b, dy, transpose_a=call.transpose_b, transpose_b=True) \
            if call.transpose_a else tf.matmul(dy, b, transpose_b=not call.transpose_b)
        gradients[0] = keep_inside(a_inside, _sum_to(call.a, by_a))
    if call.wanted[1]:
        a, dy = _rows_of_one_matrix(call, a, dy)
        by_b = tf.matmul(dy, a, transpose_a=True, transpose_b=call.transpose_a) \
            if call.transpose_b else tf.matmul(a, dy, transpose_a=not call.transpose_a)
        gradients[1] = keep_inside(b_inside, _sum_to(call.b, by_b))
    return gradients


def _rows_of_one_matrix(call, a, dy):
    """a and dy; as matrices where b is one, so that one product sums over the whole batch."""
    if call.b.shape.rank != 2 or call.transpose_a or a.shape.rank in (None, 2):
        return a, dy
    return (tf.reshape(x, tf.stack([-1, tf.shape(x)[-1]])) if _is_full(x) else
            tf.reshape(x, tf.stack([tf.reduce_prod(tf.shape(x)[:-1]), tf.shape(x)[-1]]))
            for x in (a, dy))


def _is_full(tensor):
    """Whether -1 can stand for the number of rows: not where there are no columns."""
    return tensor.shape[-1] is not None and tensor.shape[-1] > 0


def _sum_to(tensor, gradient):
    """Summed over the dimensions that `tensor` was broadcast along."""
    if tensor.shape.is_fully_defined() and tensor.shape == gradient.shape:
        return gradient
    batch, out_batch = tf.shape(tensor)[:-2], tf.shape(gradient)[:-2]
    axes = tf.raw_ops.BroadcastGradientArgs(s0=batch, s1=out_batch)[0]
    return tf.reshape(tf.reduce_sum(gradient, axes), tf.shape(tensor))


def _straight_through(call):
    quantize = _library.load_ops().axlut_fake_quantize
    a, a_inside = call.quantize(quantize, "a")
    b, b_inside = call.quantize(quantize, "b")
    return _exact(call, a, b, a_inside, b_inside)


def _approximate(call):
    ops = _library.load_ops()
    _, a_inside = call.quantize(ops.axlut_fake_quantize, "a")
    _, b_inside = call.quantize(ops.axlut_fake_quantize, "b")
    upstream_range = own_range(call.upstream)
    tables = [{**call.table, "table": own} if own else call.table for own in call.gradient_tables]
    gradients = [None, None]
    if call.wanted[0]:
        # One range for b: a sum over its columns has one scale.
        b_range = (tf.reduce_min(call.b_range[0]), tf.reduce_max(call.b_range[1]))
        by_a = ops.axlut_mat_mul(call.upstream, call.b, *upstream_range, *b_range,
                                 transpose_b=not call.transpose_b, narrow_b=call.narrow[1],
                                 **tables[0])
        by_a = tf.linalg.matrix_transpose(by_a) if call.transpose_a else by_a
        gradients[0] = keep_inside(a_inside, _sum_to(call.a, by_a))
    if call.wanted[1]:
        a, dy = _rows_of_one_matrix(call, call.a, call.upstream)
        by_b = ops.axlut_mat_mul(a, dy, *call.a_range, *upstream_range,
                                 transpose_a=not call.transpose_a, narrow_a=call.narrow[0],
                                 **tables[1])
        by_b = tf.linalg.matrix_transpose(by_b) if call.transpose_b else by_b
        gradients[1] = keep_inside(b_inside, _sum_to(call.b, by_b))
    return gradients


def _difference_1d(call):
    slopes = _library.load_ops().axlut_slopes
    # The gradient of a has slopes by a in b's place, and the other way round.
    a, a_inside = call.quantize(slopes, "a", window=call.window, slopes=call.gradient_tables[1])
    b, b_inside = call.quantize(slopes, "b", window=call.window, slopes=call.gradient_tables[0])
    return _exact(call, a, b, a_inside, b_inside)


def _difference_2d(call):
    """As the 1x1 convolution that it is, with a group for every product of the batch."""
    a = tf.linalg.matrix_transpose(call.a) if call.transpose_a else call.a
    b = tf.linalg.matrix_transpose(call.b) if call.transpose_b else call.b
    gradients = _slopes_of_one_matrix(call, a, b) if b.shape.rank == 2 \
        else _slopes_of_batches(call, a, b)
    transposed = (call.transpose_a, call.transpose_b)
    return [gradient if gradient is None or not swapped else tf.linalg.matrix_transpose(gradient)
            for gradient, swapped in zip(gradients, transposed)]


def _slopes_of_one_matrix(call, a, b):
    rows, columns = tf.shape(b)[0], tf.shape(b)[1]
    count = tf.reduce_prod(tf.shape(a)[:-1])
    gradients = _slope_convolution(
        call, tf.reshape(a, tf.stack([1, 1, count, rows])), b[tf.newaxis, tf.newaxis],
        tf.reshape(call.upstream, tf.stack([1, 1, count, columns])), call.b_range)
    return [gradient if gradient is None else tf.reshape(gradient, tf.shape(like))
            for gradient, like in zip(gradients, (a, b))]


def _slopes_of_batches(call, a, b):
    batch = tf.broadcast_dynamic_shape(tf.shape(a)[:-2], tf.shape(b)[:-2])
    count = tf.reduce_prod(batch)
    (m, k), n = tf.unstack(tf.shape(a)[-2:]), tf.shape(b)[-1]
    # [batch, rows, columns] to [1, 1, rows, batch * columns]: a group's channels lie together.
    full_a = tf.reshape(tf.broadcast_to(a, tf.concat([batch, [m, k]], 0)), [count, m, k])
    full_b = tf.reshape(tf.broadcast_to(b, tf.concat([batch, [k, n]], 0)), [count, k, n])
    dy = tf.reshape(call.upstream, [count, m, n])
    a_pixels, b_filter, dy_pixels = (
        tf.reshape(tf.transpose(x, [1, 0, 2]), [1, 1, tf.shape(x)[1], -1])
        for x in (full_a, full_b, dy))
    b_range = [end if end.shape.rank == 0 else tf.tile(end, [count]) for end in call.b_range]
    by_a, by_b = _slope_convolution(call, a_pixels, b_filter, dy_pixels, b_range)
    gradients = [None, None]
    for place, (gradient, like, rows, columns) in enumerate(((by_a, a, m, k), (by_b, b, k, n))):
        if gradient is None:
            continue
        gradient = tf.transpose(tf.reshape(gradient, [rows, count, columns]), [1, 0, 2])
        gradient = tf.reshape(gradient, tf.concat([batch, [rows, columns]], 0))
        gradients[place] = _sum_to(like, gradient)
    return gradients


def _slope_convolution(call, pixels, filter, upstream, filter_range):  # pylint: disable=redefined-builtin
    ops = _library.load_ops()
    functions = (ops.axlut_conv2d_slope_input_gradient, ops.axlut_conv2d_slope_filter_gradient)
    return [function(pixels, filter, upstream, *call.a_range, *filter_range,
                     narrow_input=call.narrow[0], narrow_filter=call.narrow[1],
                     window=call.window, slopes=slopes, **call.table) if wanted else None
            for function, slopes, wanted in zip(functions, call.gradient_tables, call.wanted)]


_KINDS = {
    "straight_through": _straight_through,
    "approximate": _approximate,
    "difference_1d": _difference_1d,
    "difference_2d": _difference_2d,
}
