# SPDX-License-Identifier: MIT
"""AxLUT: neural networks through the truth tables of approximate multipliers.

ax_conv2d   tf.nn.conv2d with every multiplication replaced by a look-up in a table
load_ops    registers the ops with TensorFlow, as the first ax_conv2d does: before a SavedModel that
            contains them is loaded
approximate, exact, report
            a Keras model with approximate multipliers in its layers, back again, and what it has
calibrate   sets a converted model's ranges from sample data
recalibrate_batch_norm, batch_statistics, accuracy
            batch normalization around approximate multipliers, and what it does to the accuracy
keras       Keras layers and quantizers (a module)
ranges      ranges of tensors for quantization (a module)
tables      truth tables as NumPy arrays (a module)
tfapprox    TFApprox' ops and Keras layers under their own names (a module)

Importing axlut is quick: TensorFlow and the ops are loaded when a name is first used.
"""

import importlib

from axlut._build_info import VERSION as __version__

_MODULES = {
    "accuracy": "axlut.batch_norm",
    "approximate": "axlut.convert",
    "ax_conv2d": "axlut.conv2d",
    "batch_statistics": "axlut.batch_norm",
    "calibrate": "axlut.calibration",
    "exact": "axlut.convert",
    "load_ops": "axlut._library",
    "recalibrate_batch_norm": "axlut.batch_norm",
    "report": "axlut.model_report",
}
_SUBMODULES = ("keras", "ranges", "tables", "tfapprox")
__all__ = ["__version__", *_MODULES, *_SUBMODULES]


def __getattr__(name):  # PEP 562: called for names that the module does not have (yet)
    if name not in __all__:
        raise AttributeError(f"module 'axlut' has no attribute '{name}'")
    try:
        module = importlib.import_module(_MODULES.get(name, f"axlut.{name}"))
    except ModuleNotFoundError as error:
        if error.name != "tensorflow":
            raise
        raise ImportError(importlib.import_module("axlut._versions").missing_tensorflow(name)) \
            from error
    value = getattr(module, name) if name in _MODULES else module
    globals()[name] = value
    return value


def __dir__():
    return sorted(set(globals()) | set(__all__))
