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


def matmul(layers, rng):
    """A matrix times its own transpose (the other way round, too), or times a constant."""
    batch = [1, *(int(d) for d in rng.integers(1, 4, int(rng.integers(0, 3))))]
    depth, rows = (int(d) for d in rng.integers(1, 40, 2))
    transpose = bool(rng.integers(2))
    x = layers.codes([*batch, depth, rows] if transpose else [*batch, rows, depth])
    if rng.integers(3) == 0:
        return x, layers.matmul(x, layers.relu(x, out_scale=0.05), transpose, not transpose)
    transpose_y = bool(rng.integers(2))
    shape = [depth, int(rng.integers(1, 20))]
    shape = [*(batch if rng.integers(2) else batch[:0]), *(shape[::-1] if transpose_y else shape)]
    y = layers.codes(shape, data=rng.integers(-128, 128, shape))
    return x, layers.matmul(x, y, transpose, transpose_y)


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
            "BATCH_MATMUL": matmul,
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


def test_dense_multiplier_is_computed_in_doubles(tmp_path):
    """Scales whose product differs in 32-bit floats by almost half a unit: about ten of the 1.2
    million outputs tell the two apart."""
    rng = np.random.default_rng(7)
    pairs = rng.uniform([0.01, 0.001], [0.2, 0.02], (2000, 2)).astype(np.float32)
    exact = pairs[:, 0].astype(float) * pairs[:, 1]
    error = np.abs((pairs[:, 0] * pairs[:, 1]).astype(float) / exact - 1)
    scale_in, scale_weights = pairs[error.argmax()]
    builder = tb.Builder()
    layers = tb.Layers(builder, rng, largest_zero=5)
    x = layers.codes([1, 40], float(scale_in))
    y = layers.dense(x, 3000, bias=False, out_scale=float(scale_in * scale_weights * 580))
    builder.graph.tensors[1].quantization.scale = [float(scale_weights)]
    model = builder.finish(x, y)
    samples = rng.integers(-128, 128, (400, 40)).astype(np.int8)
    np.testing.assert_array_equal(emulate(tmp_path, model, samples),
                                  tb.run_reference(model, samples))


def rescaled(codes, quotient):
    """codes times a fixed-point quotient, rounded twice (docs/emulation.md, eq. 3 and 4); right
    for results that are not negative."""
    fraction, shift = np.frexp(quotient)
    products = (codes << max(int(shift), 0)) * int(np.floor(fraction * 2**31 + 0.5))
    high = np.sign(products) * ((np.abs(products) + 2**30) >> 31)
    right = max(-int(shift), 0)
    return np.sign(high) * ((np.abs(high) + (1 << right >> 1)) >> right)


def test_matmul_multiplier_is_computed_in_floats(tmp_path):
    """Scales for which some sums give another code if the product of scales is a double. Rounding
    twice hides most of the difference: a few of the 1.2 million outputs tell."""
    rng = np.random.default_rng(7)
    sums = np.arange(60000)
    most = 0
    for _ in range(1000):
        scale_x, scale_y = rng.uniform([0.01, 0.001], [0.2, 0.02]).astype(np.float32)
        out_scale = np.float32(scale_x * scale_y * rng.uniform(400, 700))
        in_floats = rescaled(sums, float(scale_x * scale_y) / float(out_scale))
        in_doubles = rescaled(sums, float(scale_x) * float(scale_y) / float(out_scale))
        differing = ((in_floats != in_doubles) & (in_floats < 120)).sum()
        if differing > most:
            most, chosen = differing, (scale_x, scale_y, out_scale)
    assert most > 0
    scale_x, scale_y, out_scale = (float(scale) for scale in chosen)
    builder = tb.Builder()
    layers = tb.Layers(builder, rng)
    x = layers.codes([1, 40], scale_x, 1)
    y = layers.codes([40, 3000], scale_y, 2, data=rng.integers(-128, 128, (40, 3000)))
    z = layers.codes([1, 3000], out_scale, 0)
    builder.op("BATCH_MATMUL", [x, y], z, "BatchMatMulOptions")
    model = builder.finish(x, z)
    samples = rng.integers(-128, 128, (400, 40)).astype(np.int8)
    np.testing.assert_array_equal(emulate(tmp_path, model, samples),
                                  tb.run_reference(model, samples))


@pytest.mark.parametrize("kind", ["RELU", "QUANTIZE"])
def test_rescaling_of_ties_equals_the_reference_kernel(kind, tmp_path):
    """RELU computes its quotient of scales in floats, QUANTIZE in doubles. Only codes next to a tie
    tell: models with scales for which the two give different codes."""
    rng = np.random.default_rng(3)
    codes = np.arange(-128, 128)
    found = 0
    for _ in range(2000):
        scale_in = np.float32(rng.uniform(0.01, 0.2))
        scale_out = np.float32(scale_in * rng.choice([0.5, 1.5, 2.5, 1 / 3, 2 / 3, 0.75]))
        zero = int(rng.integers(-128, 20))
        in_floats = rescaled(codes - zero, float(scale_in / scale_out))
        in_doubles = rescaled(codes - zero, float(scale_in) / float(scale_out))
        visible = (in_floats > 0) & (in_floats < 128)
        if (in_floats == in_doubles)[visible].all():
            continue
        found += 1
        builder = tb.Builder()
        layers = tb.Layers(builder, rng)
        x = layers.codes([1, 256], float(scale_in), zero)
        y = layers.codes([1, 256], float(scale_out), -1)
        builder.op(kind, [x], y, None if kind == "RELU" else "QuantizeOptions")
        model = builder.finish(x, y)
        samples = codes.astype(np.int8).reshape(1, 256)
        expected = tb.run_reference(model, samples)
        np.testing.assert_array_equal(emulate(tmp_path, model, samples), expected)
        wanted, other = ((in_floats, in_doubles) if kind == "RELU" else (in_doubles, in_floats))
        np.testing.assert_array_equal(expected[0][visible], wanted[visible] - 1)
        assert (expected[0][visible] != other[visible] - 1).any()
        if found == 6:
            return
    assert found == 6


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
