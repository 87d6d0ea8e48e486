# SPDX-License-Identifier: MIT
"""The geometry of a convolution as the attributes of an op.

`function` is the one that was called, for messages.
"""

import tensorflow as tf

from axlut import _arguments


def attributes(function, strides, padding, dilations, data_format):
    """strides, padding, explicit_paddings, dilations and data_format, as a dict."""
    data_format = _arguments.choice(data_format, ("NHWC", "NCHW"), f"{function}: data_format")
    padding, explicit_paddings = _padding(function, padding, data_format)
    return {
        "strides": _per_axis(strides, f"{function}: strides", data_format),
        "dilations": _per_axis(dilations, f"{function}: dilations", data_format),
        "padding": padding,
        "explicit_paddings": explicit_paddings,
        "data_format": data_format,
    }


def depthwise_operands(function, input, filter, data_format):  # pylint: disable=redefined-builtin
    """The operands of a convolution with a group per channel, from those of a depthwise one.

    The filter [h, w, c, m] becomes [h, w, 1, c * m]. That the input has c channels cannot be seen
    from that any more, so it is checked here; what cannot be known yet, when the graph runs.
    """
    if filter.shape.rank not in (None, 4):
        raise ValueError(f"{function}: filter must be [height, width, channels, multiplier]; its "
                         f"shape is {filter.shape}")
    if input.shape.rank not in (None, 4):
        raise ValueError(
            f"{function}: input must have 4 dimensions ({data_format}); its shape is {input.shape}")
    axis = 1 if data_format == "NCHW" else 3
    channels = filter.shape[2] if filter.shape.rank == 4 else None
    found = input.shape[axis] if input.shape.rank == 4 else None
    if channels is None or found is None:
        check = tf.debugging.assert_equal(
            tf.shape(input)[axis], tf.shape(filter)[2],
            f"{function}: input must have as many channels as the filter")
        with tf.control_dependencies([] if check is None else [check]):
            input = tf.identity(input)
    elif channels != found:
        raise ValueError(f"{function}: input must have as many channels as the filter; they are "
                         f"{found} and {channels}")
    sizes = filter.shape.as_list() if filter.shape.rank == 4 else [None] * 4
    dynamic = tf.shape(filter)
    height, width = (dynamic[i] if size is None else size for i, size in enumerate(sizes[:2]))
    outputs = dynamic[2] * dynamic[3] if None in sizes[2:] else sizes[2] * sizes[3]
    return input, tf.reshape(filter, tf.stack([height, width, 1, outputs]))


def _per_axis(steps, what, data_format):
    """Four numbers in the order of the format, from any of the accepted forms."""
    values = list(steps) if isinstance(steps, (list, tuple)) else [steps]
    try:
        values = [int(value.__index__()) for value in values]
    except (AttributeError, TypeError):
        raise ValueError(f"{what} must be whole numbers; they are {steps!r}") from None
    if len(values) == 4:
        return values
    if len(values) not in (1, 2):
        four = "[1, height, width, 1]" if data_format == "NHWC" else "[1, 1, height, width]"
        raise ValueError(
            f"{what} must be one number, (height, width) or {four}; they are {steps!r}")
    pair = [values[0], values[-1]]
    return [1, *pair, 1] if data_format == "NHWC" else [1, 1, *pair]


def _padding(function, padding, data_format):
    """The attributes padding and explicit_paddings."""
    if isinstance(padding, str):
        if padding.upper() not in ("SAME", "VALID"):
            raise ValueError(
                f"{function}: padding must be 'SAME', 'VALID' or a list; it is {padding!r}")
        return padding.upper(), []
    try:
        pairs = [(front.__index__(), back.__index__()) for front, back in padding]
    except (AttributeError, TypeError, ValueError):
        pairs = []
    if len(pairs) != 4:
        form = "[[0, 0], [top, bottom], [left, right], [0, 0]]" if data_format == "NHWC" else \
            "[[0, 0], [0, 0], [top, bottom], [left, right]]"
        raise ValueError(f"{function}: padding must be {form}; it is {padding!r}")
    return "EXPLICIT", [pad for pair in pairs for pad in pair]
