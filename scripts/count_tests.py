#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Adds up the results of CTest and of the pytest runs inside it: "N passed, N failed, N skipped".

Takes the folder with ctest.xml and pytest's *.xml. A CTest named pytest.* is counted by the cases
in its own file, so that every test case counts once. Exits 1 if one failed or none ran.
"""

import collections
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def outcome(case):
    """passed, failed or skipped, for one <testcase> of either writer."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return "skipped"
    return "failed" if case.get("status") == "fail" else "passed"


def main():
    folder = pathlib.Path(sys.argv[1])
    counts = collections.Counter()
    skipped = []
    for file in sorted(folder.glob("*.xml")):
        for case in ElementTree.parse(file).iter("testcase"):
            result = outcome(case)
            # A pytest run that failed as a whole (at collection) must not vanish.
            if file.name == "ctest.xml" and case.get("name").startswith("pytest."):
                inner = folder / (case.get("name") + ".xml")
                if inner.exists() and result == "passed":
                    continue
            counts[result] += 1
            if result == "skipped":
                skipped.append(case.get("name"))
    if skipped:
        print("skipped: " + ", ".join(sorted(skipped)))
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
