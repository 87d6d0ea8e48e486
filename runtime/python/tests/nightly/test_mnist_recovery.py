# SPDX-License-Identifier: MIT
"""docs/notebooks/mnist_recovery.py: five epochs win back what a bad multiplier costs on MNIST.

Takes a minute or two; registered with -DAXLUT_NIGHTLY_TESTS=ON.
"""

import os
import pathlib
import runpy
import sys

import pytest

NOTEBOOKS = pathlib.Path(os.environ.get("AXLUT_SOURCE_DIR", ".")) / "docs" / "notebooks"
COMMANDS = pathlib.Path(os.environ.get("AXLUT_BINARY_DIR", "build")) / "bin"


def test_five_epochs_recover_the_accuracy(monkeypatch):
    mnist = pathlib.Path(os.environ.get("AXLUT_SHARED_DIR", "../shared")) / "data" / "mnist"
    if not mnist.exists():
        pytest.skip(f"{mnist} is not there")
    monkeypatch.setenv("PATH", f"{COMMANDS}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.syspath_prepend(str(NOTEBOOKS))
    monkeypatch.setattr(sys, "argv", ["mnist_recovery.py", "straight_through"])
    variables = runpy.run_path(str(NOTEBOOKS / "mnist_recovery.py"))
    before, after, seconds = variables["results"]["straight_through"]
    assert variables["original"] > 0.975
    assert before < 0.7
    assert after > variables["original"] - 0.02
    print(f"{seconds:.0f} s")  # under 180 on two free cores; a busy machine is no failure
