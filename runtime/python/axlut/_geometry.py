# SPDX-License-Identifier: MIT
"""The geometry of a convolution as the attributes of an op.

`function` is the one that was called, for messages.
"""

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
