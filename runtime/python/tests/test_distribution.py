# SPDX-License-Identifier: MIT
"""The ops in saved models, under distribution strategies, and with one table for all of them."""

import pathlib
import re
import subprocess
import sys

import numpy as np
import tensorflow as tf

import axlut
import lut_reference as reference

REPLICAS = """
import sys
import numpy as np, tensorflow as tf
import axlut
folder = sys.argv[1]
x, w, path = np.load(folder + "/x.npy"), np.load(folder + "/w.npy"), sys.argv[2]
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
assert strategy.num_replicas_in_sync == 2
with strategy.scope():
    filter = tf.Variable(w)

@tf.function
def step(images):
    def replica(x):
        with tf.GradientTape() as tape:
            out = axlut.ax_conv2d(x, filter, path, input_range=(-3, 3), filter_range=(-2, 2))
            loss = tf.reduce_sum(out * out)
        gradient = tape.gradient(loss, filter)
        return out, gradient
    return strategy.run(replica, (images,))

images = iter(strategy.experimental_distribute_dataset(
    tf.data.Dataset.from_tensor_slices(x).batch(len(x))))
out, gradient = step(next(images))
outs = strategy.experimental_local_results(out)
assert [len(o) for o in outs] == [3, 3]
np.save(folder + "/out.npy", tf.concat(outs, 0))
np.save(folder + "/gradient.npy", sum(strategy.experimental_local_results(gradient)))
"""


def tensors(seed, x_shape=(6, 7, 6, 3), w_shape=(3, 3, 3, 4)):
    rng = np.random.default_rng(seed)
    return rng.normal(size=x_shape).astype(np.float32), rng.normal(size=w_shape).astype(np.float32)


def run(code, *arguments):
    done = subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_mirrored_strategy_gives_the_outputs_and_gradients_of_one_device(save, tmp_path):
    x, w = tensors(1)
    path = save(reference.random_table(2)).path
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "w.npy", w)
    run(REPLICAS, tmp_path, path)
    filter = tf.constant(w)
    with tf.GradientTape() as tape:
        tape.watch(filter)
        out = axlut.ax_conv2d(x, filter, path, input_range=(-3, 3), filter_range=(-2, 2))
        loss = tf.reduce_sum(out * out)
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), out)
    np.testing.assert_allclose(np.load(tmp_path / "gradient.npy"), tape.gradient(loss, filter),
                               rtol=1e-5, atol=1e-4)


def bytes_read():
    return int(re.search(r"rchar: (\d+)", pathlib.Path("/proc/self/io").read_text()).group(1))


def test_a_hundred_ops_read_a_table_once(save, tmp_path):
    """Layers of both encodings, of graphs and eager ones, in replicas, with the file's copy."""
    table = reference.random_table(3)
    path = tmp_path / "mul8u_wide.npy"
    np.save(path, table.products)  # int64: 512 KiB
    size = path.stat().st_size
    x, w = tensors(4, (1, 3, 3, 2), (3, 3, 2, 2))
    axlut.ax_conv2d(x, w, save(reference.random_table(5)).path)  # everything else is loaded

    @tf.function
    def network(x):
        for i in range(50):
            encoding = "sign_magnitude" if i % 2 else "affine"
            x = axlut.ax_conv2d(x, w, path, encoding=encoding, name=f"layer{i}")
            x = x / tf.reduce_max(tf.abs(x))
        return x

    before = bytes_read()
    network(x)
    for _ in range(50):
        axlut.ax_conv2d(x, w, path)
    assert size < bytes_read() - before < 1.5 * size


def test_saved_model_with_everything_gives_the_same_bytes_in_a_new_process(save, tmp_path):
    x, w = tensors(6)
    depthwise = tensors(7, w_shape=(3, 3, 4, 2))[1]
    path = save(reference.random_table(8, signed=False)).path
    bounds = (w.min((0, 1, 2)), w.max((0, 1, 2)))
    integer_filter = np.random.default_rng(9).integers(0, 256, (1, 2, 6, 5), np.uint8)

    def serve(x):
        y = axlut.ax_conv2d(x, w, path, (2, 1), filter_range=bounds, narrow_filter=True)
        y = tf.transpose(tf.tanh(y), [0, 3, 1, 2])
        y = axlut.ax_depthwise_conv2d(y, depthwise, path, data_format="NCHW",
                                      encoding="sign_magnitude")
        codes = tf.cast(tf.clip_by_value(tf.abs(y) * 20, 0, 255), tf.uint8)
        return y, axlut.ax_conv2d_integer(codes, integer_filter, path, padding="VALID",
                                          input_zero_point=3)

    module = tf.Module()
    module.serve = tf.function(serve, input_signature=[tf.TensorSpec([None, 7, 6, 3])])
    tf.saved_model.save(module, str(tmp_path / "model"))
    np.save(tmp_path / "x.npy", x)
    run("import sys, numpy as np, tensorflow as tf, axlut; axlut.load_ops(); folder = sys.argv[1]\n"
        "model = tf.saved_model.load(folder + '/model')\n"
        "floats, integers = model.serve(np.load(folder + '/x.npy'))\n"
        "np.savez(folder + '/y.npz', floats=floats, integers=integers)", tmp_path)
    found = np.load(tmp_path / "y.npz")
    floats, integers = module.serve(x)
    np.testing.assert_array_equal(found["floats"], floats)
    np.testing.assert_array_equal(found["integers"], integers)


def test_a_saved_model_without_its_table_names_the_missing_file(save, tmp_path):
    x, w = tensors(9)
    path = save(reference.random_table(10)).path
    module = tf.Module()
    module.serve = tf.function(lambda a: axlut.ax_conv2d(a, w, path),
                               input_signature=[tf.TensorSpec([None, 7, 6, 3])])
    tf.saved_model.save(module, str(tmp_path / "model"))
    np.save(tmp_path / "x.npy", x)
    pathlib.Path(path).unlink()
    said = run("import sys, numpy as np, tensorflow as tf, axlut; axlut.load_ops()\n"
               "folder = sys.argv[1]\n"
               "try: tf.saved_model.load(folder + '/model').serve(np.load(folder + '/x.npy'))\n"
               "except tf.errors.InvalidArgumentError as error: print(error.message)", tmp_path)
    assert f"table '{path}' cannot be read; No such file" in said
