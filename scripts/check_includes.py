#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Enforces who may include whom (docs/architecture.md): the arrows between folders point one way.

Prints file:line for every #include that breaks the rule and exits 1; exits 0 when there is none.
"""

import pathlib
import re
import sys

# Folder -> folders it may include, beside itself. A file belongs to the longest matching prefix.
ALLOWED = {
    "kernels": ["kernels/plan"],
    "kernels/plan": ["kernels"],
    "runtime/base": [],
    "runtime/table": ["runtime/base"],
    "frontend": ["runtime/base", "runtime/table"],
    "lutgen": ["frontend", "kernels/plan", "runtime/base", "runtime/table"],
    "sim": ["frontend", "runtime/base", "runtime/table"],
    "runtime/nn": ["kernels", "kernels/plan", "runtime/base", "runtime/table"],
    "runtime/model": ["runtime/nn", "kernels", "kernels/plan", "runtime/base", "runtime/table"],
    "runtime/bench": ["runtime/model", "runtime/nn", "kernels", "kernels/plan", "runtime/base",
                      "runtime/table"],
    "runtime/commands": ["runtime/bench", "runtime/model", "runtime/nn", "kernels", "runtime/base",
                         "runtime/table"],
    "runtime": ["runtime/commands", "runtime/model", "runtime/nn", "kernels", "runtime/base",
                "runtime/table"],
    "runtime/tf": ["runtime/nn", "kernels", "kernels/plan", "runtime/base", "runtime/table"],
}

# Headers of a tool appear in one folder only.
TOOL_HEADERS = {
    "frontend/yosys": re.compile(r"^(kernel|backends|passes|frontends)/"),
    "sim": re.compile(r"^verilated"),
    "runtime/tf": re.compile(r"^tensorflow/"),
    "runtime/model": re.compile(r"^flatbuffers/"),
    "runtime/bench": re.compile(r"^(oneapi/dnnl/|cudnn)"),
    "kernels/cuda": re.compile(r"^(cuda|boost/context/)"),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SUFFIXES = {".h", ".cc", ".cu", ".cuh", ".inc", ".def"}


def folder_of(path):
    """The entry of ALLOWED that `path` belongs to, or None."""
    matches = [folder for folder in ALLOWED if path.startswith(folder + "/")]
    return max(matches, key=len, default=None)


def broken_rules(home, here, quote, included):
    """What is wrong with one #include of the file `here`, which belongs to the folder `home`."""
    target = folder_of(included)
    if target and target != home and target not in ALLOWED[home]:
        yield f"{home} must not include {target} ({included})"
    for owner, pattern in TOOL_HEADERS.items():
        if pattern.match(included) and not here.startswith(owner + "/"):
            yield f"only {owner} may include {included}"
    if quote == '"' and "/" not in included:
        yield f"write the full path from the root, not {included}"


def violations(root):
    for top in ("kernels", "frontend", "lutgen", "sim", "runtime"):
        for file in sorted((root / top).rglob("*")):
            here = file.relative_to(root).as_posix()
            if file.suffix not in SUFFIXES:
                continue
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                if match := INCLUDE.match(line):
                    for rule in broken_rules(folder_of(here), here, match[1], match[2]):
                        yield f"{here}:{number}: {rule}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    found = list(violations(root))
    print("\n".join(found) if found else "include rule holds")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
