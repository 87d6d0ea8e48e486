# SPDX-License-Identifier: MIT
"""Loads axlut_tf.so into TensorFlow, once, after checking that the two fit."""

import functools
import importlib
import pathlib
import types

import tensorflow as tf

from axlut import _build_info
from axlut import _versions


@functools.lru_cache(maxsize=None)
def load_ops() -> types.ModuleType:
    """Registers the ops and their gradients with TensorFlow, once per process.

    Every function of axlut that uses an op calls it. A program that loads a SavedModel with such an
    op, and calls none of them before, calls it itself.

    Returns:
      The module of raw ops that TensorFlow makes of them: axlut_conv2d, ...

    Raises:
      ImportError: the op was built for another TensorFlow, not built, or cannot be loaded.
    """
    _versions.check_tensorflow(_build_info.TENSORFLOW_VERSION, tf.__version__)
    path = pathlib.Path(__file__).with_name("axlut_tf.so")
    try:
        ops = tf.load_op_library(str(path))
    except (OSError, tf.errors.NotFoundError) as error:
        raise ImportError(f"axlut's op cannot be loaded from {path}: {error}") from error
    # They import this module. A SavedModel is differentiated by whoever loads it, who may call
    # nothing else of axlut.
    for gradients in ("_gradients", "_matmul_gradients", "_tfapprox_gradients"):
        importlib.import_module(f"axlut.{gradients}")
    return ops
