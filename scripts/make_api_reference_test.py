#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of make_api_reference.py on a small package: what is public, what a page says, what is missing."""

import pathlib
import tempfile
import unittest

import docstring
import make_api_reference
import python_api

FILES = {
    "__init__.py": '''
"""A package.

scale   of numbers
"""
_MODULES = {"scale": "pack.numbers", "start": "pack._start"}
_SUBMODULES = ("layers", "plain")
__all__ = ["__version__", *_MODULES, *_SUBMODULES]

def __getattr__(name):
    return name
''',
    "_start.py": '''
"""Private module."""
def start() -> None:
    """Starts; a < b * c, `a * b`."""
''',
    "numbers.py": '''
"""Numbers."""
def scale(x: "list[float]", by: float = 2.0, *rest: float, exact: bool, **more: str) -> float:
    """Scales.

    More words.

    Args:
      x: numbers, each at most
        1.0.
      by: factor.
      exact: or not.

    Returns:
      The sum.

    Raises:
      ValueError, TypeError: too bad.
    """
def _helper(x):
    return x
''',
    "plain.py": '''
"""Plain module."""
import dataclasses

@dataclasses.dataclass
class Point:
    """A point.

    Attributes:
      x, y: mm.
    """
    x: float
    y: float = 0.0
    _cache: int = 0

    @property
    def norm(self) -> float:
        """Distance of (0, 0)."""
''',
    "unreachable.py": "def nobody(x):\n    return x\n",
    "layers/__init__.py": '''
"""Layers."""
from pack.layers.base import Dense, helper
__all__ = ["Dense"]
''',
    "layers/base.py": '''
"""Implementation."""
import keras

class Base:
    """Base.

    Args:
      table: a path.
    """
    def ranges(self, width: int) -> float:
        """The range.

        Args:
          width: bits.

        Returns:
          A number.
        """

class _Hidden(Base):
    def __init__(self, units: int, table: str, **kwargs) -> None:
        pass

class Dense(_Hidden, keras.layers.Dense):
    """A layer."""
    def call(self, inputs):
        return inputs
    def ranges(self, width):
        return 0

def helper(x):
    return x
''',
}


def package(changed=()):
    folder = pathlib.Path(tempfile.mkdtemp()) / "pack"
    for name, text in {**FILES, **dict(changed)}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return python_api.Package(folder)


def lacks(name, old, new):
    assert old in FILES[name]
    return list(make_api_reference.lacks(package({name: FILES[name].replace(old, new)})))


class PublicNames(unittest.TestCase):
    def test_what_the_package_offers_lazily_or_by_name_is_public(self):
        self.assertEqual(package().public_modules(),
                         ["pack", "pack.layers", "pack.numbers", "pack.plain"])

    def test_names_are_documented_where_they_are_defined_unless_that_is_private(self):
        found = package()
        self.assertEqual(list(found.offers("pack")), ["start"])
        self.assertEqual(list(found.offers("pack.numbers")), ["scale"])
        self.assertEqual(list(found.offers("pack.layers")), ["Dense"])


class Pages(unittest.TestCase):
    def setUp(self):
        self.pages = make_api_reference.pages(package())

    def test_signature_is_the_written_one_under_the_name_that_users_call(self):
        self.assertIn('pack.scale(x: "list[float]", by: float = 2.0, *rest: float, exact: bool, '
                      "**more: str) -> float", self.pages["pack.numbers.md"])

    def test_long_signatures_are_broken(self):
        old = "exact: bool"
        text = FILES["numbers.py"].replace(old, f"{old}, another_parameter: int = 12345")
        page = make_api_reference.pages(package({"numbers.py": text}))["pack.numbers.md"]
        self.assertIn("pack.scale(\n    x: \"list[float]\",\n    by: float = 2.0,\n    *rest: float,\n",
                      page)

    def test_sections_become_lists(self):
        page = self.pages["pack.numbers.md"]
        self.assertIn("**Arguments**\n\n- `x`: numbers, each at most 1.0.\n- `by`: factor.", page)
        self.assertIn("**Returns** The sum.", page)
        self.assertIn("**Raises**\n\n- `ValueError`, `TypeError`: too bad.", page)

    def test_dataclasses_have_their_fields_and_properties(self):
        page = self.pages["pack.plain.md"]
        self.assertIn("pack.plain.Point(x: float, y: float = 0.0)", page)
        self.assertIn("- `x`, `y`: mm.", page)
        self.assertIn("### norm\n\n*Property.* Distance of (0, 0).", page)

    def test_layers_have_the_constructor_and_the_public_bases_that_they_inherit(self):
        page = self.pages["pack.layers.md"]
        self.assertIn("pack.layers.Dense(units: int, table: str, **kwargs)", page)
        self.assertIn("**Bases** `Base`, `keras.layers.Dense`", page)
        self.assertNotIn("helper", page)

    def test_index_links_every_name(self):
        page = self.pages["pack.md"]
        for link in ("[`scale`](pack.numbers.md#scale)", "[`Dense`](pack.layers.md#dense)",
                     "[`start`](#start)"):
            self.assertIn(link, page)
        self.assertIn("```text\nscale   of numbers\n```", page)

    def test_markdown_is_escaped_outside_of_code(self):
        self.assertIn(r"a \< b \* c, `a * b`.", self.pages["pack.md"])

    def test_changed_missing_and_left_over_pages_are_stale(self):
        folder = pathlib.Path(tempfile.mkdtemp())
        for name, text in self.pages.items():
            (folder / name).write_text(text, encoding="utf-8")
        self.assertEqual(make_api_reference.stale(self.pages, folder), [])
        (folder / "pack.md").write_text("old", encoding="utf-8")
        (folder / "pack.plain.md").unlink()
        (folder / "pack.gone.md").write_text("", encoding="utf-8")
        self.assertEqual(make_api_reference.stale(self.pages, folder),
                         ["pack.gone.md", "pack.md", "pack.plain.md"])


class Completeness(unittest.TestCase):
    def test_a_documented_package_lacks_nothing(self):
        self.assertEqual(list(make_api_reference.lacks(package())), [])

    def test_every_lack_is_found(self):
        name = "pack.numbers.scale"
        for old, new, problem in [
                ("by: float = 2.0", "by=2.0", f"{name}: parameter by has no type hint"),
                (") -> float", ")", f"{name}: no type hint of the result"),
                ("      by: factor.\n", "", f"{name}: parameter by is not in Args"),
                ("    Returns:\n      The sum.\n", "", f"{name}: no Returns"),
                ('"""Numbers."""', "", "pack.numbers: no docstring")]:
            with self.subTest(problem):
                self.assertEqual(lacks("numbers.py", old, new), [problem])

    def test_classes_are_checked_too(self):
        self.assertEqual(lacks("plain.py", "x, y: mm", "x: mm"),
                         ["pack.plain.Point: parameter y is not in Args"])
        self.assertEqual(lacks("plain.py", '        """Distance of (0, 0)."""', "        return 0"),
                         ["pack.plain.Point.norm: no docstring"])
        self.assertEqual(lacks("layers/base.py", "units: int, table: str", "units, table, size"),
                         ["pack.layers.Dense: parameter table has no type hint",
                          "pack.layers.Dense: parameter size has no type hint",
                          "pack.layers.Dense: parameter size is not in Args"])

    def test_private_and_unreachable_functions_are_not_checked(self):
        self.assertEqual(lacks("numbers.py", "def _helper(x)", "def _helper(x, y)"), [])


class Docstrings(unittest.TestCase):
    def test_text_behind_the_sections_is_text(self):
        doc = docstring.Docstring("First.\n\nArgs:\n  a: one.\n\nLast.")
        self.assertEqual(doc.text, "First.\n\nLast.")
        self.assertEqual(doc.names("Args"), {"a"})

    def test_a_colon_in_a_continued_line_is_no_name(self):
        doc = docstring.Docstring("First.\n\nArgs:\n  a: one,\n    for example: this.\n  *b: two.")
        self.assertEqual(doc.names("Args"), {"a", "b"})

    def test_several_names_share_an_explanation(self):
        doc = docstring.Docstring("First.\n\nArgs:\n  a, b (old_b),\n  c: x.\n  d .. f: y.")
        self.assertEqual(doc.entries("Args"), [(["a", "b (old_b)", "c"], "x."), (["d .. f"], "y.")])
        self.assertEqual(doc.names("Args"), {"a", "b", "old_b", "c", "d", "f"})


if __name__ == "__main__":
    unittest.main()
