# SPDX-License-Identifier: MIT
"""Truth tables as NumPy arrays: read from and written to table files, or made from a function.

Every file goes through AxLUT's own readers and writers (docs/container-format.md), by an op each.
"""

import dataclasses
from typing import Callable

import numpy as np
import tensorflow as tf

from axlut import _arguments, _library
from axlut._types import Path, TensorLike


@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """One product for every pair of operands.

    Attributes:
      products: int32 [2^width_a, 2^width_b]; products[a, b] for the bit patterns a (of the row
        operand, the activation) and b (of the column operand, the weight).
      a_signed, b_signed: whether the operand's patterns are two's complement.
    """
    products: np.ndarray
    a_signed: bool = False
    b_signed: bool = False

    @property
    def width_a(self) -> int:
        """Bits of the row operand."""
        return int(self.products.shape[0]).bit_length() - 1

    @property
    def width_b(self) -> int:
        """Bits of the column operand."""
        return int(self.products.shape[1]).bit_length() - 1

    @property
    def a_values(self) -> np.ndarray:
        """int32 [2^width_a]: the number that each pattern of operand a stands for."""
        return operand_values(self.width_a, self.a_signed)

    @property
    def b_values(self) -> np.ndarray:
        """int32 [2^width_b]: the number that each pattern of operand b stands for."""
        return operand_values(self.width_b, self.b_signed)

    @property
    def errors(self) -> np.ndarray:
        """int64 [2^width_a, 2^width_b]: product - a * b, of the operands' values."""
        exact = np.multiply.outer(self.a_values.astype(np.int64), self.b_values.astype(np.int64))
        return self.products - exact

    def save(self, path: Path) -> str:
        """Writes the table to an .axt, .bin or .npy file, atomically.

        Args:
          path: of the file; its name says which format.

        Returns:
          Its absolute path.

        Raises:
          tf.errors.InvalidArgumentError: the file cannot be written or would not be read back as
            this table: a .bin or .npy has no header, so its name must tell widths and signedness
            ("mul8x4s_mine.bin") where its size and entries leave them open. A file that is no
            table is not replaced.
        """
        path = _arguments.table_path(path, "Table.save: path")
        with tf.init_scope(), tf.device("CPU:0"):
            _library.load_ops().axlut_write_table(self.products, path=path, a_signed=self.a_signed,
                                                  b_signed=self.b_signed)
        return path


def operand_values(width: int, signed: bool) -> np.ndarray:
    """The number that each bit pattern of an operand stands for.

    Args:
      width: in bits, 1..12.
      signed: whether patterns are two's complement.

    Returns:
      int32 [2^width].
    """
    patterns = np.arange(1 << width, dtype=np.int32)
    return np.where(patterns >= 1 << (width - 1), patterns - (1 << width), patterns) if signed \
        else patterns


def load(path: Path, encoding: str = "affine") -> Table:
    """The table in a file, as it is now.

    Args:
      path: of an .axt, .bin or .npy file; operands of 1..12 bits.
      encoding: "affine": the table as it is. "sign_magnitude": the table of two's-complement
        operands that an unsigned multiplier makes when it gets the magnitudes and the product
        the exact one's sign.

    Returns:
      A Table. It is read at once even inside a tf.function, which it becomes a constant of.

    Raises:
      ValueError: unknown encoding.
      tf.errors.InvalidArgumentError: the file cannot be read, with the reason; or sign_magnitude
        and an operand is signed.
    """
    check_encoding(encoding, "tables.load")
    with tf.init_scope(), tf.device("CPU:0"):
        products, a_signed, b_signed = _library.load_ops().axlut_table(
            table=_arguments.table_path(path, "tables.load: path"), encoding=encoding)
    return Table(products.numpy(), bool(a_signed), bool(b_signed))


def from_products(products: TensorLike, a_signed: bool = False, b_signed: bool = False) -> Table:
    """A table of given products, in the order of their operands' bit patterns.

    Args:
      products: integers [2^width_a, 2^width_b], widths of 1..12 bits, each of 32 bits at most;
        products[a, b] for the patterns a and b. The pattern of a negative value v of n bits is
        v + 2^n.
      a_signed, b_signed: whether the operands' patterns are two's complement.

    Returns:
      A Table.

    Raises:
      TypeError: the products are no integers.
      ValueError: their shape is none of a table, or one does not fit 32 bits.
    """
    products = np.asarray(products)
    if products.dtype.kind not in "iu":
        raise TypeError(f"from_products: products must be integers; they are {products.dtype}")
    widths = [size.bit_length() - 1 for size in products.shape]
    if len(widths) != 2 or any(not 1 <= width <= 12 or size != 1 << width
                               for width, size in zip(widths, products.shape)):
        raise ValueError("from_products: products must have the shape [2^width_a, 2^width_b] with "
                         f"widths of 1..12 bits; it is {list(products.shape)}")
    limits = np.iinfo(np.int32)
    if products.min() < limits.min or products.max() > limits.max:
        raise ValueError("from_products: products must fit 32 bits; they are "
                         f"{products.min()} .. {products.max()}")
    return Table(products.astype(np.int32), bool(a_signed), bool(b_signed))


def from_function(function: Callable[[np.ndarray, np.ndarray], TensorLike], width_a: int = 8,
                  width_b: int = 8, a_signed: bool = False, b_signed: bool = False) -> Table:
    """The table of a multiplier that is written in Python.

    Args:
      function: function(a, b) -> products for int32 arrays of operand VALUES of the shapes
        [2^width_a, 1] and [1, 2^width_b]; what it returns is broadcast to the table's shape.
      width_a, width_b: of the operands, 1..12 bits.
      a_signed, b_signed: whether the operands are two's complement.

    Returns:
      A Table.

    Raises:
      TypeError: a width is no whole number, or the products are none.
      ValueError: a width is none of these, or the products' shape is another one.

    Example: from_function(lambda a, b: (a & ~1) * b) ignores the lowest bit of a.
    """
    for width in (width_a, width_b):
        if _arguments.count(width, "from_function: width") > 12:
            raise ValueError(f"from_function: widths must be 1..12 bits; one is {width}")
    a = operand_values(width_a, a_signed)[:, np.newaxis]
    b = operand_values(width_b, b_signed)[np.newaxis, :]
    products, shape = np.asarray(function(a, b)), (1 << width_a, 1 << width_b)
    try:
        products = np.broadcast_to(products, shape)
    except ValueError:
        raise ValueError(f"from_function: the function must return products of the shape "
                         f"{list(shape)}; it returned {list(products.shape)}") from None
    return from_products(products, a_signed, b_signed)


def check_encoding(encoding: str, where: str) -> None:
    """Refuses an encoding of operands that ops do not know.

    Args:
      encoding: "affine" or "sign_magnitude".
      where: who asks, for the message.

    Raises:
      ValueError: it is another one.
    """
    _arguments.encoding(encoding, f"{where}: encoding")
