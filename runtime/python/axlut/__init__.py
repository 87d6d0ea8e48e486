# SPDX-License-Identifier: MIT
"""AxLUT: neural networks through the truth tables of approximate multipliers.

ax_conv2d   tf.nn.conv2d with every multiplication replaced by a look-up in a table

Importing axlut is quick: TensorFlow and the op are loaded when ax_conv2d is first used.
"""

from axlut._build_info import VERSION as __version__

__all__ = ["__version__", "ax_conv2d"]


def __getattr__(name):  # PEP 562: called for names that the module does not have (yet)
    if name != "ax_conv2d":
        raise AttributeError(f"module 'axlut' has no attribute '{name}'")
    from axlut.conv2d import ax_conv2d

    globals()[name] = ax_conv2d
    return ax_conv2d


def __dir__():
    return sorted(set(globals()) | set(__all__))
