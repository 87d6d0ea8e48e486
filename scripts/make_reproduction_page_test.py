# SPDX-License-Identifier: MIT
"""Tests of make_reproduction_page.py."""

import unittest

from make_reproduction_page import SECTIONS, baselines, reference, statistics, tables


def accuracies(share):
    names = ("frozen", "recalibrated", "batch", "per_channel_frozen", "per_channel_recalibrated")
    return {name: share + i / 1000 for i, name in enumerate(names)}


def measurements():
    """Every table of the comparison, in the order of their names."""
    rows = [{"name": f"mul8u_{name}", "power_mw": power, "mae": mae, "bias": -mae,
             "bias_below_32": 1.5, "emulated": None,
             "tfapprox": accuracies(0.5), "mlperf": accuracies(0.25),
             "like_tfapprox": {"lossless": {"frozen": 0.12, "batch": 0.795}}}
            for name, power, mae in (("17QU", 0.0017, 5249.0), ("185Q", 0.206, 118.7),
                                     ("1JFF", 0.391, 0.0), ("2AC", 0.311, 24.5),
                                     ("7C1", 0.329, 87.3), ("L40", None, 1011.0))]
    networks = {name: {"file": 0.8, "population": 0.83, "batch": 0.835}
                for name in ("tfapprox", "mlperf")}
    like = {"lossless": {"frozen": 0.83, "batch": 0.84}, "jpeg": {"frozen": 0.725, "batch": 0.74}}
    rows[3]["statistics"] = [{"shift": 0.5 + i / 8, "width": 1.0} for i in range(7)]
    return {"float_like_tfapprox": like, "float": networks, "tables": rows,
            "machine": {"tensorflow": "2.21.0", "keras": "3.15"},
            "settings": {"test_images": 1000, "statistics_images": 3000, "range_images": 1000,
                         "recalibration_images": 1000, "batch": 1000}}


class Page(unittest.TestCase):
    def test_tables_are_sorted_by_their_error(self):
        lines = tables(measurements()).splitlines()[2:]
        self.assertEqual([line.split()[1] for line in lines],
                         ["`1JFF`", "`2AC`", "`7C1`", "`185Q`", "`L40`", "`17QU`"])
        self.assertEqual(lines[1], "| `2AC` | 0.311 | 24.5 | -24.5 | 1.5 | 50.0 | 50.1 | 50.2 "
                                   "| 25.0 | 25.1 | 25.2 | 25.4 | - |")

    def test_unknown_power_is_left_open(self):
        self.assertIn("| `L40` | - | 1,011 | -1,011 | 1.5 |", tables(measurements()))

    def test_changed_statistics_are_a_row_for_each_layer(self):
        self.assertEqual(statistics(measurements()).splitlines()[2],
                         "| `2AC` | mean moved by, standard deviations | 0.50 | 0.62 | 0.75 | 0.88 "
                         "| 1.00 | 1.12 | 1.25 |")

    def test_reference_figures_stand_beside_ours(self):
        lines = reference(measurements())
        self.assertIn("| fp32 | 72.0 | 72.5 | - | 83.0 | 73.0 | 74.0 | - | 84.0 |", lines)
        self.assertIn("| `2AC` | 18.5 | - | 12-13 | 12.0 | 71.5 | - | 79.5 | 79.5 |", lines)

    def test_emulation_is_a_baseline_when_it_was_run(self):
        data = measurements()
        self.assertNotIn("lutrun", baselines(data))
        data["tables"][2]["emulated"] = 0.88
        self.assertIn("| int8 `.tflite`, `lutrun emulate`, exact table | 88.0 |", baselines(data))

    def test_every_section_can_be_made(self):
        for section in SECTIONS.values():
            self.assertTrue(section(measurements()).endswith("\n"))


if __name__ == "__main__":
    unittest.main()
