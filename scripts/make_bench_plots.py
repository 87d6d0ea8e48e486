#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws docs/benchmarks/{tables,roofline}.svg from plans.json. Needs matplotlib: requirements-bench.txt."""

import json
import pathlib

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

from bench_roofline import Plan  # noqa: E402
from bench_summary import best_fp32  # noqa: E402
from make_performance_page import TABLE_GROUPS  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "docs/benchmarks"
PROBLEM = "n1h28w28c128_k3o128s1"  # what the bars are of

# The same file for the same figures, and text as text.
plt.rcParams.update({"svg.hashsalt": "axlut", "svg.fonttype": "none", "font.size": 9})


def save(figure, name):
    figure.savefig(FOLDER / name, bbox_inches="tight", metadata={"Date": None, "Creator": None})
    plt.close(figure)


def colors_of(implementations):
    palette = plt.get_cmap("tab10").colors
    return dict(zip(sorted(set(implementations)), palette))


def spread(heights, ratio=1.25):
    """Heights of labels on a logarithmic axis for lines at `heights`: none closer than `ratio`."""
    placed, last = [0] * len(heights), 0
    for i in sorted(range(len(heights)), key=heights.__getitem__):
        placed[i] = last = max(heights[i], last * ratio)
    return placed


def draw_tables(rows):
    """A bar per table, least time first, with the other emulators' loops and oneDNN as lines."""
    rows = [row for row in rows if row["problem"] == PROBLEM]
    bars = sorted((row for row in rows if row["group"] == "tfapprox"),
                  key=lambda row: row["ns_per_mac"])
    figure, axes = plt.subplots(figsize=(9, 4.5))
    colors = colors_of(row["implementation"] for row in bars)
    for kernel, color in colors.items():
        places = [i for i, row in enumerate(bars) if row["implementation"] == kernel]
        axes.bar(places, [bars[i]["ns_per_mac"] for i in places], color=color, label=kernel)
    times = {row["subject"]: row["ns_per_mac"] for row in rows}
    lines = {
        "TFApprox 2's loop": times["tfapprox2_order"],
        "TFApprox 1's loop": times["tfapprox_order"],
        "AdaPT's loop": times["adapt_order"],
        "random table": times["random"],
        "oneDNN fp32": best_fp32(rows)[PROBLEM],
        "exact table": times["exact"],
        "oneDNN int8": min(row["ns_per_mac"] for row in rows if row["group"] == "onednn_int8"),
    }
    for (name, time), height in zip(lines.items(), spread(list(lines.values()))):
        axes.axhline(time, color="black", linewidth=0.8, linestyle="--")
        axes.text(len(bars) + 0.2, height, f"{name} {time:.4f}", va="center")
    axes.set_yscale("log")
    axes.set_ylabel("ns per product (log)")
    axes.set_xlim(-0.8, len(bars) - 0.2)
    axes.set_xticks(range(len(bars)), [row["subject"].removeprefix("mul8u_") for row in bars],
                    rotation=90)
    axes.set_title(f"{PROBLEM}, one thread, whole layer: {len(bars)} tables of TFApprox")
    axes.legend(title="kernel", loc="center left", bbox_to_anchor=(0, 0.68))
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    save(figure, "tables.svg")


def draw_roofline(rows, ghz):
    """Measured time over the bound of each table's plan."""
    rows = [row for row in rows if row["kind"] == "conv" and row["macs"] > 1e8
            and row["group"] in TABLE_GROUPS and Plan.parse(row["plan"]).cycles > 0]
    figure, axes = plt.subplots(figsize=(6.5, 5))
    for kernel, color in colors_of(row["implementation"] for row in rows).items():
        of_kernel = [row for row in rows if row["implementation"] == kernel]
        axes.scatter([Plan.parse(row["plan"]).ns_per_mac(ghz) for row in of_kernel],
                     [row["ns_per_mac"] for row in of_kernel], s=14, color=color, alpha=0.6,
                     label=kernel)
    ends = [0.003, 0.06]
    for times, style in ((1, "-"), (2, ":")):
        axes.plot(ends, [times * end for end in ends], color="black", linewidth=0.8,
                  linestyle=style, label="the bound" if times == 1 else "twice the bound")
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends,
             xlabel="bound of the plan, ns per product (log)",
             ylabel="measured, ns per product (log)",
             title="Convolutions of more than 100 million products")
    ticks = [0.004, 0.006, 0.01, 0.02, 0.03, 0.05]
    axes.minorticks_off()
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_yticks(ticks, [str(tick) for tick in ticks])
    axes.legend(loc="lower right")
    axes.grid(linewidth=0.3)
    save(figure, "roofline.svg")


def main():
    plans = json.loads((FOLDER / "plans.json").read_text(encoding="utf-8"))
    draw_tables(plans["results"])
    draw_roofline(plans["results"], plans["machine"]["ghz"])


if __name__ == "__main__":
    main()
