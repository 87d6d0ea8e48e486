#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What tuned weights are worth to MLPerf Tiny's ResNet-8: the table of docs/weight-tuning.md.

    PYTHONPATH=build/python .venv/bin/python scripts/reproduce_weight_tuning.py [--tables 7C1,PKY]

Needs ../shared (or AXLUT_SHARED_DIR); takes about two minutes. The network is the float one with
fixed input ranges, found on training images, which give the histograms of activations, too.
"""

import argparse
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import axlut
import resnet8_models as resnet8

TABLES = ("1JFF", "GS2", "7C1", "PKY", "96D", "JQQ", "185Q", "12N4", "L40")
TRAINING_IMAGES = 512


def accuracies(model, table, train, test):
    """In per cent: as it is, tuned for activations that are equally frequent, and for counted ones."""
    results = []
    for tune in (None, lambda approximate: axlut.tune_layer(approximate),
                 lambda approximate: axlut.tune_layer(approximate, train)):
        approximate = axlut.approximate(model, table, quantize="fixed")
        axlut.calibrate(approximate, train)
        if tune is not None:
            tune(approximate)
        results.append(100 * axlut.accuracy(approximate, test))
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", default=",".join(TABLES), help="names, separated by commas")
    options = parser.parse_args()
    try:
        train, _ = resnet8.load_images("train", TRAINING_IMAGES)
        test = resnet8.load_images("test")
        model = resnet8.build("mlperf")
        tables = {name: str(resnet8.shared_file(f"tables/tfapprox/mul8u_{name}.bin"))
                  for name in options.tables.split(",")}
    except resnet8.MissingData as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    print("| table | as it is | tuned without data | tuned with data |\n| --- | --- | --- | --- |")
    for name, table in tables.items():
        row = accuracies(model, table, train, test)
        print(f"| mul8u_{name} | " + " | ".join(f"{value:.1f}" for value in row) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
