#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs two ResNet-8 networks on CIFAR-10 through all of TFApprox' tables; writes
docs/benchmarks/resnet8_tables.json.

    PYTHONPATH=build/python .venv/bin/python scripts/reproduce_resnet8.py [--tables 2AC,1JFF]
    .venv/bin/python scripts/make_reproduction_page.py --plot

Needs ../shared (or AXLUT_SHARED_DIR); takes about 10 minutes on two cores. Convolutions are
approximate, all else is exact. Activation ranges are fixed, found on training images in the exact
network. Batch normalization uses, in turn,

  frozen        statistics of the population in the exact network
  recalibrated  statistics of training images in the approximate network
  batch         statistics of the batch of test images at hand, as TFApprox' own graph does

For six tables TFApprox' own way is followed as well, on 200 images: with the ranges of each batch,
and with images that went through JPEG (by Pillow, requirements-bench.txt), as those of the
reference's figures did. With build/bin/lutrun there is the int8 .tflite of the second network
beside them, whose batch normalization is folded into the weights.
"""

import argparse
import csv
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

import axlut
import resnet8_models as resnet8
from axlut.keras import BatchRange, FixedRange

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "docs/benchmarks/resnet8_tables.json"
EXACT = "mul8u_1JFF"
# Of the reference's figures: the tables, and how many test images.
LIKE_TFAPPROX = ("1JFF", "7C1", "2AC", "185Q", "L40", "17QU")
FIRST = 200
# Whose statistics are looked at: one that recalibration repairs, one that it does not.
LOOKED_AT = ("2AC", "JQQ")
BATCH = 1000  # test images that are normalized together, as in TFApprox' script
SETTINGS = {"test_images": 1000, "statistics_images": 3000, "range_images": 1000,
            "recalibration_images": 1000, "batch": BATCH}


def float_network(name, images):
    """The network with the population's statistics: the file's where they are its authors' own."""
    model = resnet8.build(name)
    if name == "tfapprox":  # upstream's graph has none
        axlut.recalibrate_batch_norm(model, images[:SETTINGS["statistics_images"]], batch_size=500)
    return model


def calibrated(model, table, per_channel, images):
    """The network with convolutions through a table and fixed ranges of activations."""
    approximate = axlut.approximate(
        model, str(table), layers=[keras.layers.Conv2D],
        quantize={"input": FixedRange(), "kernel": BatchRange(per_channel=per_channel)})
    axlut.calibrate(approximate, images[:SETTINGS["range_images"]], batch_size=250)
    return approximate


def batch_accuracy(model, images, labels):
    """With the statistics of the images themselves, all in one batch."""
    with axlut.batch_statistics(model):
        return axlut.accuracy(model, (images, labels), batch_size=BATCH)


def frozen_and_recalibrated(model, train, evaluate):
    """Results of evaluate(model) with the statistics as they are, and of training images."""
    frozen = evaluate(model)
    axlut.recalibrate_batch_norm(model, train[0][:SETTINGS["recalibration_images"]], batch_size=250)
    return frozen, evaluate(model)


def changed_statistics(before, after):
    """Per batch normalization, in the model's order: how far the mean has moved, in old standard
    deviations, and how many times as large the standard deviation is; medians over the channels.
    """
    changes = []
    for layer in before.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            (old_mean, old_variance), (mean, variance) = (
                [np.asarray(value) for value in (norm.moving_mean, norm.moving_variance)]
                for norm in (layer, after.get_layer(layer.name)))
            changes.append({
                "shift": float(np.median(np.abs(mean - old_mean) / np.sqrt(old_variance))),
                "width": float(np.median(np.sqrt(variance / old_variance)))})
    return [{name: round(value, 4) for name, value in change.items()} for change in changes]


def measure(quantized, quantized_per_channel, table, test, train):
    """All accuracies of one network and table, by name; and its changed_statistics.

    Args:
      quantized, quantized_per_channel: calibrated networks; the table of a copy is replaced. The
        second may be None.
    """
    images, labels = test

    def evaluate(model):
        return axlut.accuracy(model, test, batch_size=250)

    model = axlut.approximate(quantized, str(table))
    results = {"batch": batch_accuracy(model, images, labels)}
    results["frozen"], results["recalibrated"] = frozen_and_recalibrated(model, train, evaluate)
    statistics = changed_statistics(quantized, model)
    if quantized_per_channel is not None:
        model = axlut.approximate(quantized_per_channel, str(table))
        results["per_channel_frozen"], results["per_channel_recalibrated"] = \
            frozen_and_recalibrated(model, train, evaluate)
    return {name: round(value, 6) for name, value in results.items()}, statistics


def jpeg(images):
    """The images after JPEG, quality 75, colours at half the resolution; None without Pillow."""
    try:
        from PIL import Image
    except ModuleNotFoundError:
        return None
    decoded = []
    for image in images:
        with io.BytesIO() as file:
            Image.fromarray(image.astype(np.uint8)).save(file, "JPEG", quality=75, subsampling=2)
            decoded.append(np.asarray(Image.open(file), np.float32))
    return np.stack(decoded)


def like_tfapprox(table, test):
    """{images: {statistics: accuracy}} of TFApprox' network with the ranges of each batch.

    Args:
      table: None for float32.
    """
    images, labels = (values[:FIRST] for values in test)
    model = resnet8.build("tfapprox")
    if table is not None:
        model = axlut.approximate(model, str(table), layers=[keras.layers.Conv2D])
    return {name: {"frozen": axlut.accuracy(model, (x, labels), batch_size=FIRST),
                   "batch": batch_accuracy(model, x, labels)}
            for name, x in (("lossless", images), ("jpeg", jpeg(images))) if x is not None}


def error_metrics(table):
    """Mean absolute error and mean error over all pairs; the latter for small activations as well.

    After a ReLU most activations are small codes, many of them 0.
    """
    products = np.fromfile(table, "<u2").reshape(256, 256).astype(np.int64)
    errors = products - np.multiply.outer(np.arange(256), np.arange(256))
    return {name: round(float(values.mean()), 4) for name, values in (
        ("mae", np.abs(errors)), ("bias", errors), ("bias_below_32", errors[:32]))}


def powers():
    """{name: mW} as EvoApproxLib publishes them."""
    with open(resnet8.shared_file("circuits/evo_metrics.csv"), encoding="utf-8") as file:
        return {row["name"]: float(row["power_mW"]) for row in csv.DictReader(file)}


def emulated(lutrun, table, test):
    """Accuracy of the int8 .tflite by lutrun; None if it is not built."""
    if not lutrun.is_file():
        return None
    with tempfile.TemporaryDirectory() as folder:
        for name, values in zip(("images", "labels"), test):
            np.save(f"{folder}/{name}.npy",
                    values.astype(np.uint8) if name == "images" else values)
        model = resnet8.shared_file("models/mlperf_tiny/pretrainedResnet_quant.tflite")
        done = subprocess.run(
            [lutrun, "emulate", model, "--table", table, "--data", f"{folder}/images.npy",
             "--labels", f"{folder}/labels.npy", "--json", "-q"],
            check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["accuracy"]


def float_results(models, test):
    images, labels = test
    return {name: {
        "file": axlut.accuracy(resnet8.build(name), test),
        "population": axlut.accuracy(model, test),
        "batch": batch_accuracy(model, images, labels)} for name, model in models.items()}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", help="names without mul8u_, by commas; default: all 36")
    parser.add_argument("--output", type=pathlib.Path, default=OUTPUT)
    parser.add_argument("--lutrun", type=pathlib.Path, default=ROOT / "build/bin/lutrun")
    return parser.parse_args()


def main():
    options = parse_arguments()
    exact = resnet8.shared_file(f"tables/tfapprox/{EXACT}.bin")
    test, train = resnet8.load_images("test"), resnet8.load_images("train")
    wanted = options.tables and [f"mul8u_{name}" for name in options.tables.split(",")]
    tables = [resnet8.shared_file(f"tables/tfapprox/{name}.bin") for name in wanted] if wanted \
        else sorted(exact.parent.glob("mul8u_*.bin"))
    power_mw = powers()
    models = {name: float_network(name, train[0]) for name in resnet8.NETWORKS}
    quantized = {name: calibrated(model, exact, False, train[0]) for name, model in models.items()}
    per_channel = {"mlperf": calibrated(models["mlperf"], exact, True, train[0])}
    rows = []
    for table in tables:
        start = time.monotonic()
        row = {"name": table.stem, "power_mw": power_mw.get(table.stem), **error_metrics(table)}
        for name in models:
            row[name], statistics = measure(quantized[name], per_channel.get(name), table, test,
                                            train)
            if name == "tfapprox" and table.stem.removeprefix("mul8u_") in LOOKED_AT:
                row["statistics"] = statistics
        row["emulated"] = emulated(options.lutrun, table, test)
        if table.stem.removeprefix("mul8u_") in LIKE_TFAPPROX:
            row["like_tfapprox"] = like_tfapprox(table, test)
        rows.append(row)
        figures = "  ".join(f"{name} " + " ".join(
            f"{100 * row[name][mode]:.1f}" for mode in ("frozen", "recalibrated", "batch"))
                            for name in models)
        print(f"{table.stem}: {figures}  ({time.monotonic() - start:.0f} s)", flush=True)
    options.output.write_text(json.dumps({
        "machine": {"tensorflow": tf.__version__, "keras": keras.__version__,
                    "axlut": axlut.__version__},
        "settings": SETTINGS, "float": float_results(models, test),
        "float_like_tfapprox": like_tfapprox(None, test), "tables": rows,
    }, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except resnet8.MissingData as error:
        sys.exit(f"error: {error}")
