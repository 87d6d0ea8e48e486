#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the table of docs/kernels.md, between its two marks, from docs/benchmarks/kernels.json."""

import json
import pathlib

DOCS = pathlib.Path(__file__).parent.parent / "docs"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"


def main():
    results = json.loads((DOCS / "benchmarks/kernels.json").read_text(encoding="utf-8"))["results"]
    kernels = list(dict.fromkeys(row["kernel"] for row in results))
    shapes = list(dict.fromkeys(row["shape"] for row in results))
    figures = {(row["shape"], row["kernel"]): row["ns_per_mac"] for row in results}
    table = "| shape | " + " | ".join(f"`{kernel}`" for kernel in kernels) + " |\n"
    table += "|---" * (len(kernels) + 1) + "|\n"
    for shape in shapes:
        cells = (f"{figures[shape, kernel]:.3f}" if (shape, kernel) in figures else "-"
                 for kernel in kernels)
        table += f"| {shape} | " + " | ".join(cells) + " |\n"
    page = DOCS / "kernels.md"
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    page.write_text(before + BEGIN + table + END + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
