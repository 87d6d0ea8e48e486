# SPDX-License-Identifier: MIT
"""Makes the small networks of this folder, their inputs, and the outputs of TensorFlow Lite's
reference kernels (OpResolverType.BUILTIN_REF), which lutrun must equal byte for byte:

    .venv/bin/python testdata/models/make_models.py

Everything is random with a fixed seed, so a rerun writes the same models. The networks learn
nothing: they are there for the arithmetic. With the data of MLPerf Tiny and CIFAR-10 in ../shared
it also writes the reference outputs of that ResNet-8 for the first 1000 test images."""

import gzip
import hashlib
import pathlib

import numpy as np

import tflite_builder as tb

FOLDER = pathlib.Path(__file__).resolve().parent
SHARED = FOLDER.parents[2] / "shared" / "data"
SAMPLES = 8


def plain_cnn(layers):
    """Convolutions of all kinds with non-zero zero points, pools, dense layers, softmax."""
    x = layers.codes([1, 12, 10, 3], 0.02, -7)
    y = layers.conv(x, 8, (3, 3), padding="SAME", activation="RELU")
    y = layers.conv(y, 6, (3, 2), dilation=(2, 3), padding="SAME", activation="RELU6")
    y = layers.pool(y, "MAX_POOL_2D", (3, 3), (2, 2), "SAME")
    y = layers.conv(y, 8, (1, 1), per_channel=False)
    y = layers.conv(y, 8, (3, 3), stride=(2, 1), padding="VALID", groups=2)
    y = layers.pool(y, "AVERAGE_POOL_2D", (2, 2), (1, 1), "SAME")
    y = layers.reshape(y, [1, -1])
    y = layers.dense(y, 16, "RELU", per_channel=True)
    y = layers.dense(y, 10)
    return x, layers.softmax(y, 0.02 / layers.quantization(y)[0])


def depthwise_cnn(layers):
    """Depthwise layers with multipliers, stride and dilation; PAD, MEAN."""
    x = layers.codes([1, 11, 13, 4], 0.05, 19)
    y = layers.depthwise(x, 2, (3, 3), stride=(2, 2), activation="RELU6")
    y = layers.pad(y, [[0, 0], [1, 2], [0, 1], [0, 0]])
    y = layers.depthwise(y, 1, (3, 2), dilation=(2, 2), padding="VALID", per_channel=False)
    y = layers.conv(y, 12, (1, 1), activation="RELU")
    y = layers.depthwise(y, 3, (2, 2), padding="SAME")
    y = layers.mean(y, [1, 2], keep_dims=False)
    return x, layers.dense(y, 7)


def branches(layers):
    """ADD with and without broadcast, CONCATENATION, RELU, RELU6, MEAN that keeps dimensions."""
    x = layers.codes([1, 6, 7, 5], 0.03, 40)
    left = layers.relu(x, "RELU", 0.02)
    right = layers.conv(x, 5, (3, 3))
    y = layers.add(left, right, "RELU")
    row = layers.codes([1, 5], 0.01, -3, data=layers.rng.integers(-128, 128, [1, 5]))
    y = layers.add(y, row)
    z = layers.relu(y, "RELU6", 0.025)
    scale, zero = layers.quantization(z)
    constant = layers.codes([1, 6, 7, 2], scale, zero, data=layers.rng.integers(-128, 128, 84))
    y = layers.concatenation([z, constant, z], 3)
    y = layers.mean(y, [2, 1], keep_dims=True)
    return x, layers.reshape(y, [1, 12])


def real_ends(layers):
    """float32 in, QUANTIZE, uint8 in between, DEQUANTIZE, float32 out."""
    x = layers.b.tensor([1, 5, 5, 2], dtype=np.float32)
    y = layers.quantize(x)
    y = layers.quantize(layers.quantize(y, np.uint8))
    y = layers.conv(y, 4, (3, 3), padding="VALID", activation="RELU")
    return x, layers.dequantize(y)


def all_extremes(layers):
    """Codes at both ends and zero points at both ends: sums and clamps at their limits."""
    x = layers.codes([1, 8, 8, 2], 0.1, 127)
    y = layers.conv(x, 4, (5, 5))
    y = layers.depthwise(y, 1, (4, 4), padding="SAME")
    y = layers.conv(y, 3, (1, 1), activation="RELU_N1_TO_1")
    y = layers.dense(layers.reshape(y, [1, -1]), 9)
    return x, layers.softmax(y, 0.05 / layers.quantization(y)[0])


NETWORKS = [plain_cnn, depthwise_cnn, branches, real_ends, all_extremes]


def make(network):
    rng = np.random.default_rng(sum(network.__name__.encode()))
    builder = tb.Builder(network.__name__)
    layers = tb.Layers(builder, rng, largest_zero=60)
    x, y = network(layers)
    model = builder.finish(x, y)
    tensor = builder.graph.tensors[x]
    shape = [SAMPLES, *tensor.shape[1:]]
    if tensor.quantization is None:
        samples = rng.normal(0, 3, shape).astype(np.float32)
    else:
        samples = rng.integers(-128, 128, shape).astype(np.int8)
        samples[0], samples[1] = -128, 127
    outputs = tb.run_reference(model, samples)
    (FOLDER / f"{network.__name__}.tflite").write_bytes(model)
    np.save(FOLDER / f"{network.__name__}_input.npy", samples)
    np.save(FOLDER / f"{network.__name__}_output.npy", outputs)
    used = len(np.unique(outputs))
    print(f"{network.__name__}: {len(model)} bytes, outputs {outputs.shape}, {used} values")


def make_resnet8():
    images = SHARED / "cifar10" / "test_batch_first1000.bin.gz"
    model = SHARED / "models" / "mlperf_tiny" / "pretrainedResnet_quant.tflite"
    if not images.exists() or not model.exists():
        print("resnet8: ../shared is not there, nothing written")
        return
    records = np.frombuffer(gzip.decompress(images.read_bytes()), np.uint8).reshape(-1, 3073)
    pixels = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    outputs = tb.run_reference(model.read_bytes(), (pixels.astype(np.int16) - 128).astype(np.int8))
    np.save(FOLDER / "resnet8_cifar10_output.npy", outputs)
    print(f"resnet8: model SHA-256 {hashlib.sha256(model.read_bytes()).hexdigest()},",
          f"{(outputs.argmax(1) == records[:, 0]).sum()} of 1000 right")


def write_manifest():
    rows = ["file,what,source,licence,sha256"]
    for file in sorted([*FOLDER.glob("*.tflite"), *FOLDER.glob("*.npy")]):
        what = ("random weights" if file.suffix == ".tflite" else
                "random inputs" if "_input" in file.name else "outputs of TFLite 2.21 BUILTIN_REF")
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        rows.append(f'{file.name},{what},"AxLUT, make_models.py",MIT,{digest}')
    (FOLDER / "MANIFEST.csv").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    for each in NETWORKS:
        make(each)
    make_resnet8()
    write_manifest()
