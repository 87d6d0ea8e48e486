# SPDX-License-Identifier: MIT
"""Matrix products whose multiplications are look-ups in a truth table: ax_matmul and relatives."""

from __future__ import annotations

from typing import Optional

import tensorflow as tf

from axlut import _arguments
from axlut import _library
from axlut import gradients
from axlut._types import Bounds, Gradient, Path, TensorLike


def ax_matmul(a: TensorLike, b: TensorLike, table: Path, transpose_a: bool = False,
              transpose_b: bool = False, a_range: Optional[Bounds] = None,
              b_range: Optional[Bounds] = None, *, narrow_a: bool = False, narrow_b: bool = False,
              encoding: str = "affine", gradient: Gradient = "straight_through",
              name: Optional[str] = None) -> tf.Tensor:
    """tf.linalg.matmul with every product taken from the table of an approximate multiplier.

    Both tensors are quantized to the table's operands as
    tf.quantization.fake_quant_with_min_max_vars does it, products are looked up and summed as
    integers, zero points are taken out exactly, and only the final sum becomes a float again.
    docs/tensorflow.md has the equations.

    Args:
      a: float32, bfloat16 or float16 [..., m, k] (transpose_a: [..., k, m]); the table's row
        operand a, in a network the activations.
      b: [..., k, n] (transpose_b: [..., n, k]) of the same type; the column operand b, the weights.
        The dimensions in front of the last two are broadcast as in tf.linalg.matmul. With one
        matrix, as in a dense layer, its packed form is kept from call to call until it changes;
        several are packed anew with each call.
      table: path of an .axt, .bin or .npy table with operands of at most 8 bits.
      transpose_a, transpose_b: whether the last two dimensions are swapped.
      a_range, b_range: (min, max) that the codes span, numbers or scalar tensors; for b also
        vectors [n], one range per column. None: the tensor's own smallest and largest value, and
        0.0. A range without 0.0 is moved to hold it (docs/tensorflow.md, Ranges).
      narrow_a, narrow_b: leave out code 0, as TensorFlow's narrow_range: (-m, m) then has as many
        steps below 0.0 as above it.
      encoding: "affine", or "sign_magnitude": the table, of unsigned operands, multiplies
        magnitudes, and the sign is set beside it; operands are then two's complement.
      gradient: a name or an object of axlut.gradients.
      name: of the op.

    Returns:
      [..., m, n] of a's type. bfloat16 and float16 are computed as float32 and rounded at the end.

    Raises:
      TypeError, ValueError: for an argument that is none of these.
      tf.errors.InvalidArgumentError: for shapes that do not fit, ranges that are none, a NaN in a
        tensor, a table file that cannot be used.
    """
    return _matmul("ax_matmul", ("a", "b"), a, b, table, transpose_a, transpose_b, a_range, b_range,
                   narrow_a, narrow_b, encoding, gradient, name)


def ax_dense(inputs: TensorLike, kernel: TensorLike, table: Path,
             input_range: Optional[Bounds] = None, kernel_range: Optional[Bounds] = None, *,
             narrow_input: bool = False, narrow_kernel: bool = False, encoding: str = "affine",
             gradient: Gradient = "straight_through", name: Optional[str] = None) -> tf.Tensor:
    """A dense layer without bias and activation: ax_matmul of all rows with one matrix.

    Args:
      inputs: float32, bfloat16 or float16 [..., k], at least one dimension; the row operand a.
      kernel: [k, n] of the same type; the column operand b.
      input_range, kernel_range: as a_range and b_range of ax_matmul; vectors are [n].
      narrow_input, narrow_kernel: as narrow_a and narrow_b.
      table, encoding, gradient, name: as in ax_matmul.

    Returns:
      [..., n] of the inputs' type.

    Raises:
      As ax_matmul.
    """
    inputs = _arguments.float_tensor(inputs, "ax_dense: inputs")
    kernel = _arguments.float_tensor(kernel, "ax_dense: kernel", inputs.dtype)
    if inputs.shape.rank == 0:
        raise ValueError("ax_dense: inputs must have at least 1 dimension; they are a number")
    if kernel.shape.rank not in (None, 2):
        raise ValueError("ax_dense: kernel must have 2 dimensions, [k, n]; its shape is "
                         f"{kernel.shape}")
    rows = inputs
    if inputs.shape.rank != 2:
        # The number of rows is named: with k == 0 it does not follow from that of elements.
        shape = tf.shape(inputs, out_type=tf.int64)
        rows = tf.reshape(inputs, [tf.reduce_prod(shape[:-1]), shape[-1]])
        rows.set_shape([inputs.shape[:-1].num_elements() if inputs.shape.rank else None,
                        inputs.shape[-1] if inputs.shape.rank else None])
    product = _matmul("ax_dense", ("input", "kernel"), rows, kernel, table, False, False,
                      input_range, kernel_range, narrow_input, narrow_kernel, encoding, gradient,
                      name)
    if inputs.shape.rank == 2:
        return product
    columns = tf.shape(kernel, out_type=tf.int64)[-1:]
    product = tf.reshape(product, tf.concat([shape[:-1], columns], 0))
    if inputs.shape.rank is not None:
        product.set_shape(inputs.shape[:-1].concatenate(kernel.shape[-1:]
                                                        if kernel.shape.rank else [None]))
    return product


def ax_matmul_integer(a: TensorLike, b: TensorLike, table: Path, transpose_a: bool = False,
                      transpose_b: bool = False, a_zero_point: TensorLike = 0,
                      b_zero_point: TensorLike = 0, *, encoding: str = "affine",
                      out_type: tf.DType = tf.int32, name: Optional[str] = None) -> tf.Tensor:
    """The sums of ax_matmul for operands that are integers already, without any rounding.

    Args:
      a: [..., m, k] (transpose_a: [..., k, m]) operand VALUES: uint8 for an unsigned operand of the
        table, int8 for a two's-complement one; of fewer than 8 bits, only values that they have.
      b: [..., k, n] (transpose_b: [..., n, k]), likewise; broadcast as in tf.linalg.matmul.
      table: path of an .axt, .bin or .npy table with operands of at most 8 bits.
      transpose_a, transpose_b: whether the last two dimensions are swapped.
      a_zero_point, b_zero_point: values of their operands that stand for 0.0, whole numbers or
        int32 tensors: a scalar, for b also a vector [n].
      encoding: as in ax_matmul; with "sign_magnitude" operands are two's complement.
      out_type: tf.int32 or tf.int64.
      name: of the op.

    Returns:
      [..., m, n] of out_type: with za and zb the zero points,
      sum over k of (T[a][b] - zb a - za b + za zb).

    Raises:
      TypeError, ValueError: for an argument that is none of these.
      tf.errors.InvalidArgumentError: for shapes, types and values that do not fit the table, a
        table file that cannot be used, and out_type int32 where a sum of k products could leave it.
    """
    return _library.load_ops().axlut_mat_mul_integer(
        _arguments.integer_tensor(a, "ax_matmul_integer: a"),
        _arguments.integer_tensor(b, "ax_matmul_integer: b"),
        _arguments.zero_point(a_zero_point, "ax_matmul_integer: a_zero_point"),
        _arguments.zero_point(b_zero_point, "ax_matmul_integer: b_zero_point"),
        table=_arguments.table_path(table, "ax_matmul_integer: table"),
        encoding=_arguments.encoding(encoding, "ax_matmul_integer: encoding"),
        transpose_a=transpose_a, transpose_b=transpose_b,
        out_type=_arguments.sum_type(out_type, "ax_matmul_integer: out_type"), name=name)


def _matmul(function, names, a, b, table, transpose_a, transpose_b, a_range, b_range, narrow_a,
            narrow_b, encoding, gradient, name):
    a = _arguments.float_tensor(a, f"{function}: {names[0]}")
    b = _arguments.float_tensor(b, f"{function}: {names[1]}", a.dtype)
    a_min, a_max = _arguments.float_range(a, a_range, f"{function}: {names[0]}_range")
    b_min, b_max = _arguments.float_range(b, b_range, f"{function}: {names[1]}_range")
    return _library.load_ops().axlut_mat_mul(
        a, b, a_min, a_max, b_min, b_max,
        table=_arguments.table_path(table, f"{function}: table"),
        encoding=_arguments.encoding(encoding, f"{function}: encoding"),
        transpose_a=transpose_a, transpose_b=transpose_b, narrow_a=narrow_a, narrow_b=narrow_b,
        name=name, **gradients.op_attributes(gradient, names=("a", "b")))
