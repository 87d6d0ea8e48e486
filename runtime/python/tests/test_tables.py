# SPDX-License-Identifier: MIT
"""axlut.tables reads what others wrote, and writes what others read."""

import os
import pathlib
import subprocess

import numpy as np
import pytest
import tensorflow as tf

import axlut
from axlut import tables
import lut_reference as reference


def lutgen(*arguments):
    binary = pathlib.Path(os.environ.get("AXLUT_BINARY_DIR", "build")) / "bin" / "lutgen"
    if not binary.exists():
        pytest.skip(f"{binary} is not built")
    return subprocess.run([binary, *arguments], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("width_a, width_b", [(8, 8), (8, 4), (3, 8), (4, 4), (1, 2), (9, 3)])
@pytest.mark.parametrize("signed", [False, True])
def test_loads_the_products_of_a_file_and_how_patterns_are_read(tmp_path, width_a, width_b, signed):
    # Written by NumPy: 16-bit entries up to 16 bits of operands.
    expected = reference.random_table(1, width_a, width_b, signed)
    path = tmp_path / f"mul{width_a}x{width_b}{'s' if signed else 'u'}_t.bin"
    np.asarray(expected.products).astype("<i2" if signed else "<u2").tofile(path)
    table = tables.load(path)
    np.testing.assert_array_equal(table.products, expected.products)
    assert table.products.dtype == np.int32
    assert (table.a_signed, table.b_signed) == (signed, signed)
    assert (table.width_a, table.width_b) == (width_a, width_b)
    np.testing.assert_array_equal(table.a_values, reference.operand_values(width_a, signed))
    np.testing.assert_array_equal(table.b_values, reference.operand_values(width_b, signed))


def test_operands_may_differ_in_sign(tmp_path):
    products = np.multiply.outer(reference.operand_values(4, False),
                                 reference.operand_values(3, True))
    path = tables.from_products(products, b_signed=True).save(tmp_path / "mixed.axt")
    table = tables.load(path)
    assert (table.a_signed, table.b_signed) == (False, True)
    assert not table.errors.any()
    assert "4-bit unsigned x 3-bit signed -> 7-bit signed" in lutgen("info", path)


def test_sign_magnitude_is_the_table_of_signed_operands(tmp_path):
    unsigned = reference.random_table(2, 5, 4)
    path = tables.from_products(unsigned.products).save(tmp_path / "t.axt")
    a, b = reference.operand_values(5, True), reference.operand_values(4, True)
    expected = unsigned.products[np.ix_(abs(a), abs(b))] * np.where(
        np.multiply.outer(a < 0, b >= 0) | np.multiply.outer(a >= 0, b < 0), -1, 1)
    table = tables.load(path, encoding="sign_magnitude")
    np.testing.assert_array_equal(table.products, expected)
    assert table.a_signed and table.b_signed
    again = table.save(tmp_path / "signed.axt")
    with pytest.raises(tf.errors.InvalidArgumentError,
                       match="signed.axt: error: sign-magnitude needs a table of unsigned"):
        tables.load(again, encoding="sign_magnitude")


@pytest.mark.parametrize("name", ["t.axt", "mul8x5s_t.bin", "t.npy"])
def test_saved_tables_are_what_lutgen_and_the_ops_read(tmp_path, name):
    table = tables.from_function(lambda a, b: (a & ~3) * b, 8, 5, a_signed=True, b_signed=True)
    path = table.save(tmp_path / name)
    assert path == str(tmp_path / name)
    np.testing.assert_array_equal(tables.load(path).products, table.products)
    metrics = lutgen("metrics", path, "--json")
    assert f'"wce": {np.abs(table.errors).max()},' in metrics
    assert table.products[0b11111101, 0b11110] == (-3 & ~3) * -2  # at the patterns of -3 and -2
    out = axlut.ax_conv2d(np.full((1, 1, 1, 1), 7.0, np.float32),
                          np.full((1, 1, 1, 1), 3.0, np.float32), path,
                          input_range=(-128, 127), filter_range=(-16, 15))
    assert out.numpy().item() == 12.0  # 7 without its lower two bits, times 3


def test_a_bin_file_is_raw_16_bit_entries(tmp_path):
    table = reference.random_table(3)
    path = tables.from_products(table.products).save(tmp_path / "mul8u_t.bin")
    np.testing.assert_array_equal(np.fromfile(path, "<u2").reshape(256, 256), table.products)


def test_products_wider_than_the_operands_are_kept(tmp_path):
    products = np.array([[0, 5], [-7, 2**31 - 1]])
    path = tables.from_products(products).save(tmp_path / "wide.axt")
    np.testing.assert_array_equal(tables.load(path).products, products)


def test_errors_are_products_minus_exact_products_of_values():
    table = tables.from_function(lambda a, b: a * b + 1, 4, 3, a_signed=True)
    assert table.errors.dtype == np.int64 and (table.errors == 1).all()


def test_inside_a_function_a_table_is_read_once_while_it_is_traced(tmp_path):
    path = tables.from_products(np.arange(16).reshape(4, 4)).save(tmp_path / "t.axt")

    @tf.function
    def look_up(a, b):
        return tf.gather_nd(tables.load(path).products, [[a, b]])

    assert look_up(tf.constant(3), tf.constant(2)).numpy() == [14]


def test_the_op_reads_the_file_at_each_call(tmp_path):
    path = tables.from_products(np.zeros((4, 4), int)).save(tmp_path / "t.axt")

    @tf.function
    def products():
        return axlut.load_ops().axlut_table(table=path).products

    assert products().numpy().sum() == 0
    assert products.get_concrete_function().structured_outputs.shape.as_list() == [None, None]
    tables.from_products(np.ones((4, 4), int)).save(path)
    assert products().numpy().sum() == 16


@pytest.mark.parametrize("products, message", [
    (np.zeros((4, 3), int), r"shape \[2\^width_a, 2\^width_b\] .* 1\.\.12 bits; it is \[4, 3\]"),
    (np.zeros((4, 1), int), r"it is \[4, 1\]"),
    (np.zeros((0, 4), int), r"it is \[0, 4\]"),
    (np.zeros(16, int), r"it is \[16\]"),
    (np.zeros((8192, 2), int), r"it is \[8192, 2\]"),
    (np.full((2, 2), 2**31), "must fit 32 bits; they are 2147483648 .. 2147483648"),
    (np.full((2, 2), -2**31 - 1), "must fit 32 bits"),
    (np.full((2, 2), 2**63, np.uint64), "must fit 32 bits"),
])
def test_products_that_are_no_table_are_refused(products, message):
    with pytest.raises(ValueError, match=message):
        tables.from_products(products)


def test_products_must_be_integers():
    with pytest.raises(TypeError, match="products must be integers; they are float64"):
        tables.from_function(lambda a, b: a * b * 0.5)


def test_widths_of_functions_are_checked():
    with pytest.raises(ValueError, match=r"widths must be 1\.\.12 bits; one is 13"):
        tables.from_function(lambda a, b: a * b, 13, 8)
    with pytest.raises(ValueError, match="width must be at least 1; it is 0"):
        tables.from_function(lambda a, b: a * b, 8, 0)
    with pytest.raises(TypeError, match="width must be a whole number; it is '8'"):
        tables.from_function(lambda a, b: a * b, "8")
    with pytest.raises(ValueError, match=r"the shape \[16, 8\]; it returned \[3, 3\]"):
        tables.from_function(lambda a, b: np.zeros((3, 3), int), 4, 3)
    with pytest.raises(TypeError, match="Table.save: path must be the path.*it is a NoneType"):
        tables.from_function(lambda a, b: a * b).save(None)


def test_unknown_encodings_are_refused(tmp_path):
    with pytest.raises(ValueError, match="must be 'affine' or 'sign_magnitude'; it is 'x'"):
        tables.load(tmp_path / "t.axt", encoding="x")


def test_files_that_cannot_be_read_back_are_not_written(tmp_path):
    table = tables.from_function(lambda a, b: a * b, 3, 5, a_signed=True, b_signed=True)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"name it mul3x5s_\.\.\.\.bin"):
        table.save(tmp_path / "mine.bin")
    assert not (tmp_path / "mine.bin").exists()
    with pytest.raises(tf.errors.InvalidArgumentError, match="axt, bin or npy"):
        table.save(tmp_path / "mine.txt")
    (tmp_path / "notes.axt").write_text("my notes")
    with pytest.raises(tf.errors.InvalidArgumentError, match="only replaced by one of its kind"):
        table.save(tmp_path / "notes.axt")
    assert (tmp_path / "notes.axt").read_text() == "my notes"
    with pytest.raises(tf.errors.InvalidArgumentError, match="missing"):
        table.save(tmp_path / "missing" / "t.axt")


@pytest.mark.parametrize("name, content, message", [
    ("nowhere.axt", None, "nowhere.axt"), ("short.axt", b"AX", "short.axt"),
    ("mul8u.bin", bytes(7), "mul8u.bin"), ("t.npy", b"\x93NUMPY", "t.npy"), ("t.csv", b"1", "csv")])
def test_files_that_are_no_tables_are_named(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        tables.load(tmp_path / name)


@pytest.mark.parametrize("shape", [(3, 4), (4, 8192), (0, 4), (1, 4)])
def test_the_write_op_refuses_shapes_that_are_no_tables(tmp_path, shape):
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"being 1\.\.12 bits; they have"):
        axlut.load_ops().axlut_write_table(np.zeros(shape, np.int32), path=str(tmp_path / "t.axt"),
                                           a_signed=False, b_signed=False)
