#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The roofline's bounds, counted by hand."""

import unittest

from bench_roofline import Plan, fp32_ns_per_mac


class RooflineTest(unittest.TestCase):
    def test_any_table_takes_13_operations(self):
        plan = Plan.parse("2 byte planes of 256x256 classes, 0..65535")
        # 4 vpermi2b, 2 blends, 2 shifts, 4 additions, 1 vpmovb2m.
        self.assertEqual(plan.operations, 13)
        self.assertEqual(plan.cycles, 6.5)
        self.assertAlmostEqual(plan.ns_per_mac(3.69), 0.0275, places=4)
        self.assertEqual(plan.name, "two planes of 256 classes")
        self.assertEqual(Plan.parse("table").operations, 13)

    def test_terms_are_bound_by_vpdpbusd(self):
        self.assertEqual(Plan.parse("1 term").cycles, 1)
        self.assertEqual(Plan.parse("3 terms").cycles, 3)
        self.assertEqual(Plan.parse("3 terms").name, "3 terms")

    def test_few_classes_and_small_entries_take_fewer_operations(self):
        def operations(classes, largest):
            return Plan.parse(f"1 term, 1 byte plane of {classes}x256 classes, 0..{largest}").operations

        self.assertEqual(operations(64, 255), 1 + 1 + 3)
        self.assertEqual(operations(128, 127), 1 + 1 + 4 / 2)
        self.assertEqual(operations(64, 63), 1 + 1 + 6 / 4)
        self.assertEqual(operations(129, 255), 1 + 1 + 3 + 3)  # + mask; two lookups and a blend
        self.assertEqual(Plan.parse("1 term, 1 byte plane of 200x12 classes, 0..63").name,
                         "1 term + one plane of 64 classes, 4 bytes at once")

    def test_the_high_plane_has_the_high_bytes_range(self):
        plan = Plan.parse("2 byte planes of 64x64 classes, 0..300")
        self.assertEqual([plane.added_as_bytes for plane in plan.planes], [1, 4])

    def test_lookups_bound_what_has_little_else(self):
        plan = Plan.parse("1 byte plane of 256x256 classes, 0..63")
        self.assertEqual(plan.cycles, max((1 + 2 + 1 + 1.5) / 2, 2))

    def test_nothing_left_costs_nothing(self):
        plan = Plan.parse("offsets")
        self.assertEqual((plan.cycles, plan.name), (0, "constant"))

    def test_other_names_are_errors(self):
        for name in ("", "2 planes", "1 term, 1 byte plane of 64 classes", "tables"):
            with self.assertRaises(ValueError):
                Plan.parse(name)

    def test_fp32(self):
        self.assertAlmostEqual(fp32_ns_per_mac(3.69), 0.0169, places=4)


if __name__ == "__main__":
    unittest.main()
