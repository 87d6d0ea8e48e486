#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The summary of a benchmark's rows, with rows made up so that every figure is known."""

import json
import pathlib
import tempfile
import unittest

import bench_summary


def row(problem, group, subject, ns_per_mac, kind="conv"):
    return {"problem": problem, "kind": kind, "macs": 1, "group": group, "subject": subject,
            "implementation": "x", "ns_per_mac": ns_per_mac}


def run(rows):
    return {"schema": 1, "machine": {"instruction_set": "avx512vbmi"}, "results": rows}


FULL = run([
    row("p", "onednn_fp32", "onednn_fp32_nhwc", 0.02),
    row("p", "onednn_fp32", "onednn_fp32_preferred", 0.01),
    row("p", "onednn_int8", "onednn_int8_nhwc", 0.004),
    row("p", "arbitrary", "random", 0.02),
    row("p", "one_term", "exact", 0.005),
    row("p", "one_term", "drum6", 0.006),
    row("p", "tfapprox", "t1", 0.01),
    row("p", "tfapprox", "t2", 0.012),
    row("p", "tfapprox", "t3", 0.03),
    row("p", "rival", "adapt_order", 0.5),
    row("p", "rival", "tfapprox_order", 2.0),
    row("q", "onednn_fp32", "onednn_fp32_nhwc", 0.01),
    row("q", "arbitrary", "random", 0.08),
    row("q", "rival", "adapt_order", 0.4),
    row("p", "avx2", "random avx2", 0.04),
    row("d", "onednn_fp32", "onednn_fp32_nhwc", 0.02, "depthwise"),
    row("d", "arbitrary", "random", 0.03, "depthwise"),
])
FEW = run([row("p", "onednn_fp32", "onednn_fp32_nhwc", 0.02),
           row("p", "arbitrary", "random", 0.04)])


class SummaryTest(unittest.TestCase):
    def setUp(self):
        self.goals = {goal.key: goal for goal in bench_summary.summarize(bench_summary.with_ratios(FULL))}

    def test_ratios_are_to_the_quickest_fp32_of_the_problem(self):
        ratios = {(r["problem"], r["subject"]): r["ratio"] for r in bench_summary.with_ratios(FULL)}
        self.assertEqual(ratios["p", "random"], 2.0)
        self.assertEqual(ratios["p", "onednn_fp32_nhwc"], 2.0)
        self.assertEqual(ratios["q", "random"], 8.0)

    def test_the_mean_is_geometric_and_the_worst_names_its_problem(self):
        arbitrary = self.goals["arbitrary"]
        self.assertAlmostEqual(arbitrary.mean, 4.0)  # of 2 and 8
        self.assertEqual((arbitrary.worst, arbitrary.worst_problem), (8.0, "q"))
        self.assertEqual(arbitrary.best, 2.0)

    def test_tables_are_reduced_per_problem(self):
        self.assertAlmostEqual(self.goals["median"].mean, 1.2)
        self.assertAlmostEqual(self.goals["worst"].mean, 3.0)
        self.assertAlmostEqual(self.goals["one_term"].mean, 0.6)
        self.assertIn("3 tables", self.goals["median"].what)

    def test_other_kinds_and_capped_layers_have_rows_of_their_own(self):
        self.assertAlmostEqual(self.goals["depthwise"].mean, 1.5)
        self.assertAlmostEqual(self.goals["avx2"].mean, 4.0)

    def test_a_speed_up_is_worst_where_it_is_least(self):
        adapt = self.goals["adapt"]
        self.assertEqual((adapt.worst, adapt.worst_problem, adapt.best), (5.0, "q", 25.0))
        self.assertEqual(self.goals["tfapprox"].worst, 100.0)  # only one problem has that rival

    def test_met_means_by_every_problem(self):
        arbitrary, adapt = self.goals["arbitrary"], self.goals["adapt"]
        self.assertEqual([arbitrary.reaches(goal) for goal in (8, 5, 3)],
                         ["yes", "on average", "no"])
        self.assertEqual([adapt.reaches(goal) for goal in (5, 10, 14)], ["yes", "on average", "no"])

    def test_rows_without_measurements_are_left_out(self):
        keys = [goal.key for goal in bench_summary.summarize(bench_summary.with_ratios(FEW))]
        self.assertEqual(keys, ["arbitrary"])

    def test_json_is_written_one_row_a_line_and_reads_back(self):
        answer = {"schema": 1, "results": bench_summary.with_ratios(FEW)}
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "x.json"
            bench_summary.write_json(path, answer, ("results",))
            text = path.read_text(encoding="utf-8")
        self.assertEqual(json.loads(text), answer)
        self.assertEqual(len([line for line in text.splitlines() if "problem" in line]), 2)


if __name__ == "__main__":
    unittest.main()
