#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whole networks: AxLUT beside the TensorFlow Lite interpreter, one thread each, in turns.

    .venv/bin/python scripts/bench_networks.py --bin build/bin -o docs/benchmarks/networks.json

Runs MLPerf Tiny's int8 ResNet-8 where ../shared has it, and the bundled digits CNN. Before anything
is timed, lutrun's outputs with the exact table must equal the interpreter's reference kernels byte
for byte. Needs TensorFlow (scripts/setup.sh --with-tensorflow).
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
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from bench_summary import write_json  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = {
    "ResNet-8 (MLPerf Tiny)":
        ROOT.parent / "shared/data/models/mlperf_tiny/pretrainedResnet_quant.tflite",
    "digits CNN (bundled)": ROOT / "testdata/digits/digits_cnn.tflite",
}
# At most so many times the interpreter's time with XNNPACK (its default); at most so many times
# the bytes that the largest layer reads and writes.
TIME_LIMITS = {"exact": 3, "random": 10}
MEMORY_LIMIT = 3
ROUNDS = 3
SECONDS = 1.0  # per measurement of the interpreter

Resolver = tf.lite.experimental.OpResolverType


def interpreter_of(model, resolver):
    interpreter = tf.lite.Interpreter(model_path=str(model), num_threads=1,
                                      experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    return interpreter


def reference_outputs(model, codes):
    """The outputs of TensorFlow Lite's reference kernels, sample by sample."""
    interpreter = interpreter_of(model, Resolver.BUILTIN_REF)
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]
    outputs = []
    for sample in codes:
        interpreter.set_tensor(source, sample[np.newaxis])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(target)[0])
    return np.array(outputs)


def least_ms(interpreter):
    """This thread's CPU time of one image, the least of many."""
    least, start = float("inf"), time.thread_time()
    while time.thread_time() - start < SECONDS:
        begin = time.thread_time()
        interpreter.invoke()
        least = min(least, time.thread_time() - begin)
    return least * 1e3


def random_codes(model, samples):
    detail = interpreter_of(model, Resolver.BUILTIN_REF).get_input_details()[0]
    shape = [samples, *detail["shape"][1:]]
    return np.random.default_rng(1).integers(-128, 128, shape).astype(np.int8)


def check_outputs(lutrun, model, folder):
    """Exits unless the exact table gives the bytes of the reference kernels."""
    codes = random_codes(model, 16)
    np.save(folder / "codes.npy", codes)
    subprocess.run([lutrun, "emulate", "-q", model, "--table", "exact", "--data",
                    folder / "codes.npy", "--dump-outputs", folder / "outputs.npy"], check=True,
                   stdout=subprocess.DEVNULL)
    if not np.array_equal(np.load(folder / "outputs.npy"), reference_outputs(model, codes)):
        sys.exit(f"error: outputs of {model} differ from TensorFlow Lite's reference kernels")


def quicker(old, new):
    """Of two measurements of one table: the least of each figure."""
    if old is None:
        return new
    for ours, theirs in zip(old["batches"], new["batches"]):
        ours["ms_per_image"] = min(ours["ms_per_image"], theirs["ms_per_image"])
        for mine, other in zip(ours["layers"], theirs["layers"]):
            mine["ms_per_image"] = min(mine["ms_per_image"], other["ms_per_image"])
    return old


def rounded(value):
    """Floats of a JSON value to five digits behind the point."""
    if isinstance(value, dict):
        return {key: rounded(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [rounded(entry) for entry in value]
    return round(value, 5) if isinstance(value, float) else value


def measure(name, model, tables, timing):
    """All figures of one model: {"model", "tflite_ms", "tables": [...]}."""
    xnnpack = interpreter_of(model, Resolver.AUTO)
    reference = interpreter_of(model, Resolver.BUILTIN_REF)
    tflite = {"xnnpack": float("inf"), "reference": float("inf")}
    ours = dict.fromkeys(tables)
    for _ in range(ROUNDS):
        tflite["xnnpack"] = min(tflite["xnnpack"], least_ms(xnnpack))
        tflite["reference"] = min(tflite["reference"], least_ms(reference))
        for table, path in tables.items():
            done = subprocess.run([timing, model, path], check=True, capture_output=True, text=True)
            ours[table] = quicker(ours[table], json.loads(done.stdout))
    rows = []
    for table, figures in ours.items():
        for batch in figures["batches"]:
            ratio = batch["ms_per_image"] / tflite["xnnpack"]
            rows.append({"table": table, **batch, "ratio_to_xnnpack": ratio,
                         "limit": TIME_LIMITS[table], "met": ratio <= TIME_LIMITS[table]})
    figures = ours["exact"]
    memory = figures["workspace_bytes_per_sample"] / figures["largest_layer_bytes"]
    return figures["machine"], rounded({
        "model": name, "macs_per_image": figures["macs_per_image"],
        "tflite_ms_per_image": tflite, "outputs_equal_reference": True, "runs": rows,
        "workspace_bytes": figures["workspace_bytes_per_sample"],
        "largest_layer_bytes": figures["largest_layer_bytes"], "memory_ratio": memory,
        "memory_limit": MEMORY_LIMIT, "memory_met": memory <= MEMORY_LIMIT})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/bin")
    parser.add_argument("-o", dest="output", type=pathlib.Path, required=True)
    options = parser.parse_args()
    answer = {"schema": 1, "what": "ms per image of one thread's CPU time, least of many runs, the "
                                   "interpreter and AxLUT in turns"}
    networks = []
    with tempfile.TemporaryDirectory() as name:
        tables = {"exact": "exact", "random": "random"}
        for title, model in MODELS.items():
            if not model.exists():
                print(f"{title}: {model} is not there, left out")
                continue
            check_outputs(options.bin / "lutrun", model, pathlib.Path(name))
            machine, network = measure(title, model, tables, options.bin / "network_timing")
            networks.append(network)
            for run in network["runs"]:
                print(f"{title}, {run['table']}, batch {run['batch']}: {run['ms_per_image']} ms, "
                      f"{run['ratio_to_xnnpack']:.2f} x XNNPACK")
    answer["machine"] = {**machine, "tensorflow": tf.__version__}
    answer["networks"] = networks
    write_json(options.output, answer, ("networks",))


if __name__ == "__main__":
    main()
