#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_links.py finds every sort of link that leads nowhere, and nothing else."""

import pathlib
import tempfile
import unittest

import check_links

PAGE = """# The page, and `code`

<a id="by-hand"></a>
## Twice
## Twice
## A [linked](other.md) heading: 2^31

```sh
# no heading, [no link](nowhere.md)
```

`[no link](nowhere.md)` [site](https://example.org/x#y) [mail](mailto:x@example.org)
"""
RIGHT = ["other.md", "docs/page.md", "#the-page-and-code", "page.md#twice", "page.md#twice-1",
         "page.md#by-hand", "#a-linked-heading-231", "../README.md", "plot.svg", "a%20b.txt",
         "../code.py#L3", "."]
WRONG = ["missing.md", "#twice-2", "page.md#no-heading-no-link", "../../outside.md",
         "/docs/page.md", "plot.png"]


class LinksTest(unittest.TestCase):
    def broken(self, targets):
        """The targets that lead nowhere, of a page that has one link in each line."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve() / "root"
            (root / "docs/docs").mkdir(parents=True)
            for name in ("README.md", "code.py", "docs/other.md", "docs/plot.svg", "docs/a b.txt",
                         "docs/docs/page.md", "../outside.md"):
                (root / name).write_text("", encoding="utf-8")
            page = root / "docs/page.md"
            page.write_text(PAGE + "".join(f"[text]({target})\n" for target in targets),
                            encoding="utf-8")
            first = PAGE.count("\n") + 1
            found = list(check_links.broken_links(root, [page]))
            for _, number, target in found:
                self.assertIn(target, targets[number - first])
            return [target for _, _, target in found]

    def test_links_that_lead_somewhere_are_right(self):
        self.assertEqual(self.broken(RIGHT), [])

    def test_links_that_lead_nowhere_are_found_with_their_lines(self):
        self.assertEqual(self.broken(WRONG), WRONG)

    def test_a_title_and_angle_brackets_are_no_part_of_a_target(self):
        self.assertEqual(self.broken(['missing.md "title"', "<gone.md>"]),
                         ["missing.md", "gone.md"])


if __name__ == "__main__":
    unittest.main()
