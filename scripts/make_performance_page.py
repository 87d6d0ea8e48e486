#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fills the tables of docs/performance.md from docs/benchmarks/*.json, or checks that they are current.

    scripts/make_performance_page.py [--check]

A table stands between <!-- begin NAME --> and <!-- end NAME -->; everything else is left alone.
"""

import argparse
import json
import pathlib
import re
import statistics
import sys

from bench_roofline import Plan, fp32_ns_per_mac
from bench_summary import best_fp32, per_problem

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
# Subjects that are tables, with all instruction sets.
TABLE_GROUPS = ("arbitrary", "one_term", "tfapprox")


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def machine(data):
    about = data["plans"]["machine"]
    return (f"{about['cpu']}, at {about['ghz']} GHz while measured; instruction set "
            f"{about['instruction_set']}; g++ {about['compiler']}; oneDNN {about['onednn']}; "
            f"TensorFlow {data['networks']['machine']['tensorflow']}.\n")


def summary(data):
    def amount(row, key):
        return f"{row[key]:.3g}"

    rows = [[row["what"], row["unit"], amount(row, "mean"),
             f"{amount(row, 'worst')} ({row['worst_problem']})", amount(row, "limit"), row["met"],
             amount(row, "stretch"), row["stretch_met"]] for row in data["plans"]["summary"]]
    return table(["what", "unit", "mean", "worst problem", "limit", "met", "stretch", "met"], rows)


def layers(data):
    """ns per product of each problem and kind of subject."""
    rows = data["plans"]["results"]

    def figures(reduce, **wanted):
        return per_problem(rows, "ns_per_mac", reduce, **wanted)

    columns = {
        "oneDNN fp32": best_fp32(rows),
        "oneDNN int8": figures(min, group="onednn_int8"),
        "exact": figures(min, subject="exact"),
        "median": figures(statistics.median, group="tfapprox"),
        "worst": figures(max, group="tfapprox"),
        "random": figures(min, group="arbitrary"),
        "random, AVX2": figures(min, group="avx2"),
        "AdaPT": figures(min, subject="adapt_order"),
        "TFApprox 1": figures(min, subject="tfapprox_order"),
        "TFApprox 2": figures(min, subject="tfapprox2_order"),
    }
    problems = list(dict.fromkeys(row["problem"] for row in rows))
    lines = [[f"`{problem}`", *(f"{column[problem]:.4f}" if problem in column else "-"
                                for column in columns.values())] for problem in problems]
    return table(["problem", *columns], lines)


def roofline(data):
    """Per family of plans: how many tables, the bound, the quickest and the median measurement."""
    ghz = data["plans"]["machine"]["ghz"]
    rows = data["plans"]["results"]
    families = {}
    for row in rows:
        if row["kind"] == "conv" and row["group"] in TABLE_GROUPS:
            plan = Plan.parse(row["plan"])
            families.setdefault((plan.cycles, plan.name), []).append(row)
    lines = []
    for (cycles, name), measured in sorted(families.items()):
        if cycles == 0:
            continue
        bound = Plan.parse(measured[0]["plan"]).ns_per_mac(ghz)
        times = [row["ns_per_mac"] for row in measured]
        lines.append([name, len({row["subject"] for row in measured}), f"{cycles:.3g}",
                      f"{bound:.4f}", f"{min(times):.4f}", f"{statistics.median(times):.4f}",
                      f"{100 * bound / statistics.median(times):.0f} %",
                      ", ".join(f"`{kernel}`" for kernel in
                                sorted({row["implementation"] for row in measured}))])
    fp32 = [time for problem, time in best_fp32(rows).items()
            if any(row["problem"] == problem and row["kind"] == "conv" for row in rows)]
    bound = fp32_ns_per_mac(ghz)
    lines.append(["oneDNN fp32", "", "4", f"{bound:.4f}", f"{min(fp32):.4f}",
                  f"{statistics.median(fp32):.4f}",
                  f"{100 * bound / statistics.median(fp32):.0f} %", ""])
    return table(["plan", "tables", "cycles per 64 products", "bound, ns", "least", "median",
                  "bound / median", "kernels"], lines)


def sweep(data):
    rows = data["scaling"]["sweep"]
    names = list(dict.fromkeys(row["table"] for row in rows))
    problems = list(dict.fromkeys((row["problem"], row["macs"]) for row in rows))
    figures = {(row["problem"], row["table"]): row["ns_per_mac"] for row in rows}
    lines = [[f"`{problem}`", f"{macs / 1e6:.1f}", *(f"{figures[problem, name]:.4f}"
                                                     for name in names)]
             for problem, macs in problems]
    return table(["problem", "million products", *(f"{name}, ns" for name in names)], lines)


def set_up(data):
    lines = [[f"`{row['problem']}`", row["table"], f"`{row['kernel']}`", f"{row['set_up_us']:.0f}",
              f"{row['found_us']:.1f}", f"{row['run_us']:.0f}",
              f"{100 * row['set_up_of_run']:.1f} %", f"{100 * row['found_of_run']:.1f} %"]
             for row in data["scaling"]["set_up"]]
    return table(["problem", "table", "kernel", "set-up, us", "found again, us", "one run, us",
                  "set-up / run", "found / run"], lines)


def threads(data):
    lines = [[f"`{row['problem']}`", row["table"], f"{row['one_thread_ms']:.2f}",
              f"{row['two_threads_ms']:.2f}", f"{row['speed_up']:.2f}"]
             for row in data["scaling"]["threads"]]
    return table(["problem", "table", "1 thread, ms", "2 threads, ms", "times as fast"], lines)


def networks(data):
    lines = []
    for network in data["networks"]["networks"]:
        tflite = network["tflite_ms_per_image"]
        for row in network["runs"]:
            lines.append([network["model"], row["table"], row["batch"],
                          f"{row['ms_per_image']:.3f}", f"{tflite['xnnpack']:.3f}",
                          f"{tflite['reference']:.3f}", f"{row['ratio_to_xnnpack']:.1f}",
                          row["limit"], "yes" if row["met"] else "no"])
    return table(["network", "table", "batch", "AxLUT, ms", "XNNPACK, ms", "TFLite reference, ms",
                  "AxLUT / XNNPACK", "limit", "met"], lines)


def memory(data):
    lines = [[network["model"], f"{network['workspace_bytes']:,}",
              f"{network['largest_layer_bytes']:,}", f"{network['memory_ratio']:.2f}",
              network["memory_limit"], "yes" if network["memory_met"] else "no"]
             for network in data["networks"]["networks"]]
    return table(["network", "activations and scratch, bytes", "largest layer, bytes", "ratio",
                  "limit", "met"], lines)


def tf_op(data):
    """What the op adds to the layer that it runs."""
    limit = data["tf_op"]["limit"]
    lines = []
    for row in data["tf_op"]["runs"]:
        ratios = [row[ranges]["ratio"] for ranges in ("given_ranges", "own_ranges")]
        lines.append([row["layer"], row["threads"], f"{row['integer_ms']:.2f}",
                      *(f"{ratio:.2f}" for ratio in ratios), limit,
                      "yes" if max(ratios) <= limit else "no"])
    return table(["layer", "threads", "layer alone, ms", "op with given ranges / alone",
                  "op with its own ranges / alone", "limit", "met"], lines)


def tf_networks(data):
    """A converted ResNet-8; nothing as long as scripts/bench_tf_networks.py has not measured it."""
    if "tf_networks" not in data:
        return ""
    what = {"forward": "forward pass", "training": "training step"}
    yardsticks = {"fp32": "fp32, ms", "fp32_xla": "fp32 by XLA, ms",
                  "fp32_qat": "fake-quantized fp32, ms"}
    lines = []
    for row in data["tf_networks"]["results"]:
        times = row["ms"]
        lines.append([what[row["kind"]], row["table"], row["threads"], row["batch"],
                      f"{times[row['table']]:.1f}",
                      *(f"{times[name]:.1f}" if name in times else "-" for name in yardsticks),
                      f"{row['ratio']:.2f}", row["limit"], "yes" if row["met"] else "no"])
    # Paragraph and table come and go together.
    about = """\
Wall-clock milliseconds of a batch through MLPerf Tiny's ResNet-8 in Keras, its convolutions converted by
`axlut.approximate`. The ratio of a forward pass is to the same model in fp32, not compiled by XLA; that of a
training step (straight-through gradients) to the model with TensorFlow's own fake-quantization.

"""
    return about + table(["what", "table", "threads", "batch", "AxLUT, ms", *yardsticks.values(),
                          "ratio", "limit", "met"], lines)


SECTIONS = {section.__name__: section for section in (
    machine, summary, layers, roofline, sweep, set_up, threads, networks, memory, tf_op,
    tf_networks)}


def fill(text, sections):
    """`text` with the content of every marked section replaced; ValueError for an unknown name."""
    def content(match):
        name = match[1]
        if name not in sections:
            raise ValueError(f"there is no section '{name}'")
        return f"<!-- begin {name} -->\n{sections[name]}<!-- end {name} -->\n"

    return re.sub(r"<!-- begin (\w+) -->\n.*?<!-- end \1 -->\n", content, text, flags=re.DOTALL)


def load(folder):
    """{name: content} of the files of measurements; one of them need not be there."""
    needed, optional = ("plans", "scaling", "networks", "tf_op"), ("tf_networks",)
    names = [*needed, *(name for name in optional if (folder / f"{name}.json").exists())]
    return {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            for name in names}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit 1 if the page is not current")
    options = parser.parse_args()
    data = load(DOCS / "benchmarks")
    page = DOCS / "performance.md"
    old = page.read_text(encoding="utf-8")
    new = fill(old, {name: section(data) for name, section in SECTIONS.items()})
    if not options.check:
        page.write_text(new, encoding="utf-8")
        return 0
    if old == new:
        return 0
    print(f"{page} is not what docs/benchmarks says; run scripts/make_performance_page.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
