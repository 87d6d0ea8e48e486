# SPDX-License-Identifier: MIT
"""The dense layer whose products come from a table."""

from __future__ import annotations

import keras

from axlut import matmul
from axlut.keras.base import ApproximateLayer
from axlut.keras.quantizers import PACKAGE
from axlut.keras.table_product import TableProduct


@keras.saving.register_keras_serializable(package=PACKAGE)
class AxDense(ApproximateLayer, keras.layers.Dense):
    """keras.layers.Dense with every product of inputs and kernel from a table.

    All arguments of keras.layers.Dense, and those of ApproximateLayer. Inputs of any rank >= 2 go
    through the table; the kernel [inputs, units] is its column operand, and a per-channel kernel
    quantizer has a range for each unit.
    """

    exact_class = keras.layers.Dense

    def _make_products(self, arguments):
        return (TableProduct(self, "", **arguments, channel_axes=(1,),
                             approximate=matmul.ax_dense, exact=keras.ops.matmul),)

    def build(self, input_shape):
        super().build(input_shape)
        self._build_products([self.units])

    def call(self, inputs, training=None):
        outputs = self._multiply(0, inputs, self.kernel, training)
        if self.bias is not None:
            outputs = keras.ops.add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

