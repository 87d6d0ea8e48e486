# SPDX-License-Identifier: MIT
"""What a caller can get wrong is refused with a message that names it."""

import os
import pathlib
import subprocess

import keras
import numpy as np
import pytest
import tensorflow as tf

import axlut
import lut_reference as reference

X = np.ones((1, 4, 4, 4), np.float32)
W = np.ones((3, 3, 4, 2), np.float32)


@pytest.mark.parametrize("arguments, message", [
    ({"strides": 0}, r"strides must be 1 \.\. 2147483647; they are 0 \(height\)"),
    ({"strides": [2, 1, 1, 1]},
     r"strides must be \[1, height, width, 1\]; they are \[2, 1, 1, 1\]"),
    ({"strides": (1, 2, 3)}, r"strides must be one number, .*; they are \(1, 2, 3\)"),
    ({"strides": 1.5}, "strides must be whole numbers; they are 1.5"),
    ({"dilations": -1}, r"dilations must be 1 \.\. "),
    ({"padding": "FULL"}, "padding must be 'SAME', 'VALID' or a list; it is 'FULL'"),
    ({"padding": [[1, 1], [1, 1]]},
     r"padding must be \[\[0, 0\], .*; it is \[\[1, 1\], \[1, 1\]\]"),
    ({"padding": [[0, 0], [-1, 0], [0, 0], [0, 0]]}, "explicit padding must be .* none negative"),
    ({"padding": [[1, 0], [0, 0], [0, 0], [0, 0]]}, r"explicit padding must be \[0, 0, top"),
    ({"input_range": 3}, r"input_range must be None or \(min, max\); it is 3"),
    ({"input_range": (1, -1)}, r"input_range must have min <= max; it is \[1, -1\]"),
    ({"filter_range": (0, np.inf)}, r"filter_range must be finite; it is \[0, inf\]"),
    ({"input_range": (-3e38, 3e38)}, "input_range must be narrower than"),
    ({"input_range": ([0.0, 1.0], 1)}, r"input_range must be two scalars; one has the shape \[2\]"),
    ({"data_format": "nhwc"}, "data_format must be 'NHWC' or 'NCHW'; it is 'nhwc'"),
    ({"data_format": "NCHW", "strides": [1, 2, 2, 1]},
     r"strides must be \[1, 1, height, width\]; they are \[1, 2, 2, 1\]"),
    ({"data_format": "NCHW", "strides": (1, 2, 3)},
     r"strides must be one number, \(height, width\) or \[1, 1, height, width\]"),
    ({"data_format": "NCHW", "padding": [[0, 0], [1, 1], [0, 0], [0, 0]]},
     r"explicit padding must be \[0, 0, 0, 0, top, bottom, left, right\]"),
    ({"data_format": "NCHW", "padding": [[1, 1]]},
     r"padding must be \[\[0, 0\], \[0, 0\], \[top, bottom\], \[left, right\]\]"),
    ({"padding": [[0, 0], [0.5, 0], [0, 0], [0, 0]]}, r"padding must be \[\[0, 0\], "),
    ({"dilations": [1, 1, 1, 2]}, r"dilations must be \[1, height, width, 1\]"),
    ({"strides": "2"}, "strides must be whole numbers; they are '2'"),
    ({"encoding": "signed"}, "encoding must be 'affine' or 'sign_magnitude'; it is 'signed'"),
    ({"encoding": ["affine"]}, "encoding must be 'affine' or 'sign_magnitude'"),
    ({"gradient": "exact"}, "gradient must be one of 'straight_through'.*; it is 'exact'"),
])
@pytest.mark.parametrize("function", [axlut.ax_conv2d, axlut.ax_depthwise_conv2d])
def test_wrong_arguments(exact, function, arguments, message):
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match=message):
        function(X, W, exact, **arguments)


@pytest.mark.parametrize("function", [axlut.ax_conv2d, axlut.ax_depthwise_conv2d])
def test_messages_name_the_function(exact, function):
    with pytest.raises(ValueError, match=f"^{function.__name__}: strides must be whole numbers"):
        function(X, W, exact, strides=1.5)
    with pytest.raises(TypeError, match=f"^{function.__name__}: filter must be float32, "):
        function(X, tf.cast(W, tf.int32), exact)


@pytest.mark.parametrize("table", [3, None, ["a.axt"], np.zeros((256, 256))])
def test_a_table_that_is_no_path(table):
    with pytest.raises(TypeError, match="table must be the path of a table file; it is a"):
        axlut.ax_conv2d(X, W, table)


@pytest.mark.parametrize("x_shape, w_shape, message", [
    ((4, 4, 4), W.shape, r"input must have 4 dimensions \(NHWC\); its shape is \[4, 4, 4\]"),
    (X.shape, (3, 4, 2), r"filter must have 4 dimensions \(HWIO\)"),
    (X.shape, (3, 3, 3, 2), "input channels must be a multiple of the filter's; they are 4 and 3"),
    (X.shape, (3, 3, 2, 3), "output channels must be a multiple of the groups; they are 3 and 2"),
    (X.shape, (0, 3, 4, 2), "filter must have at least one tap"),
    (X.shape, (9, 1, 4, 2), "filter of height 9 with dilation 1 spans 9 pixels"),
])
def test_wrong_shapes(exact, x_shape, w_shape, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        axlut.ax_conv2d(np.ones(x_shape, np.float32), np.ones(w_shape, np.float32), exact,
                        padding="VALID")


@pytest.mark.parametrize("pad", [2**31 - 1, 2**20])
def test_outputs_that_cannot_exist_are_errors_not_crashes(exact, pad):
    with pytest.raises((tf.errors.InvalidArgumentError, tf.errors.ResourceExhaustedError)):
        axlut.ax_conv2d(X, W, exact, padding=[[0, 0], [pad, pad], [pad, pad], [0, 0]])


@pytest.mark.parametrize("shape, arguments, message", [
    ([None, 4, 4, 3], {}, "[Dd]epth|multiple"),
    ([None, 3, 4, 4], {"data_format": "NCHW"}, "[Dd]epth|multiple"),
    ([None, 4, 4], {}, "rank 4"),
    ([None, 2, 4, 4], {"padding": "VALID"}, "[Nn]egative"),
    ([None, 4, 4, 4], {"input_range": ([0.0, 1.0], 1)}, "rank 0"),
    ([None, 4, 4, 4], {"filter_range": ([0.0, 1.0, 2.0], 1)}, "must be equal"),
])
def test_wrong_shapes_in_a_graph_fail_while_it_is_traced(exact, shape, arguments, message):
    traced = tf.function(lambda x: axlut.ax_conv2d(x, W, exact, **arguments))
    with pytest.raises(ValueError, match=message):
        traced.get_concrete_function(tf.TensorSpec(shape))


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_graphs_of_unknown_shapes_run_and_fail_like_eager_calls(exact, data_format):
    arguments = {"data_format": data_format, "input_range": (0, 1), "filter_range": (0, 1)}
    traced = tf.function(lambda x, w: axlut.ax_conv2d(x, w, exact, **arguments),
                         input_signature=[tf.TensorSpec(None), tf.TensorSpec(None)])
    np.testing.assert_array_equal(traced(X, W), axlut.ax_conv2d(X, W, exact, **arguments))
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"4 dimensions .{data_format}"):
        traced(X[0], W)
    with pytest.raises(tf.errors.InvalidArgumentError, match="filter must have 4 dimensions"):
        traced(X, W[0])


@pytest.mark.parametrize("dtype", [tf.float64, tf.int32, tf.uint8])
def test_other_types_are_refused_by_name(exact, dtype):
    message = f"input must be float32, bfloat16 or float16; it is {dtype.name}"
    with pytest.raises(TypeError, match=message):
        axlut.ax_conv2d(tf.cast(X, dtype), W, exact)


def test_operands_of_two_types_are_refused(exact):
    with pytest.raises(TypeError, match="filter must have the other operand's type, float16; it is "
                                        "float32"):
        axlut.ax_conv2d(tf.cast(X, tf.float16), tf.constant(W), exact)


FUNCTIONS = {
    "ax_conv2d": lambda path, **a: axlut.ax_conv2d(X, W, path, **a),
    "ax_depthwise_conv2d": lambda path, **a: axlut.ax_depthwise_conv2d(X, W, path, **a),
    "ax_conv2d_integer": lambda path, **a: axlut.ax_conv2d_integer(
        X.astype(np.uint8), W.astype(np.uint8), path, **a),
    "axlut_quantize": lambda path, **a: axlut.load_ops().axlut_quantize(
        X, 0.0, 1.0, operand="a", table=str(path), **a),
    "axlut_fake_quantize": lambda path, **a: axlut.load_ops().axlut_fake_quantize(
        X, 0.0, 1.0, operand="a", table=str(path), **a),
}


def text_file(path):
    path.write_text("not a table")


@pytest.mark.parametrize("name, make, message", [
    ("nowhere.axt", lambda path: None, "nowhere.axt' cannot be read; No such file"),
    ("mul8u_folder.bin", lambda path: path.mkdir(), "mul8u_folder.bin"),
    ("mul8u_empty.bin", lambda path: path.write_bytes(b""), "mul8u_empty.bin"),
    ("mul8u_short.bin", lambda path: path.write_bytes(bytes(100)), "mul8u_short.bin.*131072.*100"),
    ("mul8u_long.bin", lambda path: path.write_bytes(bytes(131073)), "mul8u_long.bin.*131073"),
    ("nameless.bin", lambda path: path.write_bytes(bytes(100)), "nameless.bin"),
    ("text.axt", text_file, "text.axt"),
    ("text.npy", text_file, "text.npy"),
    ("text.txt", text_file, "text.txt"),
    ("mul9x8u_wide.bin", lambda path: np.zeros(1 << 17, "<u4").tofile(path),
     "mul9x8u_wide.bin.*at most 8 bits, got 9x8"),
])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_table_files_that_cannot_be_used(tmp_path, function, name, make, message):
    make(tmp_path / name)
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"(?s){message}"):
        FUNCTIONS[function](tmp_path / name)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_sign_magnitude_of_a_signed_table(save, function):
    path = save(reference.exact_table(signed=True)).path
    with pytest.raises(tf.errors.InvalidArgumentError,
                       match=f"{path}.*sign-magnitude needs a table of unsigned operands, found "
                             "8-bit signed x 8-bit signed"):
        FUNCTIONS[function](path, encoding="sign_magnitude")


def test_an_axt_file_that_is_cut_off(tmp_path):
    lutgen = pathlib.Path(os.environ.get("AXLUT_BINARY_DIR", "build")) / "bin" / "lutgen"
    if not lutgen.exists():
        pytest.skip(f"{lutgen} is not built")
    path = tmp_path / "t.axt"
    subprocess.run([lutgen, "build", "truncated:8x8:6", "-o", path], check=True,
                   capture_output=True)
    whole = path.read_bytes()
    axlut.ax_conv2d(X, W, path)
    for size in (0, 1, 7, 64, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(tf.errors.InvalidArgumentError, match="t.axt"):
            axlut.ax_conv2d(X, W, path)


@pytest.mark.parametrize("attribute", [
    {"padding": "FULL"}, {"data_format": "HWCN"}, {"encoding": "gray"}, {"gradient": "exact"},
    {"difference_window": -1}, {"strides": [1, 1]}, {"strides": [1, 0, 1, 1]},
    {"dilations": [2, 1, 1, 1]}, {"explicit_paddings": [0] * 8},
    {"padding": "EXPLICIT", "explicit_paddings": [0] * 7}])
def test_attributes_of_the_raw_op_are_checked_when_it_is_made(exact, attribute):
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError),
                       match="|".join([*attribute, "explicit padding"])):
        axlut.load_ops().axlut_conv2d(X, W, 0.0, 1.0, 0.0, 1.0, table=exact, **attribute)


@pytest.mark.parametrize("value, found", [
    (None, "NoneType"), ({"a": 1}, "dict"), ([[1, 2], [3]], "list"), (["a"], "list"),
    (tf.sparse.from_dense(np.eye(4, dtype=np.float32)), "SparseTensor"),
    (tf.ragged.constant([[1.0], [2.0, 3.0]]), "RaggedTensor"),
    (keras.KerasTensor((1, 4)), "KerasTensor; inside a layer's call it is a tensor")])
def test_what_is_no_dense_tensor_is_named(exact, value, found):
    for function, argument, call in [
            ("ax_conv2d", "input", lambda: axlut.ax_conv2d(value, W, exact)),
            ("ax_dense", "kernel", lambda: axlut.ax_dense(X, value, exact)),
            ("ax_matmul", "b", lambda: axlut.ax_matmul(X, value, exact))]:
        with pytest.raises(TypeError, match=f"{function}: {argument} must be a dense tensor, an "
                                            f"array or numbers; it is a {found}"):
            call()
