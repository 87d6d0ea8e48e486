# SPDX-License-Identifier: MIT
"""Convolution layers whose products come from a table."""

from __future__ import annotations

import keras
import tensorflow as tf

from axlut import conv2d
from axlut.keras.base import ApproximateLayer
from axlut.keras.quantizers import PACKAGE
from axlut.keras.table_product import TableProduct


class _Convolution(ApproximateLayer):
    """Geometry, bias and activation, which all convolutions share."""

    def _geometry(self) -> dict:
        return {"strides": list(self.strides), "padding": self.padding.upper(),
                "dilations": list(self.dilation_rate), "data_format": self._data_format()}

    def _data_format(self) -> str:
        return "NHWC" if self.data_format == "channels_last" else "NCHW"

    def _approximate_depthwise(self, *operands, **options):
        return conv2d.ax_depthwise_conv2d(**_op_arguments(*operands, **options), **self._geometry())

    def _exact_depthwise(self, inputs, kernel):
        return keras.ops.depthwise_conv(
            inputs, kernel, strides=self.strides, padding=self.padding,
            dilation_rate=self.dilation_rate, data_format=self.data_format)

    def _finish(self, outputs):
        if self.use_bias:
            # Not keras.ops.add: it takes the bias of a channels_first output as one of columns
            # where there are as many columns as channels (Keras 3.15).
            outputs = tf.nn.bias_add(outputs, tf.convert_to_tensor(self.bias), self._data_format())
        return outputs if self.activation is None else self.activation(outputs)


@keras.saving.register_keras_serializable(package=PACKAGE)
class AxConv2D(_Convolution, keras.layers.Conv2D):
    """keras.layers.Conv2D with every product of input and kernel from a table.

    All arguments of keras.layers.Conv2D (groups, dilation, both data formats), and those of
    ApproximateLayer. The kernel [height, width, channels / groups, filters] is the table's column
    operand; a per-channel kernel quantizer has a range for each filter.
    """

    exact_class = keras.layers.Conv2D

    def _make_products(self, arguments):
        return (TableProduct(self, "", **arguments, channel_axes=(3,),
                             approximate=self._approximate, exact=self.convolution_op),)

    def _approximate(self, *operands, **options):
        return conv2d.ax_conv2d(**_op_arguments(*operands, **options), **self._geometry())

    def build(self, input_shape):
        super().build(input_shape)
        self._build_products([self.filters])

    def call(self, inputs, training=None):
        return self._finish(self._multiply(0, inputs, self.kernel, training))


@keras.saving.register_keras_serializable(package=PACKAGE)
class AxDepthwiseConv2D(_Convolution, keras.layers.DepthwiseConv2D):
    """keras.layers.DepthwiseConv2D with every product of input and kernel from a table.

    All arguments of keras.layers.DepthwiseConv2D, and those of ApproximateLayer. A per-channel
    kernel quantizer has a range for each output channel, channel * depth_multiplier + m.
    """

    exact_class = keras.layers.DepthwiseConv2D

    def _make_products(self, arguments):
        return (TableProduct(self, "", **arguments, channel_axes=(2, 3),
                             approximate=self._approximate_depthwise,
                             exact=self._exact_depthwise),)

    def build(self, input_shape):
        super().build(input_shape)
        self._build_products([self.kernel.shape[2] * self.kernel.shape[3]])

    def call(self, inputs, training=None):
        return self._finish(self._multiply(0, inputs, self.kernel, training))


@keras.saving.register_keras_serializable(package=PACKAGE)
class AxSeparableConv2D(_Convolution, keras.layers.SeparableConv2D):
    """keras.layers.SeparableConv2D, both of whose convolutions go through tables.

    All arguments of keras.layers.SeparableConv2D, and those of ApproximateLayer: `table`, both
    quantizers, `encoding` and `gradient` may be pairs (depthwise, pointwise). What lies between the
    two convolutions is quantized for the pointwise one by its own input quantizer.
    """

    exact_class = keras.layers.SeparableConv2D
    kernel_names = ("depthwise_kernel", "pointwise_kernel")

    def _make_products(self, arguments):
        pairs = {name: _pair(name, value) for name, value in arguments.items()}
        depthwise, pointwise = ({name: pair[i] for name, pair in pairs.items()} for i in (0, 1))
        return (TableProduct(self, "", **depthwise, channel_axes=(2, 3),
                             approximate=self._approximate_depthwise, exact=self._exact_depthwise),
                TableProduct(self, "pointwise_", **pointwise, channel_axes=(3,),
                             approximate=self._approximate_pointwise, exact=self._exact_pointwise))

    def _approximate_pointwise(self, *operands, **options):
        return conv2d.ax_conv2d(**_op_arguments(*operands, **options), padding="VALID",
                                data_format=self._data_format())

    def _exact_pointwise(self, inputs, kernel):
        return keras.ops.conv(inputs, kernel, data_format=self.data_format)

    def build(self, input_shape):
        super().build(input_shape)
        depthwise = self.depthwise_kernel.shape
        self._build_products([depthwise[2] * depthwise[3], self.filters])

    def call(self, inputs, training=None):
        between = self._multiply(0, inputs, self.depthwise_kernel, training)
        return self._finish(self._multiply(1, between, self.pointwise_kernel, training))


def _op_arguments(inputs, kernel, table, input_range, kernel_range, narrow_kernel, **options):
    """A product's arguments by the names that the convolution ops give them."""
    return {"input": inputs, "filter": kernel, "table": table, "input_range": input_range,
            "filter_range": kernel_range, "narrow_filter": narrow_kernel, **options}


def _pair(name: str, value) -> tuple:
    """(depthwise, pointwise) from a pair or the value of both."""
    if not isinstance(value, (list, tuple)):
        return value, value
    if len(value) != 2:
        raise ValueError(f"AxSeparableConv2D: {name} must be one for both convolutions or a pair "
                         f"(depthwise, pointwise); it has {len(value)} elements")
    return tuple(value)
