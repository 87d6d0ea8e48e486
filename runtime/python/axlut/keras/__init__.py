# SPDX-License-Identifier: MIT
"""Keras layers whose products come from the truth tables of approximate multipliers.

AxConv2D, AxDepthwiseConv2D, AxSeparableConv2D, AxDense   the layers
BatchRange, FixedRange, MovingAverage                     where ranges come from
set_mode                                                  approximate, quantized or float
tables_in                                                 where to look for tables that were moved

A program that loads a saved model with these layers imports this module first. docs/keras.md.
"""

import keras as _keras

if _keras.backend.backend() != "tensorflow":
    raise ImportError("axlut.keras needs Keras on TensorFlow; the backend of this Keras is "
                      f"{_keras.backend.backend()} (see KERAS_BACKEND and ~/.keras/keras.json)")

# pylint: disable=wrong-import-position
from axlut.keras.base import ApproximateLayer, tables_in  # noqa: E402
from axlut.keras.conv import AxConv2D, AxDepthwiseConv2D, AxSeparableConv2D  # noqa: E402
from axlut.keras.dense import AxDense  # noqa: E402
from axlut.keras.quantizers import BatchRange, FixedRange, MovingAverage, Quantizer  # noqa: E402
from axlut.keras.selection import set_mode  # noqa: E402

__all__ = ["ApproximateLayer", "AxConv2D", "AxDense", "AxDepthwiseConv2D", "AxSeparableConv2D",
           "BatchRange", "FixedRange", "MovingAverage", "Quantizer",
           "set_mode", "tables_in"]
