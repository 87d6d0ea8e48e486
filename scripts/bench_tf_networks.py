#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What tables cost a ResNet-8 in Keras: its forward pass, and a step of its training.

    PYTHONPATH=build/python .venv/bin/python scripts/bench_tf_networks.py -o docs/benchmarks/tf_networks.json

Subjects take turns; a figure is the least of many runs of the wall clock, so the machine should be
quiet. Threads are those of TensorFlow's pools, which a process sets once: the script calls itself
for each number of threads. Needs TensorFlow (scripts/setup.sh --with-tensorflow).
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import axlut  # noqa: E402
from bench_summary import write_json  # noqa: E402
from bench_tf_op import machine  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
# At most so many times: a forward pass the same model in fp32, a training step the same model with
# TensorFlow's fake-quantization.
LIMITS = {"forward": 4.0, "training": 2.5}
BATCH = 32
ROUNDS = 12
SECONDS = 0.4  # per subject and round


def least(runs):
    """Least seconds of each of `runs` (name -> function), in turns."""
    best = dict.fromkeys(runs, float("inf"))
    for run in runs.values():
        run()  # traces, packs weights
    for _ in range(ROUNDS):
        for name, run in runs.items():
            end = time.perf_counter() + SECONDS
            while time.perf_counter() < end:
                start = time.perf_counter()
                run()
                best[name] = min(best[name], time.perf_counter() - start)
    return best


def row(kind, best, subject, yardstick, **about):
    ratio = best[subject] / best[yardstick]
    return {"kind": kind, **about, "ms": {name: seconds * 1e3 for name, seconds in best.items()},
            "ratio": ratio, "limit": LIMITS[kind], "met": ratio <= LIMITS[kind]}


class FakeQuantConv2D(keras.layers.Conv2D):
    """fp32 QAT, the yardstick of a training step: TensorFlow's own fake-quantization of both."""
    supports_jit = False

    def call(self, inputs):
        return super().call(fake_quantize(inputs))

    def convolution_op(self, inputs, kernel):
        return super().convolution_op(inputs, fake_quantize(kernel))


def fake_quantize(values):
    low, high = tf.minimum(tf.reduce_min(values), 0), tf.maximum(tf.reduce_max(values), 0)
    return tf.quantization.fake_quant_with_min_max_vars(values, low, high)


def resnet8(conv2d=keras.layers.Conv2D):
    """MLPerf Tiny's ResNet-8 for CIFAR-10: 12.5 million products per image."""
    def convolve(y, filters, size, strides, name):
        y = conv2d(filters, size, strides=strides, padding="same", name=name)(y)
        return keras.layers.BatchNormalization()(y)

    inputs = keras.Input((32, 32, 3))
    y = keras.layers.ReLU()(convolve(inputs, 16, 3, 1, "conv"))
    for block, filters in enumerate((16, 32, 64)):
        strides = 1 if block == 0 else 2
        z = keras.layers.ReLU()(convolve(y, filters, 3, strides, f"block{block}_first"))
        z = convolve(z, filters, 3, 1, f"block{block}_second")
        if block > 0:
            y = conv2d(filters, 1, strides=strides, padding="same", name=f"block{block}_skip")(y)
        y = keras.layers.ReLU()(keras.layers.Add()([y, z]))
    y = keras.layers.GlobalAveragePooling2D()(y)
    return keras.Model(inputs, keras.layers.Dense(10)(y))


def converted(table):
    return axlut.approximate(resnet8(), table, layers=keras.layers.Conv2D)


def images():
    rng = np.random.default_rng(2)
    return (tf.constant(rng.uniform(0, 1, (BATCH, 32, 32, 3)), tf.float32),
            tf.constant(rng.integers(0, 10, BATCH)))


def bench_forward(tables, threads):
    x, _ = images()

    def run(model, **options):
        return tf.function(lambda: model(x, training=False), **options)

    # Keras lets XLA compile what it can, which ops of others are not.
    runs = {"fp32": run(resnet8()), "fp32_xla": run(resnet8(), jit_compile=True),
            **{name: run(converted(path)) for name, path in tables.items()}}
    best = least(runs)
    return [row("forward", best, name, "fp32", table=name, threads=threads, batch=BATCH)
            for name in tables]


def training_step(model):
    x, labels = images()
    optimizer = keras.optimizers.SGD(1e-3)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = loss_of(labels, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    return step


def bench_training(tables, threads):
    runs = {"fp32": training_step(resnet8()), "fp32_qat": training_step(resnet8(FakeQuantConv2D)),
            **{name: training_step(converted(path)) for name, path in tables.items()}}
    best = least(runs)
    return [row("training", best, name, "fp32_qat", table=name, threads=threads, batch=BATCH)
            for name in tables]


def make_tables(folder, lutgen):
    """An exact table, and one without any structure that a kernel could use."""
    exact, arbitrary = folder / "mul8u_exact.axt", folder / "mul8u_random.bin"
    subprocess.run([lutgen, "build", "-q", "exact:8x8", "-o", exact], check=True)
    np.random.default_rng(3).integers(0, 1 << 16, 1 << 16).astype("<u2").tofile(arbitrary)
    return {"exact": str(exact), "random": str(arbitrary)}


def measure(bin_folder, threads):
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    with tempfile.TemporaryDirectory() as name:
        tables = make_tables(pathlib.Path(name), bin_folder / "lutgen")
        return [*bench_forward(tables, threads), *bench_training(tables, threads)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/bin")
    parser.add_argument("--threads", type=int, help="measure in this process, print JSON")
    parser.add_argument("-o", dest="output", type=pathlib.Path)
    options = parser.parse_args()
    if options.threads:
        json.dump(measure(options.bin, options.threads), sys.stdout)
        return
    rows = []
    for threads in sorted({1, os.cpu_count()}):
        done = subprocess.run([sys.executable, __file__, "--bin", options.bin, "--threads",
                               str(threads)], check=True, stdout=subprocess.PIPE, text=True)
        rows += json.loads(done.stdout)
    for entry in rows:
        print(f"{entry['kind']}, {entry['table']} table, {entry['threads']} threads: "
              f"{entry['ratio']:.2f}, at most {entry['limit']}")
    answer = {"schema": 1, "what": "ms of the wall clock, least of many runs in turns; ratio: "
              "forward pass to the model in fp32, training step (straight-through) to the model "
              "with TensorFlow's fake-quantization",
              "machine": {"cpu": machine(), "cores": os.cpu_count(), "tensorflow": tf.__version__,
                          "keras": keras.__version__},
              "results": rows}
    if options.output:
        write_json(options.output, answer, ("results",))


if __name__ == "__main__":
    main()
