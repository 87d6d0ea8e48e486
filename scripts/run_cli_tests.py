#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs end-to-end tests of the commands: testdata/cli/*.test.

A test file is a list of blocks. A block starts with RUN and says what must hold for that command:

    # comment
    REQUIRES: yosys verilator     the whole file is skipped (exit 77) unless these features are on
    RUN: lutgen build exact:4x4 -o %{tmp}/t.axt
    EXIT: 0                       expected exit code; 0 when not given
    CHECK: 256 entries            text on stdout, in this order
    CHECK-NOT: error              text that must not be on stdout
    ERR: not commutative          text on stderr, in this order

Commands run through bash in an empty folder, %{tmp}, with build/bin first in PATH. %{src} is the
repository, %{bin} the folder of the commands. {{...}} inside CHECK and ERR is a regular expression.
"""

import argparse
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SKIPPED = 77  # CTest's SKIP_RETURN_CODE
TIMEOUT_S = 120
KEYS = ("RUN", "EXIT", "CHECK", "CHECK-NOT", "ERR", "REQUIRES")


@dataclasses.dataclass
class Block:
    """One command and what must hold for it."""

    line: int
    command: str
    exit_code: int = 0
    checks: list = dataclasses.field(default_factory=list)  # (line, text) on stdout, in order
    forbidden: list = dataclasses.field(default_factory=list)  # (line, text) not on stdout
    errors: list = dataclasses.field(default_factory=list)  # (line, text) on stderr, in order


def parse(path):
    """Returns (required features, blocks); raises ValueError with file:line for a bad line."""
    required, blocks = [], []
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        key, colon, text = line.partition(":")
        text = text.strip()
        if not colon or key not in KEYS:
            raise ValueError(f"{path}:{number}: expected one of {', '.join(KEYS)}, found {line!r}")
        if key == "REQUIRES":
            required += text.split()
        elif key == "RUN":
            blocks.append(Block(number, text))
        elif not blocks:
            raise ValueError(f"{path}:{number}: {key} before the first RUN")
        elif key == "EXIT":
            blocks[-1].exit_code = int(text)
        else:
            kept = {"CHECK": "checks", "CHECK-NOT": "forbidden", "ERR": "errors"}[key]
            getattr(blocks[-1], kept).append((number, text))
    if not blocks:
        raise ValueError(f"{path}: no RUN line")
    return required, blocks


def to_pattern(text):
    """Literal text, except for what stands between {{ and }}."""
    parts = re.split(r"\{\{(.*?)\}\}", text)
    return re.compile("".join(part if i % 2 else re.escape(part) for i, part in enumerate(parts)))


def find_in_order(wanted, text, stream, problems):
    position = 0
    for line, expected in wanted:
        found = to_pattern(expected).search(text, position)
        if not found:
            where = "" if position == 0 else " after what was found before it"
            problems.append(f"line {line}: not on {stream}{where}: {expected}")
            return
        position = found.end()


def indent(text, most_lines=40):
    return ["    " + line for line in text.splitlines()[:most_lines]]


def run_block(block, substitute, environment, folder):
    """Runs one command; returns what is wrong, as a list of lines."""
    command = substitute(block.command)
    try:
        done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S,
                              check=False)
    except subprocess.TimeoutExpired:
        return [f"line {block.line}: did not end within {TIMEOUT_S} s: {command}"]
    problems = []
    if done.returncode != block.exit_code:
        problems.append(
            f"line {block.line}: exit code {done.returncode}, expected {block.exit_code}")
    find_in_order([(n, substitute(t)) for n, t in block.checks], done.stdout, "stdout", problems)
    find_in_order([(n, substitute(t)) for n, t in block.errors], done.stderr, "stderr", problems)
    for line, text in block.forbidden:
        if to_pattern(substitute(text)).search(done.stdout):
            problems.append(f"line {line}: on stdout, but must not be: {text}")
    if problems:
        problems += [f"  command: {command}", "  stdout:", *indent(done.stdout),
                     "  stderr:", *indent(done.stderr)]
    return problems


def run_blocks(options, blocks):
    """Runs all commands of a file in one folder; returns how many went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, PATH=f"{options.bin.resolve()}:{os.environ['PATH']}",
                           AXLUT_CACHE_DIR=f"{folder}/cache", NO_COLOR="1")
        places = {"%{tmp}": folder, "%{src}": str(options.src.resolve()),
                  "%{bin}": str(options.bin.resolve())}

        def substitute(text):
            for name, value in places.items():
                text = text.replace(name, value)
            return text

        failed = 0
        for block in blocks:
            problems = run_block(block, substitute, environment, folder)
            for problem in problems:
                print(problem if problem.startswith(" ") else f"{options.test}: {problem}")
            failed += bool(problems)
        return failed


def main():
    parser = argparse.ArgumentParser(description="Runs end-to-end tests of the commands.")
    parser.add_argument("test", type=pathlib.Path)
    parser.add_argument("--bin", required=True, type=pathlib.Path, help="folder of the commands")
    parser.add_argument("--src", required=True, type=pathlib.Path, help="the repository")
    parser.add_argument("--features", default="", help="features that are on: yosys,verilator")
    options = parser.parse_args()
    try:
        required, blocks = parse(options.test)
    except ValueError as error:
        print(error)
        return 1
    missing = [name for name in required if name not in options.features.lower().split(",")]
    if missing:
        print(f"skipped: needs {', '.join(missing)}")
        return SKIPPED
    failed = run_blocks(options, blocks)
    print(f"{len(blocks) - failed} of {len(blocks)} commands as expected")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
