# SPDX-License-Identifier: MIT
"""docs/keras.md: its example runs and shows what the page says."""

import os
import pathlib
import re

import keras

PAGE = pathlib.Path(os.environ.get("AXLUT_SOURCE_DIR", ".")) / "docs" / "keras.md"


def test_the_example_runs(tmp_path, monkeypatch, capsys):
    text = PAGE.read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)
    report = re.search(r"```\n(layer .*?)\n```", text, re.DOTALL).group(1)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(code, str(PAGE), "exec"), names)  # pylint: disable=exec-used
    printed = capsys.readouterr().out
    assert report in printed
    exact = names["axlut"].accuracy(names["model"], names["test"])
    assert exact > 0.9
    assert names["biased"] == names["done"].before < exact - 0.1
    assert names["done"].after > exact - 0.05
    again = keras.models.load_model(tmp_path / "approximate.keras")
    assert names["axlut"].accuracy(again, names["test"]) > exact - 0.05
