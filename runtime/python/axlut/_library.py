# SPDX-License-Identifier: MIT
"""Loads axlut_tf.so into TensorFlow, once, after checking that the two fit."""

import functools
import pathlib

import tensorflow as tf

from axlut import _build_info

_REBUILD = "cmake --preset release && cmake --build build --target axlut_python"


def check_versions(built_for, running):
    """ImportError unless the op was compiled for the TensorFlow that runs.

    TensorFlow's C++ interface may change with every version; an op that was compiled for another
    one fails with a missing symbol at best.
    """
    if not built_for:
        raise ImportError(
            "axlut was built without its TensorFlow op; install TensorFlow and build again: "
            f"scripts/setup.sh --with-tensorflow && {_REBUILD}")
    if built_for != running:
        raise ImportError(
            f"axlut's op was built for TensorFlow {built_for}, but this is TensorFlow {running}; "
            f"build it again: {_REBUILD}")


@functools.lru_cache(maxsize=None)
def load_ops():
    """Registers the ops with TensorFlow; returns the module of raw ops that it generates."""
    check_versions(_build_info.TENSORFLOW_VERSION, tf.__version__)
    path = pathlib.Path(__file__).with_name("axlut_tf.so")
    try:
        return tf.load_op_library(str(path))
    except (OSError, tf.errors.NotFoundError) as error:
        raise ImportError(f"axlut's op cannot be loaded from {path}: {error}") from error
