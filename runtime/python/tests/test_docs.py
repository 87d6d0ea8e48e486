# SPDX-License-Identifier: MIT
"""The Python code of the pages in docs runs, and docs/keras.md's example shows what it says."""

import os
import pathlib
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

import axlut

DOCS = pathlib.Path(os.environ.get("AXLUT_SOURCE_DIR", ".")) / "docs"
# Pages whose code is told apart below, by what it is about.
PAGES = ("gradients", "keras", "migrating-from-tfapprox", "tensorflow", "training", "tutorial",
         "weight-tuning")
F = np.float32


def blocks(page):
    """The Python blocks of a page."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def run(page, block, names):
    exec(compile(block, f"{page}.md", "exec"), names)  # pylint: disable=exec-used


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with a table under every name that pages use, each another multiplier."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(["mul8u_2AC", "mul8u_125K", "mul8u_7C1", "mul8u", "bam", "a", "b"]):
        table = axlut.tables.from_function(lambda a, b, lost=number % 4: (a & ~lost) * b)
        table.save(f"{name}.axt")
    axlut.tables.load("mul8u_2AC.axt").save("mul8u_2AC.bin")
    axlut.tables.from_function(lambda a, b: a * b, 8, 4, True, True).save("mul8x4s_mine.axt")
    return tmp_path


def network():
    """A small network with names that docs/keras.md's and docs/training.md's code uses."""
    layers = keras.layers
    block = keras.Sequential([keras.Input((6, 6, 4)), layers.Conv2D(4, 3, name="conv2")],
                             name="block2")
    return keras.Sequential([
        keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="stem"), layers.BatchNormalization(),
        layers.Conv2D(4, 1, name="conv1"), block, layers.Flatten(), layers.Dense(5, name="logits")])


def tensors(*shape, count=1):
    rng = np.random.default_rng(1)
    values = [rng.normal(size=shape).astype(F) for _ in range(count)]
    return values[0] if count == 1 else values


def names_of_ops():
    return {"axlut": axlut, "tf": tf, "x": tensors(2, 9, 9, 8), "w": tensors(3, 3, 8, 4),
            "filters": tensors(3, 3, 8, 4)}


def names_of_models():
    network_, images = network(), tensors(16, 8, 8, 3)
    return {"axlut": axlut, "keras": keras, "model": network_, "network": network_,
            "images": images, "some_images": images, "labels": np.arange(16) % 5,
            "loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True)}


def test_every_page_with_code_is_known():
    assert {page.stem for page in DOCS.glob("*.md") if blocks(page.stem)} == set(PAGES)


def test_code_about_ops_runs(folder):
    names = {**names_of_ops(), "v": tensors(3, 3, 4, 2), "low": F(-2), "high": F(2),
             "zeros": np.zeros(4, np.int32)}
    rng = np.random.default_rng(2)
    names["codes"] = rng.integers(-128, 128, (2, 9, 9, 8)).astype(np.int8)
    names["weights"] = rng.integers(-8, 8, (3, 3, 8, 4)).astype(np.int8)
    floats, integers, products, arrays = blocks("tensorflow")
    run("tensorflow", floats, names)
    assert names["y"].shape == (2, 5, 5, 4) and names["z"].shape == (2, 3, 5, 8)
    run("tensorflow", integers, names)
    assert names["sums"].shape == (2, 5, 5, 4) and names["sums"].dtype == tf.int32
    run("tensorflow", products, {**names, "a": tensors(6, 8), "b": tensors(4, 8),
                                 "kernel": tensors(8, 5)})
    run("tensorflow", arrays, {**names, "a": 3, "b": 5})
    assert axlut.tables.load("mine.axt").products[7, 31] == -4  # 7 & ~3 times -1
    for page in ("gradients", "tutorial"):
        for block in blocks(page):
            run(page, block, names_of_ops())


def test_code_about_models_runs(folder):
    names = names_of_models()
    training, = blocks("training")
    run("training", training, names)
    assert [row.mode for row in axlut.report(names["model"])] == 4 * ["approximate"]
    assert not np.isnan(list(names["model"].get_layer("stem").get_ranges().values())).any()
    names = names_of_models()
    migrating, = blocks("migrating-from-tfapprox")
    run("migrating-from-tfapprox", migrating, names)
    x = names["images"]
    np.testing.assert_array_equal(names["approximate"](x)[:1], names["approximate"](x[:1]))


def test_code_about_weight_tuning_runs(folder):
    table, weights, model = blocks("weight-tuning")
    names = {**names_of_ops(), "input_range": (-2, 2), "kernel_range": (-3, 3), "zero_point": 128}
    run("weight-tuning", table, names)
    run("weight-tuning", weights, names)
    assert names["counts"].sum() == names["x"].size and names["w"].shape == (3, 3, 8, 4)
    names = {**names_of_models(), "table": "mul8u_7C1.axt"}
    run("weight-tuning", model, names)
    assert set(names["tunings"]) == {"stem", "conv1", "block2/conv2", "logits"}


def test_code_about_conversion_runs(folder):
    _, conversion, saving = blocks("keras")
    names = {**names_of_models(), "table": "mul8u.axt"}
    run("keras", conversion, names)
    names["model"] = axlut.approximate(names["model"], "a.axt")
    names["model"].save("x.keras")
    os.mkdir("tables")
    os.rename("a.axt", "tables/a.axt")
    run("keras", saving, names)
    assert names["model"].get_layer("stem").table == str(folder / "tables" / "a.axt")


def test_the_example_of_the_keras_page_runs(tmp_path, monkeypatch, capsys):
    text = (DOCS / "keras.md").read_text(encoding="utf-8")
    report = re.search(r"```\n(layer .*?)\n```", text, re.DOTALL).group(1)
    monkeypatch.chdir(tmp_path)
    names = {}
    run("keras", blocks("keras")[0], names)
    printed = capsys.readouterr().out
    assert report in printed
    exact = axlut.accuracy(names["model"], names["test"])
    assert exact > 0.9
    assert names["biased"] == names["done"].before < exact - 0.1
    assert names["done"].after > exact - 0.05
    again = keras.models.load_model(tmp_path / "approximate.keras")
    assert axlut.accuracy(again, names["test"]) > exact - 0.05
