# SPDX-License-Identifier: MIT
"""lutrun with the exact table equals TensorFlow Lite's reference kernels byte for byte: on random
models of every operator, and on the int8 ResNet-8 of MLPerf Tiny."""

import gzip
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("tensorflow")

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
LUTRUN = pathlib.Path(os.environ.get("AXLUT_BUILD", ROOT / "build")) / "bin" / "lutrun"
sys.path.insert(0, str(ROOT / "testdata" / "models"))

import tflite_builder as tb  # noqa: E402

if not LUTRUN.exists():
    pytest.skip(f"{LUTRUN} is not built", allow_module_level=True)

ACTIVATIONS = list(tb.ACTIVATIONS)


def emulate(folder, model, samples, *options):
    """The outputs of lutrun emulate with the exact table."""
    model_path, data, out = folder / "m.tflite", folder / "x.npy", folder / "o.npy"
    model_path.write_bytes(model)
    np.save(data, samples)
    subprocess.run([LUTRUN, "emulate", "-q", model_path, "--table", "exact", "--data", data,
                    "--dump-outputs", out, *options], check=True, stdout=subprocess.DEVNULL)
    return np.load(out)


def pick(rng, values):
    return values[int(rng.integers(len(values)))]


def image(layers, rng, smallest=3):
    shape = [1, *(int(d) for d in rng.integers(smallest, 10, 2)), int(rng.integers(1, 7))]
    return layers.codes(shape)


def window_options(rng):
    stride = tuple(int(s) for s in rng.integers(1, 4, 2))
    dilation = (1, 1) if max(stride) > 1 else tuple(int(d) for d in rng.integers(1, 3, 2))
    return {"kernel": tuple(int(k) for k in rng.integers(1, 4, 2)), "stride": stride,
            "padding": pick(rng, ["SAME", "VALID"]), "activation": pick(rng, ACTIVATIONS)}, dilation


def conv(layers, rng):
    x = image(layers, rng, 6)
    options, dilation = window_options(rng)
    groups = pick(rng, [1, 1, layers.b.shape(x)[3]])
    return x, layers.conv(x, groups * int(rng.integers(1, 9)), groups=groups, dilation=dilation,
                          per_channel=bool(rng.integers(2)), **options)


def depthwise(layers, rng):
    x = image(layers, rng, 6)
    options, dilation = window_options(rng)
    options["stride"] = (options["stride"][0],) * 2
    dilation = dilation if options["stride"] == (1, 1) else (1, 1)
    return x, layers.depthwise(x, int(rng.integers(1, 4)), dilation=dilation,
                               per_channel=bool(rng.integers(2)), **options)


def dense(layers, rng):
    x = layers.codes([int(rng.integers(1, 4)), int(rng.integers(1, 90))])
    layers.b.graph.tensors[x].shape[0] = 1
    out_scale = pick(rng, [None, None, 1e-6, 3.7e-4])  # small ones: the shift goes to the left
    return x, layers.dense(x, int(rng.integers(1, 40)), pick(rng, ACTIVATIONS),
                           bool(rng.integers(2)), bool(rng.integers(4)), out_scale)


def add(layers, rng):
    x = image(layers, rng)
    y = layers.relu(x)
    if rng.integers(2):
        shape = [d if rng.integers(2) else 1 for d in layers.b.shape(x)]
        shape = shape[int(rng.integers(4)):]
        y = layers.codes(shape, data=rng.integers(-128, 128, shape))
    pair = (x, y) if rng.integers(2) else (y, x)
    return x, layers.add(*pair, pick(rng, ACTIVATIONS))


def add_itself(layers, rng):
    x = image(layers, rng)
    return x, layers.add(x, x, out_scale=pick(rng, [None, 1e-4, 3.0]))


def pad(layers, rng):
    x = image(layers, rng)
    return x, layers.pad(x, [[0, 0], *rng.integers(0, 4, (3, 2)).tolist()])


def pool(kind):
    def build(layers, rng):
        x = image(layers, rng)
        options, _ = window_options(rng)
        return x, layers.pool(x, kind, **options)
    return build


def mean(layers, rng):
    x = image(layers, rng)
    axes = pick(rng, [[1, 2], [2, 1], [1], [2], [3], [-1], [1, 3], [1, 2, 3], [-3, -2]])
    return x, layers.mean(x, axes, bool(rng.integers(2)), bool(rng.integers(2)))


def reshape(layers, rng):
    x = image(layers, rng)
    return x, layers.reshape(x, pick(rng, [[1, -1], [-1], [1, 1, -1]]))


def softmax(layers, rng):
    x = layers.codes([1, int(rng.integers(1, 60))], pick(rng, [None, 1e-4, 0.5, 4.0, 30.0]))
    return x, layers.softmax(x, pick(rng, [1.0, 0.3, 2.0]))


def relu(kind):
    def build(layers, rng):
        x = image(layers, rng)
        return x, layers.relu(x, kind, pick(rng, [None, 0.002, 1.0]))
    return build


def concatenation(layers, rng):
    x = image(layers, rng)
    scale, zero = layers.quantization(x)
    axis = pick(rng, [1, 2, 3, -1])
    shape = layers.b.shape(x)
    shape[axis] = 3
    constant = layers.codes(shape, scale, zero, data=rng.integers(-128, 128, shape))
    return x, layers.concatenation([x, constant, x], axis)


def quantize(layers, rng):
    x = image(layers, rng)
    return x, layers.quantize(layers.quantize(x, np.uint8))


def quantize_reals(layers, rng):
    x = layers.b.tensor([1, 500], dtype=np.float32)
    return x, layers.quantize(x)


def dequantize(layers, rng):
    x = image(layers, rng)
    return x, layers.dequantize(x)


BUILDERS = {"CONV_2D": conv, "DEPTHWISE_CONV_2D": depthwise, "FULLY_CONNECTED": dense, "ADD": add,
            "ADD_ITSELF": add_itself, "PAD": pad, "AVERAGE_POOL_2D": pool("AVERAGE_POOL_2D"),
            "MAX_POOL_2D": pool("MAX_POOL_2D"), "MEAN": mean, "RESHAPE": reshape,
            "SOFTMAX": softmax, "RELU": relu("RELU"), "RELU6": relu("RELU6"),
            "CONCATENATION": concatenation, "QUANTIZE": quantize,
            "QUANTIZE_REALS": quantize_reals, "DEQUANTIZE": dequantize}


def samples_for(builder, x, rng, count):
    tensor = builder.graph.tensors[x]
    if tensor.type == tb.TYPES[np.dtype(np.float32)]:
        # Many halves: the ties of the rounding.
        scale = next(t.quantization.scale[0] for t in builder.graph.tensors if t.quantization)
        return (rng.integers(-300, 300, [count, *tensor.shape[1:]]) / 2 * scale).astype(np.float32)
    return rng.integers(-128, 128, [count, *tensor.shape[1:]]).astype(np.int8)


SEEDS = int(os.environ.get("AXLUT_FUZZ_SEEDS", "8"))  # random models per operator


@pytest.mark.parametrize("kind", BUILDERS)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_random_operator_equals_the_reference_kernel(kind, seed, tmp_path):
    rng = np.random.default_rng([seed, list(BUILDERS).index(kind)])
    builder = tb.Builder()
    x, y = BUILDERS[kind](tb.Layers(builder, rng), rng)
    model = builder.finish(x, y)
    samples = samples_for(builder, x, rng, 6)
    expected = tb.run_reference(model, samples)
    actual = emulate(tmp_path, model, samples)
    np.testing.assert_array_equal(actual.reshape(expected.shape), expected)
    assert actual.dtype == expected.dtype


def test_resnet8_equals_the_reference_kernels_on_1000_images(tmp_path):
    images = SHARED / "cifar10" / "test_batch_first1000.bin.gz"
    model = SHARED / "models" / "mlperf_tiny" / "pretrainedResnet_quant.tflite"
    if not images.exists() or not model.exists():
        pytest.skip("shared data are not there")
    records = np.frombuffer(gzip.decompress(images.read_bytes()), np.uint8).reshape(-1, 3073)
    pixels = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    codes = (pixels.astype(np.int16) - 128).astype(np.int8)
    expected = tb.run_reference(model.read_bytes(), codes)
    np.testing.assert_array_equal(emulate(tmp_path, model.read_bytes(), codes, "-j", "2"), expected)
    assert (expected.argmax(1) == records[:, 0]).sum() == 880
