# SPDX-License-Identifier: MIT
"""What the functions of ops share: their arguments as tensors and attributes.

`what` is the argument with its function, for messages: "ax_conv2d: input".
"""

import numbers
import os

import numpy as np
import tensorflow as tf

_FLOATS = (tf.float32, tf.float16, tf.bfloat16)


def float_tensor(value, what, dtype=None):
    """A float32, bfloat16 or float16 tensor.

    Tensors, variables (Keras' too) and NumPy arrays of these types keep theirs; lists, numbers and
    other NumPy arrays become `dtype` (None: float32). With a dtype, tensors must have it.
    """
    own_type = hasattr(value, "dtype")
    if own_type and isinstance(value, (np.ndarray, np.generic)):
        own_type = value.dtype in [kind.as_numpy_dtype for kind in _FLOATS]
    if not own_type:
        return _tensor(value, what, dtype or tf.float32)
    tensor = _tensor(value, what)
    if tensor.dtype not in _FLOATS:
        raise TypeError(
            f"{what} must be float32, bfloat16 or float16; it is {tensor.dtype.name}")
    if dtype is not None and tensor.dtype != dtype:
        raise TypeError(f"{what} must have the other operand's type, {tf.as_dtype(dtype).name}; "
                        f"it is {tensor.dtype.name}")
    return tensor


def float_range(tensor, bounds, what):
    """The two ends that a range argument means, as float32 tensors.

    None: (min(smallest value, 0), max(largest value, 0)), so that nothing of the tensor is clipped:
    a range without 0 is moved until it holds it.
    """
    if bounds is None:
        return (tf.minimum(tf.cast(tf.reduce_min(tensor), tf.float32), 0.0),
                tf.maximum(tf.cast(tf.reduce_max(tensor), tf.float32), 0.0))
    try:
        low, high = bounds
    except (TypeError, ValueError):
        raise ValueError(f"{what} must be None or (min, max); it is {bounds!r}") from None
    return tuple(_range_end(end, f"{what}'s {name}") for end, name in ((low, "min"), (high, "max")))


def table_path(table, what):
    """The absolute path of a table file, which ops take as an attribute."""
    try:
        path = os.fspath(table)
    except TypeError:
        raise TypeError(f"{what} must be the path of a table file; it is a "
                        f"{type(table).__name__}{saved_first(table)}") from None
    return os.path.abspath(tf.compat.as_str(path))


def saved_first(table):
    """For messages: what to do with an axlut.tables.Table, which functions take as a file only."""
    return "; write it to a file, table.save(path)" if hasattr(table, "products") else ""


def number(value, what, low, high, ends="[)"):
    """`value` as a float, which must be a number from `low` to `high`.

    Args:
      ends: which ends belong to the interval, "[)": the lower one.
    """
    if not isinstance(value, numbers.Real):
        raise TypeError(f"{what} must be a number; it is {value!r}")
    found = float(value)
    inside = (low <= found if ends[0] == "[" else low < found) \
        and (found <= high if ends[1] == "]" else found < high)
    if not inside:
        raise ValueError(f"{what} must be in {ends[0]}{low}, {high}{ends[1]}; it is {value!r}")
    return found


def count(value, what):
    """`value`, which must be a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{what} must be a whole number; it is {value!r}")
    if value < 1:
        raise ValueError(f"{what} must be at least 1; it is {value}")
    return int(value)


def choice(value, choices, what):
    """`value`, which must be one of the strings."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{what} must be {' or '.join(map(repr, choices))}; it is {value!r}")
    return value


def encoding(value, what):
    """The attribute `encoding`."""
    return choice(value, ("affine", "sign_magnitude"), what)


def integer_tensor(value, what):
    """A uint8 or int8 tensor; what has no type of its own does not say which."""
    if not hasattr(value, "dtype"):
        raise TypeError(f"{what} must be a uint8 or int8 tensor or array; it is a "
                        f"{type(value).__name__}")
    tensor = _tensor(value, what)
    if tensor.dtype not in (tf.uint8, tf.int8):
        raise TypeError(f"{what} must be uint8 or int8; it is {tensor.dtype.name}")
    return tensor


def zero_point(value, what):
    """An int32 tensor."""
    if hasattr(value, "dtype"):
        if not tf.as_dtype(value.dtype).is_integer:
            raise TypeError(f"{what} must be whole numbers; it is {tf.as_dtype(value.dtype).name}")
        return tf.cast(value, tf.int32)
    try:
        return tf.convert_to_tensor(value, tf.int32)
    except (TypeError, ValueError):
        raise TypeError(f"{what} must be whole numbers; it is {value!r}") from None


def sum_type(value, what):
    """tf.int32 or tf.int64."""
    try:
        dtype = tf.as_dtype(value)
    except TypeError:
        dtype = None
    if dtype not in (tf.int32, tf.int64):
        raise ValueError(f"{what} must be tf.int32 or tf.int64; it is {value!r}")
    return dtype


def _tensor(value, what, dtype=None):
    try:
        return tf.convert_to_tensor(value, dtype, name=_last_word(what))
    except (TypeError, ValueError) as error:
        layers = "; inside a layer's call it is a tensor, and axlut.keras has layers" \
            if type(value).__name__ == "KerasTensor" else ""
        raise TypeError(f"{what} must be a dense tensor, an array or numbers; it is a "
                        f"{type(value).__name__}{layers}") from error


def _range_end(end, what):
    if hasattr(end, "dtype"):
        dtype = tf.as_dtype(end.dtype)
        if not dtype.is_floating and not dtype.is_integer:
            raise TypeError(f"{what} must be a number; it is {dtype.name}")
        return tf.cast(end, tf.float32)
    try:
        return tf.convert_to_tensor(end, tf.float32)
    except (TypeError, ValueError):
        raise TypeError(f"{what} must be a number; it is {end!r}") from None


def _last_word(what):
    return what.split()[-1]
