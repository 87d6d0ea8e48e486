# SPDX-License-Identifier: MIT
"""What a caller can get wrong is refused with a message that names it."""

import numpy as np
import pytest
import tensorflow as tf

import axlut
import lut_reference as reference

X = np.ones((1, 4, 4, 4), np.float32)
W = np.ones((3, 3, 4, 2), np.float32)


@pytest.fixture
def exact(save):
    return save(reference.exact_table()).path


@pytest.mark.parametrize("arguments, message", [
    ({"strides": 0}, r"strides must be 1 \.\. 2147483647; they are 0 \(height\)"),
    ({"strides": [2, 1, 1, 1]}, r"strides must be \[1, height, width, 1\]; they are \[2, 1, 1, 1\]"),
    ({"strides": (1, 2, 3)}, r"strides must be one number, .*; they are \(1, 2, 3\)"),
    ({"strides": 1.5}, "strides must be whole numbers; they are 1.5"),
    ({"dilations": -1}, r"dilations must be 1 \.\. "),
    ({"padding": "FULL"}, "padding must be 'SAME', 'VALID' or a list; it is 'FULL'"),
    ({"padding": [[1, 1], [1, 1]]}, r"padding must be \[\[0, 0\], .*; it is \[\[1, 1\], \[1, 1\]\]"),
    ({"padding": [[0, 0], [-1, 0], [0, 0], [0, 0]]}, "explicit padding must be .* none negative"),
    ({"padding": [[1, 0], [0, 0], [0, 0], [0, 0]]}, r"explicit padding must be \[0, 0, top"),
    ({"input_range": 3}, r"input_range must be None or \(min, max\); it is 3"),
    ({"input_range": (1, -1)}, r"input_range must have min <= max; it is \[1, -1\]"),
    ({"filter_range": (0, np.inf)}, r"filter_range must be finite; it is \[0, inf\]"),
    ({"input_range": (-3e38, 3e38)}, "input_range must be narrower than"),
    ({"input_range": ([0.0, 1.0], 1)}, r"input_range must be two scalars; one has the shape \[2\]"),
])
def test_wrong_arguments(exact, arguments, message):
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match=message):
        axlut.ax_conv2d(X, W, exact, **arguments)


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


def test_wrong_shapes_in_a_graph_fail_while_it_is_traced(exact):
    @tf.function
    def convolve(x):
        return axlut.ax_conv2d(x, W, exact)

    with pytest.raises(ValueError, match="[Dd]epth|multiple"):
        convolve.get_concrete_function(tf.TensorSpec([None, 4, 4, 3]))


@pytest.mark.parametrize("dtype", [tf.float64, tf.int32, tf.uint8])
def test_other_types_are_refused_by_name(exact, dtype):
    message = f"input must be float32, bfloat16 or float16; it is {dtype.name}"
    with pytest.raises(TypeError, match=message):
        axlut.ax_conv2d(tf.cast(X, dtype), W, exact)


def test_operands_of_two_types_are_refused(exact):
    with pytest.raises(TypeError, match="filter must have the other operand's type, float16; it is "
                                        "float32"):
        axlut.ax_conv2d(tf.cast(X, tf.float16), tf.constant(W), exact)


def test_missing_table_file(tmp_path):
    with pytest.raises(tf.errors.InvalidArgumentError, match="nowhere.axt' cannot be read; No such"):
        axlut.ax_conv2d(X, W, tmp_path / "nowhere.axt")


def test_table_file_of_the_wrong_size(tmp_path):
    path = tmp_path / "mul8u_short.bin"
    path.write_bytes(bytes(100))
    with pytest.raises(tf.errors.InvalidArgumentError, match="mul8u_short.bin"):
        axlut.ax_conv2d(X, W, path)


def test_table_of_operands_wider_than_8_bits(tmp_path):
    path = tmp_path / "mul9x8u_wide.bin"
    np.zeros(1 << 17, "<u4").tofile(path)
    with pytest.raises(tf.errors.InvalidArgumentError, match="9"):
        axlut.ax_conv2d(X, W, path)
