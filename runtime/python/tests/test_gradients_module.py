# SPDX-License-Identifier: MIT
"""axlut.gradients: what the arguments mean, without TensorFlow."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from axlut import gradients


@pytest.mark.parametrize("name, made", [
    ("straight_through", gradients.StraightThrough()), ("approximate", gradients.Approximate()),
    ("difference_1d", gradients.Difference(1)), ("difference_2d", gradients.Difference(2)),
    (None, gradients.StraightThrough()),
])
def test_names_stand_for_objects(name, made):
    assert gradients.get(name) == made
    assert gradients.get(made) == made


@pytest.mark.parametrize("gradient", [
    gradients.StraightThrough(), gradients.Approximate(),
    gradients.Approximate(pathlib.Path("a.bin"), "b.bin"), gradients.Difference(1, window=3),
    gradients.Difference(2, tables=("da.npy", pathlib.Path("db.npy"))),
])
def test_json_keeps_a_gradient(gradient):
    kept = json.loads(json.dumps(gradients.serialize(gradient)))
    assert gradients.get(kept) == gradient
    assert type(gradient).from_config(gradient.get_config()) == gradient


def test_attributes_are_those_of_the_ops(tmp_path):
    assert gradients.op_attributes("straight_through") == {
        "gradient": "straight_through", "input_gradient_table": "", "filter_gradient_table": "",
        "difference_window": 0}
    tables = gradients.Approximate("x.bin", tmp_path / "y.axt")
    assert gradients.op_attributes(tables, ("a", "b")) == {
        "gradient": "approximate", "a_gradient_table": os.path.abspath("x.bin"),
        "b_gradient_table": str(tmp_path / "y.axt"), "difference_window": 0}
    assert gradients.op_attributes(gradients.Difference(1, window=5)) == {
        "gradient": "difference_1d", "input_gradient_table": "", "filter_gradient_table": "",
        "difference_window": 5}
    slopes = gradients.op_attributes(gradients.Difference(tables=("/da.npy", "/db.npy")))
    assert slopes["input_gradient_table"] == "/da.npy"
    assert slopes["filter_gradient_table"] == "/db.npy"


@pytest.mark.parametrize("make, error, message", [
    (lambda: gradients.get("exact"), ValueError, "'difference_2d'; it is 'exact'"),
    (lambda: gradients.get({"class_name": "Exact"}), ValueError, "class_name of StraightThrough"),
    (lambda: gradients.get(3), TypeError, "it is a int"),
    (lambda: gradients.Difference(3), ValueError, "dimensions must be 1 or 2; they are 3"),
    (lambda: gradients.Difference(2, window=-1), ValueError, "0 .. 127; it is -1"),
    (lambda: gradients.Difference(2, window=128), ValueError, "0 .. 127; it is 128"),
    (lambda: gradients.Difference(2, window=1.5), ValueError, "it is 1.5"),
    (lambda: gradients.Difference(2, tables="ab"), ValueError, "two paths"),
    (lambda: gradients.Difference(2, tables=("a",)), ValueError, "two paths"),
    (lambda: gradients.Approximate(3), TypeError, "input_table must be the path.*it is a int"),
])
def test_errors_name_the_rule_and_the_value(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_tensorflow_is_not_imported():
    code = ("import sys, axlut.gradients as g; g.op_attributes(g.Difference(1)); "
            "sys.exit('tensorflow' in sys.modules or 'numpy' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
