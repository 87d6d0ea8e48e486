# SPDX-License-Identifier: MIT
"""The notebooks of docs/notebooks run, and show what their text says."""

import os
import pathlib
import runpy
import shutil

import numpy as np
import pytest

NOTEBOOKS = pathlib.Path(os.environ.get("AXLUT_SOURCE_DIR", ".")) / "docs" / "notebooks"
COMMANDS = pathlib.Path(os.environ.get("AXLUT_BINARY_DIR", "build")) / "bin"


@pytest.fixture
def run(monkeypatch, capfd):
    """Runs a notebook; gives its variables and what it printed."""
    if not (COMMANDS / "lutgen").exists():
        pytest.skip(f"{COMMANDS}/lutgen is not built")
    monkeypatch.setenv("PATH", f"{COMMANDS}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.syspath_prepend(str(NOTEBOOKS))

    def run_notebook(name):
        variables = runpy.run_path(str(NOTEBOOKS / name))
        return variables, capfd.readouterr().out

    return run_notebook


def test_convert_and_evaluate(run):
    variables, printed = run("convert_and_evaluate.py")
    accuracies = variables["accuracies"]
    assert accuracies["float"] > 0.98
    # Quantization to 8 bits, and four columns of 16 less, hardly matter; eight columns do.
    for multiplier in ("exact:8x8", "truncated:8x8:4"):
        assert abs(accuracies[multiplier] - accuracies["float"]) <= 0.01
        assert f"{multiplier:18}{accuracies[multiplier]:8.1%}" in printed
    for multiplier in ("truncated:8x8:8", "mitchell:8x8"):
        assert accuracies[multiplier] < 0.85
    assert accuracies["mitchell:8x8"] < accuracies["mixed"] < accuracies["float"]
    assert accuracies["loaded"] == accuracies["mixed"]
    assert accuracies["back"] == accuracies["float"]
    assert {row.path: row.mode for row in variables["axlut"].report(variables["mixed"])} == {
        "conv1": "approximate", "depthwise": "exact", "conv2": "approximate",
        "conv3": "approximate", "dense": "approximate"}


def test_retrain(run):
    variables, printed = run("retrain.py")
    assert variables["original"] > 0.98
    assert variables["before"] < 0.5
    assert variables["after"] > 0.88
    assert f"retrained {variables['after']:.1%}" in printed


def test_bring_your_own_circuit(run):
    for tool in ("yosys", "verilator"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    variables, printed = run("bring_your_own_circuit.py")
    a, b = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    low = np.bitwise_or.reduce([np.where(b >> i & 1, a << i, 0) for i in range(4)])
    np.testing.assert_array_equal(variables["products"], (a * (b >> 4) << 4) + low)
    assert "all 65536 operand pairs agree" in printed
    assert 0.9 < variables["accuracy"] <= variables["original"]


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.py")), ids=lambda path: path.stem)
def test_notebooks_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 80
