# SPDX-License-Identifier: MIT
"""Builds small int8 .tflite models operator by operator, and runs them through TensorFlow Lite's
reference kernels. Needs TensorFlow, for its schema classes and its interpreter."""

import os
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import flatbuffers
import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

TYPES = {
    np.dtype(np.int8): schema.TensorType.INT8,
    np.dtype(np.uint8): schema.TensorType.UINT8,
    np.dtype(np.int32): schema.TensorType.INT32,
    np.dtype(np.int64): schema.TensorType.INT64,
    np.dtype(np.float32): schema.TensorType.FLOAT32,
}
ACTIVATIONS = {"NONE": 0, "RELU": 1, "RELU_N1_TO_1": 2, "RELU6": 3}
PADDINGS = {"SAME": 0, "VALID": 1}


class Builder:
    """A model with one subgraph. Tensors are numbers; `op` appends an operator."""

    def __init__(self, description="made by testdata/models"):
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.description = description
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.model.subgraphs = [self.graph]
        self._codes = {}

    def tensor(self, shape, scale=None, zero=0, dtype=np.int8, data=None, axis=0, name=None):
        t = schema.TensorT()
        t.shape = [int(d) for d in shape]
        t.type = TYPES[np.dtype(dtype)]
        t.name = name or f"t{len(self.graph.tensors)}"
        if scale is not None:
            q = schema.QuantizationParametersT()
            q.scale = [float(s) for s in np.atleast_1d(scale)]
            q.zeroPoint = [int(z) for z in np.broadcast_to(zero, len(q.scale))]
            q.quantizedDimension = axis
            t.quantization = q
        t.buffer = 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data, dtype).tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            t.buffer = len(self.model.buffers) - 1
        self.graph.tensors.append(t)
        return len(self.graph.tensors) - 1

    def shape(self, tensor):
        return list(self.graph.tensors[tensor].shape)

    def op(self, kind, inputs, output, options=None, **fields):
        code = getattr(schema.BuiltinOperator, kind)
        if code not in self._codes:
            c = schema.OperatorCodeT()
            c.builtinCode = code
            c.deprecatedBuiltinCode = min(code, 127)
            # Versions that know int8, per-channel weights, dilation and the rest.
            c.version = {"CONV_2D": 3, "RESHAPE": 1, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 4}.get(kind, 2)
            self.model.operatorCodes.append(c)
            self._codes[code] = len(self.model.operatorCodes) - 1
        o = schema.OperatorT()
        o.opcodeIndex = self._codes[code]
        o.inputs, o.outputs = list(inputs), [output]
        if options is not None:
            o.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            o.builtinOptions = getattr(schema, options + "T")()
            for field, value in fields.items():
                assert hasattr(o.builtinOptions, field), field
                setattr(o.builtinOptions, field, value)
        self.graph.operators.append(o)
        return output

    def finish(self, source, result):
        self.graph.inputs, self.graph.outputs = [source], [result]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def window(size, kernel, stride, dilation, padding):
    """Outputs of one dimension of a convolution or pool."""
    extent = (kernel - 1) * dilation + 1
    return -(-size // stride) if padding == "SAME" else (size - extent) // stride + 1


def activation_scale(rng):
    return float(np.float32(rng.uniform(0.005, 0.2)))


class Layers:
    """Operators with random quantization on top of a Builder. Zero points far from 0 make a test
    of one operator sharper, but leave little of a signal after several."""

    def __init__(self, builder, rng, largest_zero=127):
        self.b, self.rng, self.largest_zero = builder, rng, largest_zero

    def codes(self, shape, scale=None, zero=None, **kwargs):
        return self.b.tensor(
            shape,
            activation_scale(self.rng) if scale is None else scale,
            int(self.rng.integers(-self.largest_zero - 1, self.largest_zero + 1))
            if zero is None else zero,
            **kwargs,
        )

    def quantization(self, tensor):
        q = self.b.graph.tensors[tensor].quantization
        return q.scale[0], q.zeroPoint[0]

    def _weights(self, shape, channels, axis, per_channel, low=-127):
        scales = self.rng.uniform(0.001, 0.02, channels if per_channel else 1).astype(np.float32)
        data = self.rng.integers(low, 128, shape)
        return self.b.tensor(shape, scales, 0, np.int8, data, axis), scales

    def _bias(self, channels, scale_in, scales):
        data = self.rng.integers(-3000, 3000, channels)
        return self.b.tensor([channels], scales * np.float32(scale_in), 0, np.int32, data)

    def _sums_scale(self, scale_in, scales, depth):
        # So that most sums fall inside the 256 codes.
        return float(np.float32(scale_in * scales.mean() * 60 * np.sqrt(depth)))

    def conv(self, x, channels, kernel, stride=(1, 1), dilation=(1, 1), padding="SAME",
             activation="NONE", per_channel=True, groups=1):
        n, h, w, c = self.b.shape(x)
        shape = [channels, kernel[0], kernel[1], c // groups]
        weights, scales = self._weights(shape, channels, 0, per_channel)
        scale_in = self.quantization(x)[0]
        inputs = [x, weights, self._bias(channels, scale_in, scales)]
        out = self.codes([n, window(h, kernel[0], stride[0], dilation[0], padding),
                          window(w, kernel[1], stride[1], dilation[1], padding), channels],
                         self._sums_scale(scale_in, scales, np.prod(shape[1:])))
        return self.b.op("CONV_2D", inputs, out, "Conv2DOptions", padding=PADDINGS[padding],
                         strideH=stride[0], strideW=stride[1], dilationHFactor=dilation[0],
                         dilationWFactor=dilation[1],
                         fusedActivationFunction=ACTIVATIONS[activation])

    def depthwise(self, x, multiplier, kernel, stride=(1, 1), dilation=(1, 1), padding="SAME",
                  activation="NONE", per_channel=True):
        n, h, w, c = self.b.shape(x)
        channels = c * multiplier
        shape = [1, kernel[0], kernel[1], channels]
        weights, scales = self._weights(shape, channels, 3, per_channel)
        scale_in = self.quantization(x)[0]
        bias = self._bias(channels, scale_in, scales)
        out = self.codes([n, window(h, kernel[0], stride[0], dilation[0], padding),
                          window(w, kernel[1], stride[1], dilation[1], padding), channels],
                         self._sums_scale(scale_in, scales, np.prod(kernel)))
        return self.b.op("DEPTHWISE_CONV_2D", [x, weights, bias], out, "DepthwiseConv2DOptions",
                         padding=PADDINGS[padding], strideH=stride[0], strideW=stride[1],
                         dilationHFactor=dilation[0], dilationWFactor=dilation[1],
                         depthMultiplier=multiplier,
                         fusedActivationFunction=ACTIVATIONS[activation])

    def dense(self, x, units, activation="NONE", per_channel=False, bias=True, out_scale=None):
        shape = self.b.shape(x)
        weights, scales = self._weights([units, shape[-1]], units, 0, per_channel)
        scale_in = self.quantization(x)[0]
        inputs = [x, weights] + ([self._bias(units, scale_in, scales)] if bias else [])
        rows = int(np.prod(shape[:-1]))
        out = self.codes([rows, units],
                         out_scale or self._sums_scale(scale_in, scales, shape[-1]))
        return self.b.op("FULLY_CONNECTED", inputs, out, "FullyConnectedOptions",
                         fusedActivationFunction=ACTIVATIONS[activation])

    def matmul(self, x, y, transpose_x=False, transpose_y=False, out_scale=None):
        x_shape, y_shape = self.b.shape(x), self.b.shape(y)
        rows, depth = x_shape[-2:][::-1] if transpose_x else x_shape[-2:]
        columns = y_shape[-2 if transpose_y else -1]
        batch = list(np.broadcast_shapes(x_shape[:-2], y_shape[:-2]))
        scale = self.quantization(x)[0] * self.quantization(y)[0] * 60 * np.sqrt(depth)
        out = self.codes([*batch, rows, columns], out_scale or float(np.float32(scale)))
        return self.b.op("BATCH_MATMUL", [x, y], out, "BatchMatMulOptions", adjX=transpose_x,
                         adjY=transpose_y)

    def add(self, x, y, activation="NONE", out_scale=None):
        shape = list(np.broadcast_shapes(self.b.shape(x), self.b.shape(y)))
        return self.b.op("ADD", [x, y], self.codes(shape, out_scale), "AddOptions",
                         fusedActivationFunction=ACTIVATIONS[activation])

    def pool(self, x, kind, kernel, stride, padding="VALID", activation="NONE"):
        n, h, w, c = self.b.shape(x)
        out = self.codes([n, window(h, kernel[0], stride[0], 1, padding),
                          window(w, kernel[1], stride[1], 1, padding), c], *self.quantization(x))
        return self.b.op(kind, [x], out, "Pool2DOptions", padding=PADDINGS[padding],
                         strideH=stride[0], strideW=stride[1], filterHeight=kernel[0],
                         filterWidth=kernel[1], fusedActivationFunction=ACTIVATIONS[activation])

    def mean(self, x, axes, keep_dims, same_quantization=False):
        shape = self.b.shape(x)
        reduced = {a % len(shape) for a in axes}
        kept = [d if i not in reduced else 1 for i, d in enumerate(shape)
                if keep_dims or i not in reduced]
        axes = self.b.tensor([len(axes)], dtype=np.int32, data=axes)
        out = self.codes(kept, *(self.quantization(x) if same_quantization else ()))
        return self.b.op("MEAN", [x, axes], out, "ReducerOptions", keepDims=keep_dims)

    def pad(self, x, paddings):
        paddings = np.array(paddings)
        constant = self.b.tensor(paddings.shape, dtype=np.int32, data=paddings)
        out = self.codes(np.array(self.b.shape(x)) + paddings.sum(1), *self.quantization(x))
        return self.b.op("PAD", [x, constant], out, "PadOptions")

    def reshape(self, x, shape):
        constant = self.b.tensor([len(shape)], dtype=np.int32, data=shape)
        size = int(np.prod(self.b.shape(x)))
        known = -int(np.prod(shape)) if -1 in shape else 1
        out = self.codes([size // known if d == -1 else d for d in shape], *self.quantization(x))
        return self.b.op("RESHAPE", [x, constant], out, "ReshapeOptions", newShape=list(shape))

    def softmax(self, x, beta=1.0):
        out = self.codes(self.b.shape(x), 1 / 256, -128)
        return self.b.op("SOFTMAX", [x], out, "SoftmaxOptions", beta=beta)

    def relu(self, x, kind="RELU", out_scale=None):
        return self.b.op(kind, [x], self.codes(self.b.shape(x), out_scale))

    def concatenation(self, xs, axis):
        shape = self.b.shape(xs[0])
        shape[axis] = sum(self.b.shape(x)[axis] for x in xs)
        return self.b.op("CONCATENATION", xs, self.codes(shape, *self.quantization(xs[0])),
                         "ConcatenationOptions", axis=axis)

    def quantize(self, x, dtype=np.int8):
        zero = int(self.rng.integers(0, 256)) if dtype == np.uint8 else None
        return self.b.op("QUANTIZE", [x], self.codes(self.b.shape(x), zero=zero, dtype=dtype),
                         "QuantizeOptions")

    def dequantize(self, x):
        return self.b.op("DEQUANTIZE", [x], self.b.tensor(self.b.shape(x), dtype=np.float32),
                         "DequantizeOptions")


def run_reference(model, samples):
    """The outputs of TensorFlow Lite's reference kernels, one sample at a time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        interpreter = tf.lite.Interpreter(
            model_content=model,
            experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]
    result = interpreter.get_output_details()[0]["index"]
    outputs = []
    for sample in samples:
        interpreter.set_tensor(source["index"], sample.reshape(source["shape"]))
        interpreter.invoke()
        output = interpreter.get_tensor(result)
        outputs.append(output[0] if output.ndim and output.shape[0] == 1 else output)
    return np.stack(outputs)
