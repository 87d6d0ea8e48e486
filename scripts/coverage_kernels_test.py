#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The coverage of GPU kernels, from gcov's entries made up so that every count is known."""

import pathlib
import unittest

import coverage_kernels

ROOT = pathlib.Path("/root")


def file(name, *lines):
    return {"file": str(ROOT / name),
            "lines": [{"line_number": number, "count": count} for number, count in lines]}


class CoverageKernels(unittest.TestCase):
    def test_a_line_is_run_if_any_instance_in_any_test_ran_it(self):
        runs = coverage_kernels.count_lines(
            [file("kernels/cuda/lookup/a.cuh", (3, 0), (3, 5), (4, 0)),
             file("kernels/cuda/lookup/a.cuh", (4, 1), (5, 0))], ROOT)
        self.assertEqual(runs, {"kernels/cuda/lookup/a.cuh": {3: 5, 4: 1, 5: 0}})

    def test_only_kernels_count(self):
        runs = coverage_kernels.count_lines(
            [file("kernels/cuda/gpu_table.cc", (1, 0)), file("runtime/a.cuh", (1, 0)),
             {"file": "/usr/include/vector", "lines": []}], ROOT)
        self.assertEqual(runs, {})

    def test_missed_lines_are_named(self):
        text, data = coverage_kernels.report(coverage_kernels.count_lines(
            [file("kernels/cuda/b.cuh", (7, 1), (8, 0), (9, 0), (10, 2))], ROOT))
        self.assertIn("2 of     4  missed 8, 9", text)
        self.assertEqual(data["percent"], 50.0)
        self.assertEqual(data["files"]["kernels/cuda/b.cuh"]["missed"], [8, 9])

    def test_nothing_is_not_everything(self):
        self.assertEqual(coverage_kernels.report({})[1]["percent"], 0.0)


if __name__ == "__main__":
    unittest.main()
