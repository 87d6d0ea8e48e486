# SPDX-License-Identifier: MIT
"""Ranges of tensors for quantization: (low, high) as ops of axlut take them.

Every function takes tensors or NumPy arrays, works eagerly and in a tf.function, has no gradient,
and returns float32: scalars, or vectors with a range for each channel. Every range holds 0.0, so
that padding has a code of its own (a range of positive numbers would be moved down to 0 by the
nudging, docs/tensorflow.md, and clip the largest values).

asymmetric            from the smallest to the largest value
symmetric             the code of 0.0 is the middle one: a zero point of 0 for two's complement
symmetric_bounds      the same from bounds that are known already
"""

from __future__ import annotations

from typing import Sequence, Tuple

import tensorflow as tf

from axlut._types import TensorLike

Range = Tuple[tf.Tensor, tf.Tensor]


def asymmetric(values: TensorLike, channel_axes: Sequence[int] = ()) -> Range:
    """(min(values, 0), max(values, 0)).

    Args:
      values: a float tensor of any shape; that of an empty one is (0, 0).
      channel_axes: axes that have a range for each of their elements; () for one range in all.

    Returns:
      low, high: float32 scalars; with channel axes vectors [product of these axes' sizes], the last
      of the axes running fastest.

    Raises:
      ValueError: an axis that the tensor does not have.
    """
    values = tf.stop_gradient(tf.convert_to_tensor(values))
    rank = values.shape.rank
    kept = sorted(_axis(axis, rank) for axis in channel_axes)
    reduced = [axis for axis in range(rank) if axis not in kept] if kept else None
    shape = [-1] if kept else []
    low = tf.reshape(tf.reduce_min(values, axis=reduced), shape)
    high = tf.reshape(tf.reduce_max(values, axis=reduced), shape)
    return (tf.minimum(tf.cast(low, tf.float32), 0.0), tf.maximum(tf.cast(high, tf.float32), 0.0))


def symmetric(values: TensorLike, width: int, narrow: bool = False,
              channel_axes: Sequence[int] = ()) -> Range:
    """The smallest symmetric range that holds the values; see symmetric_bounds.

    Args:
      values, channel_axes: as in `asymmetric`.
      width, narrow: as in `symmetric_bounds`.

    Returns:
      (low, high), as from `symmetric_bounds`.
    """
    return symmetric_bounds(*asymmetric(values, channel_axes), width, narrow)


def symmetric_bounds(low: TensorLike, high: TensorLike, width: int,
                     narrow: bool = False) -> Range:
    """The smallest range around [low, high] whose code of 0.0 is 2^(width - 1).

    Full range: (-m * 2^(n-1) / (2^(n-1) - 1), m), every code used. Narrow range: (-m, m), to be
    used with narrow_input=True or the like: the lowest code is not used, so that a value and its
    negative are both exact (TFApprox4IL's quantizers, after TensorFlow's model optimization
    toolkit).

    Args:
      low, high: float scalars or vectors, low <= 0 <= high.
      width: bits of the operand, of which one is the sign: 2 .. 16.
      narrow: whether the lowest code stays unused.

    Returns:
      low, high: float32, of the shape of the bounds.

    Raises:
      ValueError: the width is less than 2 bits.
    """
    if width < 2:
        raise ValueError("symmetric ranges need operands of at least 2 bits, a sign and a "
                         f"magnitude; the operand has {width}")
    low = tf.minimum(tf.cast(low, tf.float32), 0.0)
    high = tf.maximum(tf.cast(high, tf.float32), 0.0)
    half = 1 << (width - 1)
    ratio = 1.0 if narrow else half / (half - 1)  # of the negative side to the positive one
    largest = tf.maximum(high, -low / ratio)
    return -largest * ratio, largest


def _axis(axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise ValueError(f"channel axes must be axes of the tensor; {axis} is none of rank {rank}")
    return axis % rank
