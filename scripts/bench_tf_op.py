#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What ax_conv2d adds to the layer that it runs.

    PYTHONPATH=build/python .venv/bin/python scripts/bench_tf_op.py -o docs/benchmarks/tf_op.json

ax_conv2d quantizes two tensors, runs a layer and makes floats of its sums; ax_conv2d_integer only
runs the layer. Both are called in turns in one process, so that whatever else the machine does meets
both, and their CPU times compared pair by pair. An arbitrary table: no plan helps.
"""

import argparse
import concurrent.futures
import json
import multiprocessing
import os
import pathlib
import re
import sys
import tempfile
import time

LIMIT = 1.15
SHAPES = {  # batch, height and width, input channels, output channels; 3x3, stride 1, SAME
    "28x28x128 -> 3x3x128, batch 8": (8, 28, 128, 128),
    "32x32x16 -> 3x3x16, batch 32": (32, 32, 16, 16),
    "8x8x64 -> 3x3x64, batch 32": (32, 8, 64, 64),
}
GIVEN = {"input_range": (-4.0, 4.0), "filter_range": (-4.0, 4.0)}
ROUNDS = 40


def machine():
    """The CPU, as the other benchmarks name it."""
    info = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    family, model = (re.search(rf"^{key}\s*: (\d+)$", info, re.M) for key in
                     ("cpu family", "model"))
    vendor = "AMD EPYC" if "EPYC" in info else re.search(r"vendor_id\s*: (\S+)", info)[1]
    return f"{vendor}, family {family[1]}, model {model[1]}"


def measure(shape, threads):
    """{"integer": ms, form: {"ms", "ratio"}}, in a process with so many threads."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import numpy as np  # pylint: disable=import-outside-toplevel
    import tensorflow as tf  # pylint: disable=import-outside-toplevel
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    import axlut  # pylint: disable=import-outside-toplevel
    batch, size, in_c, out_c = shape
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "mul8u_random.bin")
        rng.integers(0, 65536, (256, 256)).astype("<u2").tofile(path)
        codes = [tf.constant(rng.integers(0, 256, s).astype(np.uint8))
                 for s in ((batch, size, size, in_c), (3, 3, in_c, out_c))]
        floats = [tf.cast(c, tf.float32) / 32 - 4 for c in codes]
        forms = {
            "integer": (tf.function(lambda x, w: axlut.ax_conv2d_integer(
                x, w, path, input_zero_point=128, filter_zero_point=128)), codes),
            "given_ranges": (tf.function(lambda x, w: axlut.ax_conv2d(x, w, path, **GIVEN)), floats),
            "own_ranges": (tf.function(lambda x, w: axlut.ax_conv2d(x, w, path)), floats),
        }
        times = {form: [] for form in forms}
        for round_ in range(ROUNDS + 2):
            for form, (function, operands) in forms.items():
                begin = time.process_time()
                function(*operands)
                if round_ >= 2:  # the first ones trace, load and pack
                    times[form].append(time.process_time() - begin)
    base = np.array(times.pop("integer"))
    answer = {"integer_ms": round(base.min() * 1e3, 3)}
    for form, spent in times.items():
        answer[form] = {"ms": round(min(spent) * 1e3, 3),
                        "ratio": round(float(np.median(np.array(spent) / base)), 3)}
    return answer | {"tensorflow": tf.__version__}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    options = parser.parse_args()
    runs = []
    for name, shape in SHAPES.items():
        for threads in (1, 2):
            # A process of its own: TensorFlow's threads are set once.
            context = multiprocessing.get_context("spawn")
            with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
                run = pool.submit(measure, shape, threads).result()
            version = run.pop("tensorflow")
            runs.append({"layer": name, "threads": threads, **run})
            print(json.dumps(runs[-1]), file=sys.stderr)
    answer = {
        "schema": 1,
        "what": "CPU ms of one call: ax_conv2d_integer, the layer alone (least of many), and "
                "ax_conv2d; ratio: median over pairs of calls in turns",
        "machine": {"cpu": machine(), "tensorflow": version},
        "limit": LIMIT,
        "runs": runs,
    }
    lines = json.dumps({**answer, "runs": "@"}, indent=1)
    body = ",\n  ".join(json.dumps(run) for run in runs)
    options.output.write_text(lines.replace('"@"', f"[\n  {body}\n ]") + "\n", encoding="utf-8")
    worst = max(run[form]["ratio"] for run in runs[:2] for form in ("given_ranges", "own_ranges"))
    if worst > LIMIT:
        print(f"limit missed: {list(SHAPES)[0]} takes {worst} times the layer", file=sys.stderr)


if __name__ == "__main__":
    main()
