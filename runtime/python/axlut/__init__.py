# SPDX-License-Identifier: MIT
"""AxLUT: neural networks through the truth tables of approximate multipliers.

ax_conv2d            tf.nn.conv2d with every multiplication replaced by a look-up in a table
ax_depthwise_conv2d  tf.nn.depthwise_conv2d likewise
ax_matmul, ax_dense  tf.linalg.matmul and a dense layer likewise
ax_conv2d_integer, ax_depthwise_conv2d_integer, ax_matmul_integer
                     the same for operands that are integers already: exact sums
approximate, exact, report
                     a Keras model with approximate multipliers in its layers, back again, and what
                     it has
calibrate            sets a converted model's ranges from sample data
recalibrate_batch_norm, batch_statistics, accuracy
                     batch normalization around approximate multipliers, and what it does to the
                     accuracy
code_histogram, tune_layer, tune_table, tune_weights
                     weights that a multiplier gets wrong, replaced by better ones
load_ops             registers the ops with TensorFlow, as the first call of one does: before a
                     SavedModel that contains them is loaded
gradients            how gradients through tables are computed (a module)
keras                Keras layers and quantizers (a module)
ranges               ranges of tensors for quantization (a module)
tables               truth tables as NumPy arrays (a module)
tfapprox             TFApprox' ops and Keras layers under their own names (a module)
weight_tuning        more of the tuning of weights (a module)

Importing axlut is quick: TensorFlow and the ops are loaded when a name is first used.
"""

import importlib

from axlut._build_info import VERSION as __version__

_MODULES = {
    "accuracy": "axlut.batch_norm",
    "approximate": "axlut.convert",
    "ax_conv2d": "axlut.conv2d",
    "ax_conv2d_integer": "axlut.conv2d_integer",
    "ax_dense": "axlut.matmul",
    "ax_depthwise_conv2d": "axlut.conv2d",
    "ax_depthwise_conv2d_integer": "axlut.conv2d_integer",
    "ax_matmul": "axlut.matmul",
    "ax_matmul_integer": "axlut.matmul",
    "batch_statistics": "axlut.batch_norm",
    "calibrate": "axlut.calibration",
    "code_histogram": "axlut.weight_tuning",
    "exact": "axlut.convert",
    "load_ops": "axlut._library",
    "recalibrate_batch_norm": "axlut.batch_norm",
    "report": "axlut.model_report",
    "tune_layer": "axlut.layer_tuning",
    "tune_table": "axlut.weight_tuning",
    "tune_weights": "axlut.weight_tuning",
}
_SUBMODULES = ("gradients", "keras", "ranges", "tables", "tfapprox", "weight_tuning")
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
