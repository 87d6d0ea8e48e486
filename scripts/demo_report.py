#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the demo's table: demo_report.py FOLDER NAME... reads NAME.metrics.json and NAME.run.json."""

import json
import pathlib
import sys


def main():
    folder = pathlib.Path(sys.argv[1])
    print(f"\n{'multiplier':<18}{'MAE':>10}{'WCE':>8}{'accuracy':>11}{'images/s':>10}")
    for name in sys.argv[2:]:
        metrics = json.loads((folder / f"{name}.metrics.json").read_text())["metrics"]
        run = json.loads((folder / f"{name}.run.json").read_text())
        print(f"{name:<18}{metrics['mae']:>10.2f}{metrics['wce']:>8.0f}"
              f"{100 * run['accuracy']:>9.2f} %{run['images_per_second']:>10.0f}")


if __name__ == "__main__":
    main()
