# SPDX-License-Identifier: MIT
"""Types of arguments, for the signatures of public functions."""

import os
from typing import Any, Sequence, Tuple, Union

import tensorflow as tf

Path = Union[str, os.PathLike[str]]
TensorLike = tf.types.experimental.TensorLike  # whatever tf.convert_to_tensor takes
Bounds = Tuple[TensorLike, TensorLike]  # (min, max) of a range
Steps = Union[int, Sequence[int]]  # strides, dilations
Padding = Union[str, Sequence[Sequence[int]]]
Gradient = Any  # a name or an object of axlut.gradients
