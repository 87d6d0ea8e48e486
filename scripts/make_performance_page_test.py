#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sections of a page are replaced, and nothing else."""

import unittest

from make_performance_page import fill, table


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


if __name__ == "__main__":
    unittest.main()
