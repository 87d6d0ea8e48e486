# SPDX-License-Identifier: MIT
"""AxLUT: neural networks through the truth tables of approximate multipliers.

ax_conv2d   tf.nn.conv2d with every multiplication replaced by a look-up in a table
load_ops    registers the ops with TensorFlow, as the first ax_conv2d does: before a SavedModel that
            contains them is loaded

Importing axlut is quick: TensorFlow and the ops are loaded when one of the two is first used.
"""

import importlib

from axlut._build_info import VERSION as __version__

_MODULES = {"ax_conv2d": "axlut.conv2d", "load_ops": "axlut._library"}
__all__ = ["__version__", *_MODULES]


def __getattr__(name):  # PEP 562: called for names that the module does not have (yet)
    if name not in _MODULES:
        raise AttributeError(f"module 'axlut' has no attribute '{name}'")
    try:
        value = getattr(importlib.import_module(_MODULES[name]), name)
    except ModuleNotFoundError as error:
        if error.name != "tensorflow":
            raise
        raise ImportError(importlib.import_module("axlut._versions").missing_tensorflow(name)) \
            from error
    globals()[name] = value
    return value


def __dir__():
    return sorted(set(globals()) | set(__all__))
