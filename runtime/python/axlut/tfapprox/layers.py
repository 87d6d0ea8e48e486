# SPDX-License-Identifier: MIT
"""TFApprox' Keras layers: convolutions through a table, with the ranges of each batch.

Every call quantizes the inputs to [smallest, largest value of this batch] and the kernel likewise,
so that the result for one image depends on the others in its batch; axlut.keras has layers with
fixed ranges. What trains is the straight-through gradient of the exact convolution.
"""

import os

import keras
import tensorflow as tf

from axlut.tfapprox import ops

# What TFApprox4IL (tf2_new) calls the arguments of TFApprox (tf2).
_NAMES_IN_TF2_NEW = {"approx_num_bits": "num_bits", "approx_mul_table_file": "mul_map_file"}


class _ThroughTable:
    """Part of the layers: the multiplier, and a convolution op on quantized tensors."""

    def _set_multiplier(self, num_bits, mul_map_file):
        num_bits = int(num_bits)
        if not 2 <= num_bits <= 8:  # TensorFlow's fake_quant starts at 2
            raise ValueError(f"{type(self).__name__}: num_bits must be 2 .. 8; it is {num_bits}")
        self.num_bits = num_bits
        self.mul_map_file = os.fspath(mul_map_file)
        self.supports_jit = False  # XLA cannot compile the op

    def _convolve(self, op, inputs, kernel, per_channel=False):
        """`op` on both tensors, fake-quantized to their own smallest and largest values."""
        inputs_32, kernel_32 = tf.cast(inputs, tf.float32), tf.cast(kernel, tf.float32)
        input_range, filter_range = _range(inputs_32), _range(kernel_32, per_channel)
        fake_quantize = (tf.quantization.fake_quant_with_min_max_vars_per_channel if per_channel
                         else tf.quantization.fake_quant_with_min_max_vars)
        nchw = self.data_format == "channels_first"

        def per_axis(steps):
            return [1, 1, *steps] if nchw else [1, *steps, 1]

        outputs = op(
            tf.quantization.fake_quant_with_min_max_vars(inputs_32, *input_range, self.num_bits),
            fake_quantize(kernel_32, *filter_range, self.num_bits), *input_range, *filter_range,
            strides=per_axis(self.strides), dilations=per_axis(self.dilation_rate),
            padding=self.padding.upper(), data_format="NCHW" if nchw else "NHWC",
            num_bits=self.num_bits, mul_map_file=self.mul_map_file)
        return tf.cast(outputs, inputs.dtype)

    def _biased_and_activated(self, outputs):
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, tf.cast(self.bias, outputs.dtype), data_format=(
                "NCHW" if self.data_format == "channels_first" else "NHWC"))
        return outputs if self.activation is None else self.activation(outputs)

    def get_config(self):
        return {**super().get_config(), "num_bits": self.num_bits,
                "mul_map_file": self.mul_map_file}


def _range(tensor, per_channel=False):
    """(smallest, largest), scalars or one of each last index.

    A range of one value v != 0 is widened to hold 0.0: TensorFlow's fake_quant makes NaN of it.
    """
    axes = list(range(tensor.shape.rank - 1)) if per_channel else None
    low, high = tf.reduce_min(tensor, axes), tf.reduce_max(tensor, axes)
    constant = low == high
    return (tf.where(constant, tf.minimum(low, 0.0), low),
            tf.where(constant, tf.maximum(high, 0.0), high))


def _in_tf2_names(arguments):
    """Keyword arguments of TFApprox4IL under their names in TFApprox."""
    return {_NAMES_IN_TF2_NEW.get(name, name): value for name, value in arguments.items()}


@keras.saving.register_keras_serializable("axlut.tfapprox")
class FakeApproxConv2D(_ThroughTable, keras.layers.Conv2D):
    """keras.layers.Conv2D through a table.

    Args:
      filters .. bias_constraint: of Keras 2's Conv2D, in its order (without groups).
      num_bits (approx_num_bits): width of both operands, 2 .. 8.
      mul_map_file (approx_mul_table_file): see approx_conv2d_with_min_max_vars; "": exact.
      per_channel: a range for each output channel of the kernel. TFApprox4IL has the argument, True
        by default, but its layer ignores it; so the default here is what it does.
      **kwargs: of keras.layers.Conv2D.
    """

    def __init__(self, filters, kernel_size, strides=(1, 1), padding="valid", data_format=None,
                 dilation_rate=(1, 1), activation=None, use_bias=True,
                 kernel_initializer="glorot_uniform", bias_initializer="zeros",
                 kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, num_bits: int = 8,
                 mul_map_file: str = "", per_channel: bool = False, **kwargs):
        kwargs = _in_tf2_names(kwargs)
        num_bits = kwargs.pop("num_bits", num_bits)
        mul_map_file = kwargs.pop("mul_map_file", mul_map_file)
        super().__init__(
            filters, kernel_size, strides=strides, padding=padding, data_format=data_format,
            dilation_rate=dilation_rate, activation=activation, use_bias=use_bias,
            kernel_initializer=kernel_initializer, bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer, kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint, **kwargs)
        self._set_multiplier(num_bits, mul_map_file)
        self.per_channel = per_channel

    def convolution_op(self, inputs, kernel):
        return self._convolve(ops.approx_conv2d_with_min_max_vars, inputs, kernel,
                              self.per_channel)

    def get_config(self):
        return {**super().get_config(), "per_channel": self.per_channel}


@keras.saving.register_keras_serializable("axlut.tfapprox")
class FakeApproxDepthwiseConv2D(_ThroughTable, keras.layers.DepthwiseConv2D):
    """keras.layers.DepthwiseConv2D through a table.

    Args:
      kernel_size .. use_bias: of Keras 2's DepthwiseConv2D, in TFApprox4IL's order.
      approx_num_bits (num_bits), approx_mul_table_file (mul_map_file): as of FakeApproxConv2D.
      **kwargs: of keras.layers.DepthwiseConv2D.
    """

    def __init__(self, kernel_size, strides=(1, 1), padding="valid", depth_multiplier=1,
                 data_format=None, activation=None, use_bias=True, **kwargs):
        kwargs = _in_tf2_names(kwargs)
        num_bits, mul_map_file = kwargs.pop("num_bits", 8), kwargs.pop("mul_map_file", "")
        super().__init__(
            kernel_size, strides=strides, padding=padding, depth_multiplier=depth_multiplier,
            data_format=data_format, activation=activation, use_bias=use_bias, **kwargs)
        self._set_multiplier(num_bits, mul_map_file)

    def call(self, inputs):
        return self._biased_and_activated(self._convolve(
            ops.approx_depthwise_conv2d_with_min_max_vars, inputs, self.kernel))


@keras.saving.register_keras_serializable("axlut.tfapprox")
class FakeApproxSeparableConv2D(_ThroughTable, keras.layers.SeparableConv2D):
    """keras.layers.SeparableConv2D whose depthwise part goes through a table.

    The pointwise part stays an exact float convolution, as in TFApprox4IL; axlut.keras has the
    layer with both parts approximate.

    Args:
      filters, kernel_size: of keras.layers.SeparableConv2D.
      approx_num_bits (num_bits), approx_mul_table_file (mul_map_file): as of FakeApproxConv2D.
      **kwargs: of keras.layers.SeparableConv2D.
    """

    def __init__(self, filters, kernel_size, **kwargs):
        kwargs = _in_tf2_names(kwargs)
        num_bits, mul_map_file = kwargs.pop("num_bits", 8), kwargs.pop("mul_map_file", "")
        super().__init__(filters, kernel_size, **kwargs)
        self._set_multiplier(num_bits, mul_map_file)

    def call(self, inputs):
        depthwise = self._convolve(ops.approx_depthwise_conv2d_with_min_max_vars, inputs,
                                   self.depthwise_kernel)
        return self._biased_and_activated(keras.ops.conv(
            depthwise, self.pointwise_kernel, 1, "valid", self.data_format))
