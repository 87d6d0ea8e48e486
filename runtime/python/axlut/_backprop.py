# SPDX-License-Identifier: MIT
"""The two gradients of an exact convolution, for every geometry that the forward pass takes.

TensorFlow's CPU kernels differentiate a plain convolution, and a depthwise one without dilation.
Dilated and grouped gradients depend on oneDNN being switched on, and half-precision ones lack both.
Here everything is float32 and NHWC; what the kernels cannot be relied upon for is a matrix product
per tap of the filter.
"""

import tensorflow as tf


def input_gradient(input_shape, filter, upstream, geometry, groups):  # pylint: disable=redefined-builtin
    """Gradient of tf.nn.conv2d by its input.

    Args:
      input_shape: of the input, int32 [4], NHWC.
      filter: float32 [height, width, channels / groups, out_channels].
      upstream: float32 [batch, out_height, out_width, out_channels].
      geometry: dict of strides, padding, explicit_paddings and dilations, as tf.raw_ops.Conv2D
        takes them for NHWC.
      groups: of the channels; None where a graph does not know: TensorFlow's own kernels are asked.

    Returns:
      float32 of input_shape.
    """
    if groups is None or (groups == 1 and _is_plain(geometry)):
        return tf.raw_ops.Conv2DBackpropInput(input_sizes=input_shape, filter=filter,
                                              out_backprop=upstream, **geometry)
    if filter.shape[2] == 1 and _is_plain_depthwise(geometry):
        return tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
            input_sizes=input_shape, filter=_depthwise(filter, groups), out_backprop=upstream,
            **geometry)
    return _input_gradient_by_taps(input_shape, filter, upstream, geometry, groups)


def filter_gradient(input, filter_shape, upstream, geometry, groups):  # pylint: disable=redefined-builtin
    """Gradient of tf.nn.conv2d by its filter.

    Args:
      input: float32 [batch, height, width, channels].
      filter_shape: of the filter, four numbers (a tensor of them if groups is None).
      upstream, geometry, groups: as for input_gradient.

    Returns:
      float32 of filter_shape.
    """
    gradient = _any_filter_gradient(input, filter_shape, upstream, geometry, groups)
    if upstream.shape.num_elements():
        return gradient
    # Of an empty batch or image, TensorFlow's kernel without oneDNN returns uninitialized memory.
    return tf.where(tf.size(upstream) > 0, gradient, tf.zeros([], gradient.dtype))


def _any_filter_gradient(input, filter_shape, upstream, geometry, groups):  # pylint: disable=redefined-builtin
    if groups is None or (groups == 1 and _is_plain(geometry)):
        return tf.raw_ops.Conv2DBackpropFilter(input=input, filter_sizes=filter_shape,
                                               out_backprop=upstream, **geometry)
    if filter_shape[2] == 1 and _is_plain_depthwise(geometry):
        sizes = [*filter_shape[:2], groups, filter_shape[3] // groups]
        gradient = tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
            input=input, filter_sizes=sizes, out_backprop=upstream, **geometry)
        return tf.reshape(gradient, filter_shape)
    return _filter_gradient_by_taps(input, filter_shape, upstream, geometry, groups)


def _is_plain(geometry):
    return list(geometry["dilations"]) == [1, 1, 1, 1]


def _is_plain_depthwise(geometry):
    """Dilations are accepted and ignored by TensorFlow, unequal strides need oneDNN."""
    return _is_plain(geometry) and geometry["strides"][1] == geometry["strides"][2]


def _depthwise(filter, groups):  # pylint: disable=redefined-builtin
    """[height, width, channels, multiplier], as TensorFlow's depthwise ops take a filter."""
    shape = filter.shape
    return tf.reshape(filter, [shape[0], shape[1], groups, shape[3] // groups])


def _margins(input_shape, kernel, out_shape, geometry):
    """[(front, back)] of height and width: what the input is padded by."""
    margins = []
    for axis in (0, 1):
        stride, dilation = geometry["strides"][1 + axis], geometry["dilations"][1 + axis]
        reach = (kernel[axis] - 1) * dilation + 1
        needed = (out_shape[1 + axis] - 1) * stride + reach - input_shape[1 + axis]
        if geometry["padding"] == "EXPLICIT":
            margins.append(tuple(geometry["explicit_paddings"][2 + 2 * axis:4 + 2 * axis]))
        elif geometry["padding"] == "SAME":
            total = tf.maximum(needed, 0)
            margins.append((total // 2, total - total // 2))
        else:
            margins.append((0, 0))
    return margins


def _tap_bounds(i, j, out_shape, geometry):
    """begin, end and strides of the slice of a padded input that the tap (i, j) reads."""
    begin, end = [0], [0]
    for axis, tap in ((0, i), (1, j)):
        stride, dilation = geometry["strides"][1 + axis], geometry["dilations"][1 + axis]
        begin.append(tap * dilation)
        end.append(tap * dilation + tf.maximum((out_shape[1 + axis] - 1) * stride + 1, 0))
    return [*begin, 0], tf.stack([*end, 0]), [1, *geometry["strides"][1:3], 1]


# Of tf.raw_ops.StridedSlice: dimensions 0 and 3 are taken whole.
_WHOLE_ENDS = {"begin_mask": 0b1001, "end_mask": 0b1001}


def _input_gradient_by_taps(input_shape, filter, upstream, geometry, groups):  # pylint: disable=redefined-builtin
    out_shape = tf.shape(upstream)
    kernel_h, kernel_w, group_c, out_c = filter.shape
    margins = _margins(input_shape, (kernel_h, kernel_w), out_shape, geometry)
    (top, bottom), (left, right) = margins
    padded_shape = input_shape + tf.stack([0, top + bottom, left + right, 0])
    rows = tf.reshape(upstream, [-1, groups, out_c // groups])
    weights = tf.reshape(filter, [kernel_h, kernel_w, group_c, groups, out_c // groups])
    padded = tf.zeros(padded_shape)
    for i in range(kernel_h):
        for j in range(kernel_w):
            by_tap = tf.einsum("pgo,cgo->pgc", rows, weights[i, j])
            begin, end, strides = _tap_bounds(i, j, out_shape, geometry)
            padded += tf.raw_ops.StridedSliceGrad(
                shape=padded_shape, begin=begin, end=end, strides=strides,
                dy=tf.reshape(by_tap, tf.concat([out_shape[:3], [groups * group_c]], 0)),
                **_WHOLE_ENDS)
    return padded[:, top:top + input_shape[1], left:left + input_shape[2]]


def _filter_gradient_by_taps(input, filter_shape, upstream, geometry, groups):  # pylint: disable=redefined-builtin
    out_shape = tf.shape(upstream)
    kernel_h, kernel_w, group_c, out_c = filter_shape
    margins = _margins(tf.shape(input), (kernel_h, kernel_w), out_shape, geometry)
    padded = tf.pad(input, [(0, 0), *margins, (0, 0)])
    rows = tf.reshape(upstream, [-1, groups, out_c // groups])
    taps = []
    for i in range(kernel_h):
        for j in range(kernel_w):
            begin, end, strides = _tap_bounds(i, j, out_shape, geometry)
            seen = tf.raw_ops.StridedSlice(input=padded, begin=begin, end=end, strides=strides,
                                           **_WHOLE_ENDS)
            taps.append(tf.einsum("pgc,pgo->cgo", tf.reshape(seen, [-1, groups, group_c]), rows))
    return tf.reshape(tf.stack(taps), filter_shape)
