#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the links of README.md, CHANGELOG.md and docs/: files and headings that they name exist.

    scripts/check_links.py [ROOT]

Links to other sites are not followed. What stands in code is no link. Prints FILE:LINE: TARGET for
every link that leads nowhere, and exits 1 if there is one.
"""

import argparse
import pathlib
import re
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\(<?([^()\s>]+(?:\([^()\s]*\)[^()\s]*)?)>?(?:\s+\"[^\"]*\")?\)")
CODE = re.compile(r"(`+).+?\1")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")


def lines_of_prose(text):
    """(number, line) of every line outside fenced code."""
    fence = None
    for number, line in enumerate(text.splitlines(), 1):
        start = re.match(r"\s*(```+|~~~+)", line)
        if fence is None and start:
            fence = start[1]
        elif fence is not None and start and start[1].startswith(fence):
            fence = None
        elif fence is None:
            yield number, line


def anchors(text):
    """The fragments that a page has: of its headings as GitHub makes them, and <a id="...">."""
    found = set()
    for _, line in lines_of_prose(text):
        found.update(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", line))
        heading = re.match(r"#{1,6}\s+(.*?)\s*#*$", line)
        if heading:
            title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
            slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
            same = slug
            for count in range(1, 1000):
                if same not in found:
                    break
                same = f"{slug}-{count}"
            found.add(same)
    return found


def broken_links(root, pages):
    """(page, line number, target) of every link that leads nowhere."""
    known = {}

    def anchors_of(page):
        if page not in known:
            known[page] = anchors(page.read_text(encoding="utf-8"))
        return known[page]

    for page in pages:
        for number, line in lines_of_prose(page.read_text(encoding="utf-8")):
            for target in LINK.findall(CODE.sub("", line)):
                if SCHEME.match(target):
                    continue
                name, _, fragment = urllib.parse.unquote(target).partition("#")
                file = (page.parent / name).resolve() if name else page
                inside = file.is_relative_to(root)
                if not inside or not file.exists() \
                        or (fragment and file.suffix == ".md" and fragment not in anchors_of(file)):
                    yield page, number, target


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", nargs="?", type=pathlib.Path, default=ROOT)
    root = parser.parse_args().root.resolve()
    pages = [*sorted(root.glob("*.md")), *sorted((root / "docs").rglob("*.md"))]
    broken = list(broken_links(root, pages))
    for page, number, target in broken:
        print(f"{page.relative_to(root)}:{number}: {target}")
    if not pages:
        print(f"{root} has no .md files")
    return 1 if broken or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
