#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Adds up what gcov says about kernels/cuda/**/*.cuh in a build folder with counters.

A line counts as run if any instance of its template ran it, in any test. Prints a table and the
lines that never ran, writes both and a kernels.json into the folder; exits 1 if there are such
lines, or no lines at all.
"""

import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def gcov_files(build):
    """gcov's entries for every source of every object file that ran."""
    for counters in sorted(build.glob("kernels/cuda/**/*.gcda")):
        answer = subprocess.run(["gcov", "--json-format", "--stdout", counters.resolve()],
                                capture_output=True, text=True, check=True, cwd=build)
        for document in answer.stdout.splitlines():
            if document.strip():
                yield from json.loads(document)["files"]


def count_lines(files, root=ROOT):
    """{path: {line: runs}} of the kernels."""
    runs = collections.defaultdict(collections.Counter)
    for file in files:
        path = pathlib.Path(file["file"])
        if not path.is_relative_to(root / "kernels/cuda") or path.suffix != ".cuh":
            continue
        counter = runs[path.relative_to(root).as_posix()]
        for line in file["lines"]:
            counter[line["line_number"]] += line["count"]
    return runs


def report(runs):
    """The table as text, and the same for machines."""
    table, files = [], {}
    for path, lines in sorted(runs.items()):
        missed = sorted(number for number, count in lines.items() if count == 0)
        files[path] = {"lines": len(lines), "run": len(lines) - len(missed), "missed": missed}
        table.append(f"{path:<60} {len(lines) - len(missed):>5} of {len(lines):>5}"
                     + ("  missed " + ", ".join(map(str, missed)) if missed else ""))
    total = sum(file["lines"] for file in files.values())
    run = sum(file["run"] for file in files.values())
    percent = 100.0 * run / total if total else 0.0
    table.append(f"{'all kernels':<60} {run:>5} of {total:>5}  {percent:.1f} %")
    return "\n".join(table) + "\n", {"lines": total, "run": run, "percent": percent,
                                     "files": files}


def main():
    build = pathlib.Path(sys.argv[1])
    text, data = report(count_lines(gcov_files(build)))
    print(text, end="")
    (build / "kernels.txt").write_text(text, encoding="utf-8")
    (build / "kernels.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    return 0 if data["lines"] and data["run"] == data["lines"] else 1


if __name__ == "__main__":
    sys.exit(main())
