#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fills the tables of docs/reproduction.md from docs/benchmarks/resnet8_tables.json.

    scripts/make_reproduction_page.py [--check] [--plot]

--check exits 1 if the page is not current; --plot draws docs/benchmarks/resnet8_tables.svg as well
(matplotlib: requirements-bench.txt).
"""

import argparse
import json
import sys

from make_performance_page import DOCS, fill, table

NETWORKS = {"tfapprox": "TFApprox' ResNet-8", "mlperf": "MLPerf Tiny's ResNet-8"}
MODES = ("frozen", "recalibrated", "batch")
# Accuracies in percent of TFApprox' network through its own tf2 op, on the first 200 test images,
# with frozen statistics and with those of the batch: facts/tfapprox.md, section 8 (images that were
# JPEG-compressed; fp32 in front), and facts/circuits.md, section 5.2 (the images as they are here).
REFERENCE_JPEG = {"fp32": (72.0, 73.0), "1JFF": (71.5, 72.0), "7C1": (59.0, 70.0),
                  "2AC": (18.5, 71.5), "185Q": (15.0, 68.0), "L40": (15.0, 13.5),
                  "17QU": (11.5, 13.5)}
REFERENCE_LOSSLESS = {"1JFF": ("81-82", "81-82"), "2AC": ("12-13", "79.5")}


def percent(share):
    return "-" if share is None else f"{100 * share:.1f}"


def short(name):
    return name.removeprefix("mul8u_")


def number(value):
    """Three digits, never in scientific notation."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def settings(data):
    about = data["settings"]
    return (f"{about['test_images']} test images; the population's statistics over "
            f"{about['statistics_images']}, ranges over {about['range_images']} and recalibration "
            f"over {about['recalibration_images']} training images; batch statistics over "
            f"{about['batch']} test images; TensorFlow {data['machine']['tensorflow']}, Keras "
            f"{data['machine']['keras']}. Standard error of an accuracy p: "
            f"sqrt(p (1 - p) / {about['test_images']}), 1.2 points at 83 %, 1.0 at 88 %.\n")


def baselines(data):
    rows = []
    for key, label in NETWORKS.items():
        exact = exact_row(data)[key]
        in_float = data["float"][key]
        rows += [[label, "fp32, statistics of the file", percent(in_float["file"])]]
        if in_float["population"] != in_float["file"]:
            rows += [[label, "fp32, statistics of the population", percent(in_float["population"])]]
        rows += [[label, f"fp32, statistics of the batch of {data['settings']['batch']}",
                  percent(in_float["batch"])],
                 [label, "8 bits, exact table, frozen", percent(exact["frozen"])],
                 [label, "8 bits, exact table, recalibrated", percent(exact["recalibrated"])],
                 [label, "8 bits, exact table, batch statistics", percent(exact["batch"])]]
        if "per_channel_frozen" in exact:
            rows += [[label, "8 bits, a range per output channel, exact table, frozen",
                      percent(exact["per_channel_frozen"])]]
    emulated = exact_row(data).get("emulated")
    if emulated is not None:
        rows.append([NETWORKS["mlperf"], "int8 `.tflite`, `lutrun emulate`, exact table",
                     percent(emulated)])
    return table(["network", "arithmetic", "accuracy, %"], rows)


def exact_row(data):
    return next(row for row in data["tables"] if short(row["name"]) == "1JFF")


def tables(data):
    """Most accurate multiplier first."""
    rows = []
    for row in sorted(data["tables"], key=lambda row: (row["mae"], row["name"])):
        rows.append([f"`{short(row['name'])}`", number(row["power_mw"]), number(row["mae"]),
                     number(row["bias"]), number(row["bias_below_32"]),
                     *(percent(row[key][mode]) for key in NETWORKS for mode in MODES),
                     percent(row["mlperf"]["per_channel_recalibrated"]), percent(row["emulated"])])
    accuracies = [f"{name} {mode}" for name in ("T", "M") for mode in MODES]
    return table(["table", "mW", "MAE", "bias", "bias, a < 32", *accuracies,
                  "M per channel, recalibrated", "M int8"], rows)


def statistics(data):
    """What recalibration found, layer by layer, for the tables that were looked at."""
    rows = [[f"`{short(row['name'])}`", what,
             *(f"{change[key]:.2f}" for change in row["statistics"])]
            for row in data["tables"] if "statistics" in row
            for key, what in (("shift", "mean moved by, standard deviations"),
                              ("width", "standard deviation times"))]
    return table(["table", "", *(f"conv{i}" for i in range(7))], rows)


def reference(data):
    ours = {short(row["name"]): row.get("like_tfapprox", {}) for row in data["tables"]}
    ours["fp32"] = data["float_like_tfapprox"]
    rows = []
    for name, theirs in REFERENCE_JPEG.items():
        row = [f"`{name}`" if name != "fp32" else name]
        for i, statistics in enumerate(("frozen", "batch")):
            row += [f"{theirs[i]:.1f}", percent(ours[name].get("jpeg", {}).get(statistics)),
                    REFERENCE_LOSSLESS.get(name, ("-", "-"))[i],
                    percent(ours[name]["lossless"][statistics])]
        rows.append(row)
    columns = [f"{statistics}, {images}: {whose}" for statistics in ("frozen", "batch")
               for images in ("JPEG", "lossless") for whose in ("tf2 op", "AxLUT")]
    return table(["table", *columns], rows)


SECTIONS = {section.__name__: section for section in (
    settings, baselines, tables, statistics, reference)}


def draw(data):
    """Accuracy against the multiplier's power, a panel per network, a mark per mode."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    # The same file for the same figures, and text as text.
    plt.rcParams.update({"svg.hashsalt": "axlut", "svg.fonttype": "none", "font.size": 9})
    rows = sorted((row for row in data["tables"] if row["power_mw"] is not None),
                  key=lambda row: row["power_mw"])
    power = [row["power_mw"] for row in rows]
    figure, panels = plt.subplots(1, 2, figsize=(11, 4.5), sharey=True)
    for axes, (key, label) in zip(panels, NETWORKS.items()):
        for mode, marker, color in zip(MODES, "xo+", ("tab:red", "tab:blue", "tab:gray")):
            axes.plot(power, [100 * row[key][mode] for row in rows], marker, color=color,
                      label={"frozen": "frozen statistics", "recalibrated": "recalibrated",
                             "batch": "statistics of the batch"}[mode], markersize=5)
        for row in rows:
            ends = [100 * row[key][mode] for mode in ("frozen", "recalibrated")]
            if abs(ends[0] - ends[1]) > 10:
                axes.annotate(short(row["name"]), (row["power_mw"], max(ends)), fontsize=7,
                              xytext=(4, -7), textcoords="offset points")
                axes.vlines(row["power_mw"], *ends, color="tab:red", linewidth=0.4)
        axes.axhline(100 * data["float"][key]["population"], color="black", linewidth=0.8,
                     linestyle="--", label="fp32")
        axes.axhline(10, color="black", linewidth=0.5, linestyle=":", label="chance")
        axes.set(title=label, xlabel="power of the multiplier, mW (45 nm, EvoApproxLib)")
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    panels[0].set_ylabel(f"accuracy on {data['settings']['test_images']} CIFAR-10 images, %")
    panels[1].legend(loc="center left")
    figure.tight_layout()
    figure.savefig(DOCS / "benchmarks/resnet8_tables.svg", bbox_inches="tight",
                   metadata={"Date": None, "Creator": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit 1 if the page is not current")
    parser.add_argument("--plot", action="store_true", help="draw the plot as well")
    options = parser.parse_args()
    data = json.loads((DOCS / "benchmarks/resnet8_tables.json").read_text(encoding="utf-8"))
    page = DOCS / "reproduction.md"
    old = page.read_text(encoding="utf-8")
    new = fill(old, {name: section(data) for name, section in SECTIONS.items()})
    if options.plot:
        draw(data)
    if not options.check:
        page.write_text(new, encoding="utf-8")
        return 0
    if old == new:
        return 0
    print(f"{page} is not what docs/benchmarks says; run scripts/make_reproduction_page.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
