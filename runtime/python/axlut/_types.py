# SPDX-License-Identifier: MIT
"""Type hints that several public functions share."""

import os
from typing import Any, Mapping, Optional, Sequence, Tuple, Union

from axlut import gradients

TensorLike = Any  # a tensor, variable (Keras' too), NumPy array, nested list or number
Path = Union[str, "os.PathLike[str]"]
Range = Optional[Tuple[TensorLike, TensorLike]]
Steps = Union[int, Sequence[int]]
Padding = Union[str, Sequence[Sequence[int]]]
Gradient = Union[str, gradients.Gradient, Mapping[str, Any], None]
