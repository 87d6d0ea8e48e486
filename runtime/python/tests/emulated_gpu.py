# SPDX-License-Identifier: MIT
"""The ops' GPU kernels on the emulated GPU of kernels/cuda/host, for tests.

A test-only object registers them for CPUs under a label, which graphs can ask for.
"""

import contextlib
import ctypes
import functools
import os
import pathlib

import numpy as np
import tensorflow as tf

import axlut

OBJECT = (pathlib.Path(os.environ.get("AXLUT_BINARY_DIR", "build")) / "tests"
          / "axlut_tf_emulated.so")


@functools.lru_cache(maxsize=None)
def _object():
    axlut.load_ops()
    tf.load_library(str(OBJECT))
    library = ctypes.CDLL(str(OBJECT))  # the same one: it is loaded already
    for name in ("live", "calls"):
        getattr(library, f"axlut_emulated_{name}").restype = ctypes.c_char_p
    return library


def live():
    """What is on the device, in words, whatever the order of addresses."""
    return sorted(_object().axlut_emulated_live().decode().replace("(", ", ").split(", "))


def calls():
    """The device's calls since this was last asked, as emulated_gpu.h describes them."""
    return _object().axlut_emulated_calls().decode().splitlines()


@contextlib.contextmanager
def failing(number, for_lack_of_memory):
    """The `number`-th call of the device fails; gives a function that tells whether it did."""
    _object().axlut_emulated_fail(number, for_lack_of_memory)
    try:
        yield lambda: _object().axlut_emulated_has_failed() != 0
    finally:
        _object().axlut_emulated_fail(0, 0)


def close():
    """Frees the tables and closes the device; a leak ends the process."""
    _object().axlut_emulated_close()


@contextlib.contextmanager
def label():
    """Ops made inside run on the emulated GPU."""
    _object()
    graph = tf.compat.v1.get_default_graph()
    labels = {"AxlutConv2D": "emulated_gpu", "AxlutFakeQuantize": "emulated_gpu"}
    with graph._kernel_label_map(labels):  # pylint: disable=protected-access
        yield


def traced(table, **arguments):
    """ax_conv2d on the emulated GPU, as a function of (x, w)."""
    @tf.function
    def convolve(x, w):
        with label():
            return axlut.ax_conv2d(x, w, table, **arguments)

    return convolve


def ax_conv2d(x, w, table, **arguments):
    return traced(table, **arguments)(tf.constant(x), tf.constant(w)).numpy()


def check_equals_cpu(x, w, table, **arguments):
    got = ax_conv2d(x, w, table, **arguments)
    expected = axlut.ax_conv2d(x, w, table, **arguments).numpy()
    assert got.shape == expected.shape
    np.testing.assert_array_equal(got.view(np.uint32), expected.view(np.uint32))
    return got
