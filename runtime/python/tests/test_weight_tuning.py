# SPDX-License-Identifier: MIT
"""Weight tuning equals its definition (ALWANN), and does to layers what it says."""

import os
import pathlib
import subprocess

import numpy as np
import pytest
import tensorflow as tf

import axlut
from axlut import tables, weight_tuning
import lut_reference as reference


@pytest.mark.parametrize("width_a, width_b", [(8, 8), (8, 4), (3, 6), (9, 5)])
@pytest.mark.parametrize("signed", [False, True])
def test_the_map_equals_the_definition(save, width_a, width_b, signed):
    for make, seed in ((reference.random_table, 1), (reference.rough_table, 2)):
        table = save(make(seed, width_a, width_b, signed))
        tuning = weight_tuning.find_tuning(table.path)
        np.testing.assert_array_equal(tuning.map, reference.tuning_map(table))
        a = reference.operand_values(width_a, signed).astype(float)
        exact = np.multiply.outer(a, reference.operand_values(width_b, signed))
        np.testing.assert_allclose(tuning.mae_before, abs(exact - table.products).mean())
        np.testing.assert_allclose(tuning.mae_after,
                                   abs(exact - table.products[:, tuning.map]).mean())
        assert tuning.mae_after < tuning.mae_before


@pytest.mark.parametrize("signed", [False, True])
def test_histogram_zero_point_and_narrow_range_count(save, signed):
    table = save(reference.rough_table(3, 8, 6, signed))
    rng = np.random.default_rng(4)
    histogram = rng.integers(0, 10**6, 256) * (rng.random(256) < 0.3)
    zero_point = -3 if signed else 100
    maps = []
    for arguments in ({"histogram": histogram}, {"zero_point": zero_point}, {"narrow": True},
                      {"histogram": histogram, "zero_point": zero_point, "narrow": True}):
        expected = reference.tuning_map(table, **arguments)
        options = {"input_zero_point" if k == "zero_point" else k: v for k, v in arguments.items()}
        tuning = weight_tuning.find_tuning(table.path, **options)
        np.testing.assert_array_equal(tuning.map, expected)
        maps.append(tuple(expected))
    assert len(set(maps)) == 4


@pytest.mark.parametrize("signed", [False, True])
def test_an_exact_table_stays_as_it_is(save, tmp_path, signed):
    table = save(reference.exact_table(8, 8, signed))
    tuned = tmp_path / f"mul8{'s' if signed else 'u'}_tuned.bin"
    tuning_map = axlut.tune_table(table.path, tuned)
    np.testing.assert_array_equal(tuning_map, np.arange(256))
    assert tuned.read_bytes() == pathlib.Path(table.path).read_bytes()
    tuning = weight_tuning.find_tuning(table.path, input_zero_point=7)
    np.testing.assert_array_equal(tuning.map, np.arange(256))
    assert tuning.mae_before == tuning.mae_after == 0


@pytest.mark.parametrize("name", ["t.axt", "mul8x5s_t.bin", "t.npy"])
def test_the_tuned_table_has_the_columns_of_the_map(save, tmp_path, name):
    table = save(reference.rough_table(5, 8, 5, True))
    tuning_map = axlut.tune_table(table.path, tmp_path / name)
    np.testing.assert_array_equal(tuning_map, reference.tuning_map(table))
    np.testing.assert_array_equal(tables.load(tmp_path / name).products,
                                  table.products[:, tuning_map])


def test_sign_magnitude_is_tuned_as_the_table_that_it_makes(save, tmp_path):
    table = save(reference.rough_table(6, 6, 6))
    signed = reference.sign_magnitude(table)
    tuning_map = axlut.tune_table(table.path, tmp_path / "t.axt", encoding="sign_magnitude")
    np.testing.assert_array_equal(tuning_map, reference.tuning_map(signed))
    np.testing.assert_array_equal(tables.load(tmp_path / "t.axt").products,
                                  signed.products[:, tuning_map])


def lutgen(*arguments):
    binary = pathlib.Path(os.environ.get("AXLUT_BINARY_DIR", "build")) / "bin" / "lutgen"
    if not binary.exists():
        pytest.skip(f"{binary} is not built")
    return subprocess.run([binary, *arguments], capture_output=True, text=True, check=True).stdout


def test_lutgen_tune_gives_the_same(save, tmp_path):
    table = save(reference.rough_table(7))
    histogram = np.random.default_rng(8).integers(0, 1000, 256)
    expected = axlut.tune_table(table.path, tmp_path / "a.npy", histogram)
    for dtype in ("<i8", "u2", "f4", "f8"):
        np.save(tmp_path / "h.npy", histogram.astype(dtype))
        lutgen("tune", table.path, "-o", tmp_path / "b.npy", "--histogram", tmp_path / "h.npy",
               "--map", tmp_path / "map.npy")
        np.testing.assert_array_equal(np.load(tmp_path / "map.npy"), expected)
        np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), np.load(tmp_path / "a.npy"))


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("per_channel", [False, True])
def test_tuned_weights_have_the_mapped_codes(save, signed, narrow, per_channel):
    table = save(reference.rough_table(9, 8, 6, signed))
    rng = np.random.default_rng(10)
    weights = rng.normal(0, 1, (3, 3, 4, 5)).astype(np.float32)
    bounds = (-1.5, 2.0)
    if per_channel:
        bounds = (-rng.uniform(0.5, 2, 5).astype(np.float32), rng.uniform(0.5, 2, 5).astype("f4"))
    tuned = axlut.tune_weights(weights, bounds, table.path, narrow=narrow)
    assert tuned.shape == weights.shape and tuned.dtype == tf.float32
    quantize = axlut.load_ops().axlut_quantize
    options = {"min": bounds[0], "max": bounds[1], "table": table.path, "operand": "b",
               "narrow": narrow}
    codes, tuned_codes = (quantize(w, **options).numpy() for w in (weights, tuned))
    tuning_map = reference.tuning_map(table, narrow=narrow)
    assert (tuned_codes != codes).any()
    np.testing.assert_array_equal(tuned_codes, tuning_map[codes])


def test_other_axes_and_types(save):
    table = save(reference.rough_table(11))
    weights = np.random.default_rng(12).normal(0, 1, (4, 6)).astype(np.float32)
    bounds = (weights.min(1), weights.max(1))
    by_rows = axlut.tune_weights(weights, bounds, table.path, axis=0).numpy()
    by_columns = axlut.tune_weights(weights.T, bounds, table.path).numpy()
    np.testing.assert_array_equal(by_rows, by_columns.T)
    half = axlut.tune_weights(weights.astype(np.float16), (-2, 2), table.path)
    assert half.dtype == tf.float16
    rounded = weights.astype(np.float16).astype(np.float32)
    expected = axlut.tune_weights(rounded, (-2, 2), table.path)
    np.testing.assert_array_equal(half, tf.cast(expected, tf.float16))


def test_a_layer_with_the_tuned_table_computes_with_the_tuned_weights(save, tmp_path):
    """With zero points of 0 the two are the same, bit for bit."""
    table = save(reference.rough_table(13))
    rng = np.random.default_rng(14)
    x, w = rng.uniform(0, 1, (5, 30)).astype("f4"), rng.uniform(0, 2, (30, 6)).astype("f4")
    axlut.tune_table(table.path, tmp_path / "tuned.npy")
    ranges = ((0, 1), (0, 2))
    tuned = axlut.tune_weights(w, ranges[1], table.path)
    np.testing.assert_array_equal(axlut.ax_dense(x, tuned, table.path, *ranges),
                                  axlut.ax_dense(x, w, tmp_path / "tuned.npy", *ranges))


def test_tuning_with_the_activations_of_a_layer_reduces_its_error(save):
    """Histogram and zero point are those of the layer; either alone is not the layer's error."""
    table = save(reference.rough_table(15))
    rng = np.random.default_rng(16)
    x, w = rng.normal(0.2, 0.4, (400, 40)).astype("f4"), rng.normal(0, 1, (40, 16)).astype("f4")
    input_range, kernel_range = (-1.0, 2.0), (-3.0, 3.0)
    histogram = axlut.code_histogram(x, input_range, table.path)
    assert histogram.sum() == x.size and histogram.dtype == np.int64
    np.testing.assert_array_equal(
        histogram, np.bincount(reference.quantize(x, input_range, 8).ravel(), minlength=256))
    zero_point = reference.nudge(*input_range, 8)[1]
    tuned = axlut.tune_weights(w, kernel_range, table.path, histogram, input_zero_point=zero_point)

    def error(weights):
        products = axlut.ax_matmul(x[:, :1], weights[:1], table.path, a_range=input_range,
                                   b_range=kernel_range).numpy()
        exact = x[:, :1] @ w[:1]
        return abs(products - exact).mean()

    plain = axlut.tune_weights(w, kernel_range, table.path)
    assert error(tuned) < 0.9 * error(w)
    assert error(tuned) <= error(plain)


@pytest.mark.parametrize("histogram, message", [
    (np.ones(255), "histogram of a 8-bit unsigned activation needs 256 entries, got 255"),
    (np.zeros(256), "must have a finite sum above 0, got 0"),
    (np.full(256, -1), "must be finite and not negative, got -1 at 0"),
    (np.full(256, np.nan), "must be finite and not negative, got nan at 0"),
    ([], r"must be None or one number for every activation; its shape is \[0\]"),
    (np.ones((16, 16)), r"its shape is \[16, 16\]"), (3.0, r"its shape is \[\]"),
])
def test_histograms_that_are_none_are_refused(save, histogram, message):
    path = save(reference.exact_table()).path
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match=message):
        weight_tuning.find_tuning(path, histogram)


def test_other_arguments_that_make_no_sense_are_refused(save, tmp_path):
    path = save(reference.exact_table()).path
    weights = np.ones((2, 3), np.float32)
    cases = [
        (lambda: weight_tuning.find_tuning(path, input_zero_point=256), "must be 0..255, got 256"),
        (lambda: weight_tuning.find_tuning(path, encoding="gray"), "encoding must be 'affine'"),
        (lambda: weight_tuning.find_tuning(tmp_path / "no.axt"), "no.axt"),
        (lambda: axlut.tune_table(path, tmp_path / "t.txt"), "axt, bin or npy"),
        (lambda: axlut.tune_table(path, tmp_path / "no" / "t.axt"), "no/t.axt"),
        (lambda: axlut.tune_weights(weights, (1, -1), path), "must have min <= max"),
        (lambda: axlut.tune_weights(weights * np.nan, (0, 1), path), "must not hold NaN"),
        (lambda: axlut.tune_weights(weights, ([0.0] * 2, 1), path), "vectors of 3"),
        (lambda: axlut.code_histogram(weights * np.nan, (0, 1), path), "must not hold NaN"),
    ]
    for call, message in cases:
        with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match=message):
            call()
    map_weights = axlut.load_ops().axlut_map_weights
    for wrong, message in ((np.arange(255), "one entry for each of the 256"),
                           (np.full(256, 256), "0 .. 255; entry 0 is 256"),
                           (np.full(256, -1), "entry 0 is -1")):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            map_weights(weights, 0.0, 1.0, wrong.astype(np.int32), table=path)


def test_real_multipliers_get_better():
    folder = pathlib.Path(os.environ.get("AXLUT_SHARED_DIR", "../shared")) / "data/tables/tfapprox"
    paths = sorted(folder.rglob("*.bin"))
    if not paths:
        pytest.skip(f"{folder} has no tables")
    for path in paths[:12]:
        products = np.fromfile(path, "<u2").astype(np.int64).reshape(256, 256)
        tuning = weight_tuning.find_tuning(path)
        np.testing.assert_array_equal(tuning.map, reference.tuning_map(reference.Table(products)))
        assert tuning.mae_after <= tuning.mae_before
