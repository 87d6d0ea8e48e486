# SPDX-License-Identifier: MIT
"""report: what a model computes through tables, and what exactly."""

from __future__ import annotations

import dataclasses
import os
from typing import List, Optional

import keras

from axlut import conversion_plan
from axlut.keras.base import ApproximateLayer
from axlut.keras.selection import all_layers, check_model

# Layers that multiply tensors with each other and have no kernel, and such operations of keras.ops.
_MULTIPLYING_LAYERS = ("AdditiveAttention", "Attention", "Dot", "GroupedQueryAttention",
                       "MultiHeadAttention")
_MULTIPLYING_OPERATIONS = ("Conv", "ConvTranspose", "DepthwiseConv", "Dot", "Einsum", "Inner",
                           "Matmul", "Outer", "SeparableConv", "Tensordot", "Vdot")


@dataclasses.dataclass(frozen=True)
class Row:
    """A layer (or operation) that multiplies.

    Attributes:
      path: names of the models around it and its own: "block/conv1".
      kind: name of its class.
      mode: "exact", or the mode of an approximate layer.
      tables: the paths of its tables, one for each product.
      quantizers: "input, kernel", one text for each product.
      reason: why it is exact; "".
    """
    path: str
    kind: str
    mode: str
    tables: tuple = ()
    quantizers: tuple = ()
    reason: str = ""


class Report(List[Row]):
    """Rows that print as a table."""

    def __str__(self):
        cells = [("layer", "kind", "mode", "table", "quantizers or reason")]
        for row in self:
            tables = ", ".join(os.path.basename(table) for table in row.tables) or "-"
            cells.append((row.path, row.kind, row.mode, tables,
                          row.reason or "; ".join(row.quantizers)))
        widths = [max(map(len, column)) for column in zip(*cells)]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                         for line in cells)

    @property
    def approximate(self) -> "Report":
        """The rows of approximate layers."""
        return Report(row for row in self if row.tables)

    @property
    def exact(self) -> "Report":
        """The rows of what multiplies exactly."""
        return Report(row for row in self if not row.tables)


def report(model: keras.Model) -> Report:
    """What multiplies in a model: the approximate layers, and what stayed exact and why.

    Batch normalization, activations, pooling and biases are not listed: they have no products of an
    activation and a kernel.

    Args:
      model: any Keras model, converted or not.

    Returns:
      A list of Row in the model's order; print(report) shows a table.

    Raises:
      TypeError: the model is none.
    """
    check_model(model, "report")
    rows = []
    for path, layer in all_layers(model):
        row = _row(path, layer)
        if row:
            rows.append(row)
    for operation in getattr(model, "operations", ()):
        if not isinstance(operation, keras.layers.Layer) \
                and type(operation).__name__ in _MULTIPLYING_OPERATIONS:
            rows.append(Row(operation.name, type(operation).__name__, "exact",
                            reason="an operation between layers"))
    return Report(rows)


def _row(path: str, layer: keras.layers.Layer) -> Optional[Row]:
    kind = type(layer).__name__
    if isinstance(layer, ApproximateLayer):
        return Row(path, kind, layer.mode, tuple(product.table for product in layer.products),
                   tuple(f"{product.quantizers['input']!r}, {product.quantizers['kernel']!r}"
                         for product in layer.products))
    if kind in _MULTIPLYING_LAYERS:
        return Row(path, kind, "exact", reason="multiplies activations with each other")
    if _has_kernel(layer):
        return Row(path, kind, "exact",
                   reason=conversion_plan.reason_against(layer) or "was not converted")
    return None


def _has_kernel(layer) -> bool:
    """Whether the layer itself, not one inside it, has a weight of two dimensions or more."""
    inner = {id(weight) for inside in layer._flatten_layers(include_self=False)  # pylint: disable=protected-access
             for weight in inside.weights}
    convertible = conversion_plan.reason_against(layer) is None
    return convertible or any(len(weight.shape) >= 2 for weight in layer.weights
                              if id(weight) not in inner)
