#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sections of a page are replaced, and nothing else."""

import pathlib
import tempfile
import unittest

from make_performance_page import fill, load, table, tf_networks, tf_op


class PageTest(unittest.TestCase):
    def test_every_marked_section_is_replaced_and_the_rest_stays(self):
        page = ("# x\n<!-- begin a -->\nold\nold\n<!-- end a -->\nbetween\n"
                "<!-- begin b -->\n<!-- end b -->\nend\n")
        filled = fill(page, {"a": "new\n", "b": "B\n"})
        self.assertEqual(filled, "# x\n<!-- begin a -->\nnew\n<!-- end a -->\nbetween\n"
                                 "<!-- begin b -->\nB\n<!-- end b -->\nend\n")
        self.assertEqual(fill(filled, {"a": "new\n", "b": "B\n"}), filled)

    def test_an_unknown_section_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "there is no section 'c'"):
            fill("<!-- begin c -->\n<!-- end c -->\n", {})

    def test_tables_have_a_rule_below_the_header(self):
        self.assertEqual(table(["a", "b"], [[1, "x"]]), "| a | b |\n| --- | --- |\n| 1 | x |\n")

    def test_the_op_meets_its_limit_only_with_both_sorts_of_ranges(self):
        def run(given, own):
            return {"layer": "x", "threads": 1, "integer_ms": 2, "given_ranges": {"ratio": given},
                    "own_ranges": {"ratio": own}}

        lines = tf_op({"tf_op": {"limit": 1.15, "runs": [run(1.1, 1.15), run(1.1, 1.16),
                                                         run(1.2, 1)]}}).splitlines()
        self.assertEqual([line.split(" | ")[-1] for line in lines[2:]], ["yes |", "no |", "no |"])

    def test_networks_in_tensorflow_have_a_row_each_once_they_are_measured(self):
        self.assertEqual(tf_networks({}), "")
        rows = [{"kind": "forward", "table": "random", "threads": 2, "batch": 32, "ratio": 4.5,
                 "limit": 4, "met": False, "ms": {"fp32": 10, "fp32_xla": 8, "random": 45}},
                {"kind": "training", "table": "exact", "threads": 1, "batch": 32, "ratio": 2,
                 "limit": 2.5, "met": True, "ms": {"fp32": 20, "fp32_qat": 25, "exact": 50}}]
        lines = tf_networks({"tf_networks": {"results": rows}}).splitlines()
        self.assertEqual(lines[-2:], [
            "| forward pass | random | 2 | 32 | 45.0 | 10.0 | 8.0 | - | 4.50 | 4 | no |",
            "| training step | exact | 1 | 32 | 50.0 | 20.0 | - | 25.0 | 2.00 | 2.5 | yes |"])

    def test_only_the_measurement_of_networks_in_tensorflow_may_be_missing(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for measured in ("plans", "scaling", "networks", "tf_op"):
                with self.assertRaises(FileNotFoundError):
                    load(folder)
                (folder / f"{measured}.json").write_text("{}", encoding="utf-8")
            self.assertNotIn("tf_networks", load(folder))
            (folder / "tf_networks.json").write_text('{"results": []}', encoding="utf-8")
            self.assertEqual(load(folder)["tf_networks"], {"results": []})


if __name__ == "__main__":
    unittest.main()
