# SPDX-License-Identifier: MIT
"""Weight tuning: weights that a multiplier gets badly wrong, replaced by better ones.

[Mrazek et al., "ALWANN", ICCAD 2019, arXiv 1907.07229]: for every weight w

    w' = argmin over w' of sum over a of h(a) |a w - T[a][w']|

(of equals w itself, else the lowest bit pattern), a and w being operand values and h(a) how often
the activation a occurs. Nothing is retrained and the circuit stays the same. docs/weight-tuning.md
says when to tune the table and when the weights.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

import numpy as np
import tensorflow as tf

from axlut import _arguments, _library
from axlut._types import Bounds, Path, TensorLike

for _name in ("AxlutMapWeights", "AxlutTuneWeights"):  # steps of whole codes have no slope
    tf.no_gradient(_name)


class Tuning(NamedTuple):
    """What find_tuning found.

    Attributes:
      map: int32 [2^width_b]: for the bit pattern of every weight the pattern that takes its place.
      mae_before, mae_after: mean over all weights of the mean absolute error of their products,
        activations weighted by the histogram.
    """
    map: np.ndarray
    mae_before: float
    mae_after: float


def find_tuning(table: Path, histogram: Optional[TensorLike] = None, *, input_zero_point: int = 0,
                narrow: bool = False, encoding: str = "affine") -> Tuning:
    """Finds the best weight to take every weight's place.

    Args:
      table: path of an .axt, .bin or .npy table, operands of 1..12 bits.
      histogram: [2^width_a] numbers, none negative: how often each activation occurs, by the bit
        pattern of operand a (code_histogram counts them). None: all equally often.
      input_zero_point: the value of operand a that stands for 0.0, where the weights of a layer are
        going to be replaced: the layer then subtracts the zero point times w' and not times w, so
        a w - T[a][w'] + zero_point (w' - w) is what counts. 0: for a tuned table.
      narrow: leave out the lowest value of operand b, for weights of a narrow range.
      encoding: "affine", or "sign_magnitude" for an unsigned table that gets magnitudes.

    Returns:
      A Tuning.

    Raises:
      ValueError: unknown encoding, or the histogram is not one-dimensional.
      tf.errors.InvalidArgumentError: the table cannot be read; the histogram has another number of
        entries, or one that is negative or not finite, or only zeros; the zero point is no value
        of operand a.
    """
    return _find("find_tuning", table, histogram, input_zero_point, narrow, encoding)


def tune_table(table: Path, output: Path, histogram: Optional[TensorLike] = None, *,
               encoding: str = "affine") -> np.ndarray:
    """Writes the table whose column for every weight w is the column of the w' that is better.

    A layer with the tuned table computes what it would if its weights went through `map`, and the
    zero-point corrections stayed those of the original weights.

    Args:
      table, histogram, encoding: as in find_tuning. With "sign_magnitude" the output is a table of
        two's-complement operands, to be used with "affine".
      output: path of the .axt, .bin or .npy file to write (axlut.tables.Table.save: the name of a
        headerless file must tell widths and signedness). What an .axt file says about its circuit
        is kept.

    Returns:
      The map, int32 [2^width_b].

    Raises:
      As find_tuning; tf.errors.InvalidArgumentError also if the output cannot be written.
    """
    output = _arguments.table_path(output, "tune_table: output")
    return _find("tune_table", table, histogram, 0, False, encoding, output).map


def tune_weights(weights: TensorLike, range: Optional[Bounds], table: Path,  # pylint: disable=redefined-builtin
                 histogram: Optional[TensorLike] = None, *,
                 input_zero_point: int = 0, narrow: bool = False, encoding: str = "affine",
                 axis: int = -1, tuning: Optional[Tuning] = None) -> tf.Tensor:
    """The weights of a layer, each replaced by the one that multiplies most like it.

    Weights become codes, codes go through the map, and codes that change become weights again:
    quantized with the same range, the result gives the mapped codes exactly. So the range must not
    be taken from the weights anew afterwards: give the layer this range. A weight whose code stays
    keeps its value.

    Args:
      weights: float32, bfloat16 or float16, of any shape.
      range: (min, max) that the codes span, as filter_range of ax_conv2d and b_range of ax_matmul:
        numbers or scalar tensors, or vectors with one range for each index of `axis`. None: from
        the smallest to the largest weight, and 0.0.
      table: path of the table, operands of at most 8 bits.
      histogram, input_zero_point, narrow, encoding: as in find_tuning; `narrow` as the layer's
        narrow_filter or narrow_b.
      axis: the dimension that has ranges.
      tuning: what find_tuning returned for the same arguments, to be used again.

    Returns:
      A tensor of the weights' shape and type. bfloat16 has 8 bits of precision, too few for the
      outermost codes of 8 bits: they can become neighbours.

    Raises:
      As find_tuning, and as the ops for weights and ranges that are none (NaN, min > max, ...).
    """
    weights = _arguments.float_tensor(weights, "tune_weights: weights")
    low, high = _arguments.float_range(weights, range, "tune_weights: range")
    if tuning is None:
        tuning = _find("tune_weights", table, histogram, input_zero_point, narrow, encoding)
    return _library.load_ops().axlut_map_weights(
        weights, low, high, tuning.map, narrow=narrow, axis=axis,
        table=_arguments.table_path(table, "tune_weights: table"),
        encoding=_arguments.encoding(encoding, "tune_weights: encoding"))


def code_histogram(values: TensorLike, range: Optional[Bounds], table: Path, *,  # pylint: disable=redefined-builtin
                   narrow: bool = False, encoding: str = "affine") -> np.ndarray:
    """Counts the bit patterns that activations become in front of a table. Eager only.

    Args:
      values: float32, bfloat16 or float16, of any shape: activations of sample data.
      range: (min, max) as input_range of ax_conv2d; None: from the smallest to the largest value,
        and 0.0.
      table: path of the table, operands of at most 8 bits.
      narrow, encoding: as narrow_input and encoding of ax_conv2d.

    Returns:
      int64 [2^width_a], by bit pattern: what find_tuning and `lutgen tune --histogram` (as a .npy
      file) take.

    Raises:
      tf.errors.InvalidArgumentError: as the ops, for a NaN, a range that is none, a table that
        cannot be read.
    """
    values = _arguments.float_tensor(values, "code_histogram: values")
    low, high = _arguments.float_range(values, range, "code_histogram: range")
    path = _arguments.table_path(table, "code_histogram: table")
    encoding = _arguments.encoding(encoding, "code_histogram: encoding")
    ops = _library.load_ops()
    codes = ops.axlut_quantize(values, low, high, table=path, operand="a", encoding=encoding,
                               narrow=narrow)
    patterns = ops.axlut_table(table=path, encoding=encoding).products.shape[0]
    return np.bincount(codes.numpy().ravel(), minlength=patterns)


def _find(function, table, histogram, input_zero_point, narrow, encoding, output="") -> Tuning:
    counts = np.zeros(0) if histogram is None else np.asarray(histogram, np.float64)
    if counts.ndim != 1 or (histogram is not None and not counts.size):
        raise ValueError(f"{function}: histogram must be None or one number for every activation; "
                         f"its shape is {list(counts.shape)}")
    with tf.init_scope(), tf.device("CPU:0"):
        weights, before, after = _library.load_ops().axlut_tune_weights(
            counts, input_zero_point, output=output, narrow=narrow,
            table=_arguments.table_path(table, f"{function}: table"),
            encoding=_arguments.encoding(encoding, f"{function}: encoding"))
        return Tuning(weights.numpy(), float(before), float(after))
