# SPDX-License-Identifier: MIT
"""Batches of sample data, in the forms in which Keras users have them, and how they are run."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any, Iterator, Optional

import keras
import numpy as np
import tensorflow as tf

from axlut import _arguments


def batches(data: Any, batch_size: int, steps: Optional[int], where: str) -> Iterator[Any]:
    """The batches, one after the other.

    Args:
      data: an array or tensor, or a dict or tuple of some (of equal lengths), which is cut into
        batches; or a tf.data.Dataset, keras.utils.PyDataset, list or generator of batches.
      batch_size: of arrays that are cut; the last batch may be smaller.
      steps: at most so many batches; None: all.
      where: for messages.

    Raises:
      TypeError: none of these.
      ValueError: there is no batch at all, or arrays have different lengths.
    """
    batch_size = _arguments.count(batch_size, f"{where}: batch_size")
    if steps is not None:
        steps = _arguments.count(steps, f"{where}: steps")
    if _is_array(data) or isinstance(data, (dict, tuple)):
        source = _cut(data, batch_size, where)
    elif isinstance(data, keras.utils.PyDataset):
        source = (data[index] for index in range(len(data)))
    elif hasattr(data, "__iter__") and not isinstance(data, (str, bytes)):
        source = iter(data)
    else:
        raise TypeError(f"{where}: data must be arrays or batches; it is a {type(data).__name__}")
    empty = True
    for batch in itertools.islice(source, steps):
        empty = False
        yield batch
    if empty:
        raise ValueError(f"{where}: data has no batch")


def inputs_of(batch: Any) -> Any:
    """x of a batch that may be x, (x,), (x, y) or (x, y, weights)."""
    return batch[0] if isinstance(batch, tuple) else batch


@contextlib.contextmanager
def eagerly():
    """Inside, tf.functions run eagerly: a traced one would not see the observers."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def _is_array(data: Any) -> bool:
    return tf.is_tensor(data) or isinstance(data, (np.ndarray, tf.Variable))


def _cut(data: Any, batch_size: int, where: str) -> Iterator[Any]:
    lengths = {len(array) for array in keras.tree.flatten(data)}
    if len(lengths) != 1:
        raise ValueError(f"{where}: all arrays of data must have one length; they have "
                         f"{sorted(lengths)}")
    for first in range(0, lengths.pop(), batch_size):
        yield keras.tree.map_structure(lambda array: array[first:first + batch_size], data)
