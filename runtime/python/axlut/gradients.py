# SPDX-License-Identifier: MIT
"""How the gradient of an op whose products come from a table is computed.

Every op of axlut that takes `gradient=` accepts an object of this module, or its name:

"straight_through"   StraightThrough(): the table's error counts as a constant
"approximate"        Approximate(): backward products go through tables, too
"difference_1d"      Difference(1): slopes of the table, one per code
"difference_2d"      Difference(2): slopes of the table, one per pair of codes

docs/gradients.md has the equations. The objects are plain data: they compare by value, Keras can
serialize them (get_config, from_config), and TensorFlow is not needed to make one.
"""

from __future__ import annotations

import dataclasses
import os
from typing import Any, Mapping, Optional, Sequence, Union

Path = Union[str, os.PathLike[str]]

# Codes on either side that Difference averages by default: enough to level the steps of multipliers
# that cut low bits off (a step of 2^k lasts 2^k codes).
DEFAULT_WINDOW = 8


def _set_paths(gradient, fields):
    """Paths as strings, so that equal gradients compare equal and can be serialized."""
    for field in fields:
        path = getattr(gradient, field)
        if path is not None:
            if not isinstance(path, (str, os.PathLike)):
                raise TypeError(f"{type(gradient).__name__}: {field} must be the path of a file; "
                                f"it is a {type(path).__name__}")
            object.__setattr__(gradient, field, os.fspath(path))


@dataclasses.dataclass(frozen=True)
class StraightThrough:
    """The gradient of the exact operation on the quantized values.

    The table's error counts as a constant. An element that was clipped to its range gets no
    gradient, and ranges get none (TFApprox4IL; Bengio et al., arXiv 1308.3432).
    """

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor, as from_config takes them."""
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "StraightThrough":
        """Inverse of get_config."""
        return cls(**config)


@dataclasses.dataclass(frozen=True)
class Approximate:
    """Backward products go through tables as well, as if the training ran on such hardware.

    The gradient of the output is quantized to the range of its own values (0 included) and both
    gradients are integer sums of products from tables (ApproxTrain, arXiv 2209.04161). The
    operands' roles are fixed: the gradient of the input has the output gradient as the row operand
    and the filter as the column operand; that of the filter has the input as the row operand and
    the output gradient as the column operand.

    Args:
      input_table: path of the table for the gradient of the input (of a in a matrix product); None:
        that of the forward pass.
      filter_table: path of the table for the gradient of the filter (of b); None: as above.
    """

    input_table: Optional[Path] = None
    filter_table: Optional[Path] = None

    def __post_init__(self):
        _set_paths(self, ("input_table", "filter_table"))

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor, as from_config takes them."""
        return {"input_table": self.input_table, "filter_table": self.filter_table}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Approximate":
        """Inverse of get_config."""
        return cls(**config)


@dataclasses.dataclass(frozen=True)
class Difference:
    """Products are differentiated as the table says, by symmetric differences of smoothed entries.

    The slopes of the products, by either operand, take the place of the other operand's value that
    is the exact product's slope (Meng, Burleson, De Micheli, arXiv 2509.10519). With the exact
    table this is StraightThrough.

    Args:
      dimensions: 2: a slope for every pair of codes, looked up for every product. 1: a slope for
        every code of the other operand, averaged over the codes of the operand that is
        differentiated by; costs what StraightThrough costs.
      window: codes on either side that are averaged before the difference is taken, 0 .. 127; at
        most half of the operand's codes are used. Multipliers whose products stay the same for many
        neighbouring codes need wide windows.
      tables: paths of two .npy files, float32 [2^width_a, 2^width_b], indexed by bit patterns: the
        slopes by operand a, and by operand b, instead of those of the table. Then `window` does not
        matter.
    """

    dimensions: int = 2
    window: int = DEFAULT_WINDOW
    tables: Optional[Sequence[Path]] = None

    def __post_init__(self):
        if self.dimensions not in (1, 2):
            raise ValueError(f"Difference: dimensions must be 1 or 2; they are {self.dimensions!r}")
        if isinstance(self.window, bool) or not isinstance(self.window, int) \
                or not 0 <= self.window <= 127:
            raise ValueError(
                f"Difference: window must be a whole number, 0 .. 127; it is {self.window!r}")
        if self.tables is None:
            return
        if isinstance(self.tables, (str, bytes, os.PathLike)) or len(self.tables) != 2:
            raise ValueError("Difference: tables must be None or two paths, of the slopes by a and "
                             f"by b; they are {self.tables!r}")
        object.__setattr__(self, "tables", tuple(os.fspath(path) for path in self.tables))

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor, as from_config takes them."""
        return {"dimensions": self.dimensions, "window": self.window,
                "tables": None if self.tables is None else list(self.tables)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Difference":
        """Inverse of get_config."""
        return cls(**config)


Gradient = Union[StraightThrough, Approximate, Difference]

_NAMED = {
    "straight_through": StraightThrough(),
    "approximate": Approximate(),
    "difference_1d": Difference(1),
    "difference_2d": Difference(2),
}
_CLASSES = {cls.__name__: cls for cls in (StraightThrough, Approximate, Difference)}


def get(gradient: Union[str, Gradient, Mapping[str, Any], None]) -> Gradient:
    """The gradient that an argument `gradient=` means.

    Args:
      gradient: a name (see the module), an object of this module, what `serialize` made of one, or
        None for StraightThrough().

    Returns:
      The object.

    Raises:
      ValueError: for a name that there is not.
      TypeError: for anything else.
    """
    if gradient is None:
        return StraightThrough()
    if isinstance(gradient, str):
        if gradient not in _NAMED:
            raise ValueError(
                f"gradient must be one of {', '.join(map(repr, _NAMED))}; it is {gradient!r}")
        return _NAMED[gradient]
    if isinstance(gradient, Mapping):
        if gradient.get("class_name") not in _CLASSES:
            raise ValueError(f"gradient must be a dict with a class_name of {', '.join(_CLASSES)}; "
                             f"it is {dict(gradient)!r}")
        return _CLASSES[gradient["class_name"]].from_config(gradient.get("config", {}))
    if isinstance(gradient, tuple(_CLASSES.values())):
        return gradient
    raise TypeError("gradient must be a name or an object of axlut.gradients; it is a "
                    f"{type(gradient).__name__}")


def serialize(gradient: Union[str, Gradient, Mapping[str, Any], None]) -> dict[str, Any]:
    """The gradient as plain values, for configurations of layers.

    Args:
      gradient: as `get` takes it.

    Returns:
      {"class_name": ..., "config": {...}}, which `get` takes back.
    """
    gradient = get(gradient)
    return {"class_name": type(gradient).__name__, "config": gradient.get_config()}


def op_attributes(gradient: Union[str, Gradient, Mapping[str, Any], None],
                  names: Sequence[str] = ("input", "filter")) -> dict[str, Any]:
    """The attributes of a raw op that say which gradient it has.

    Args:
      gradient: as `get` takes it.
      names: of the two operands in the op: ("input", "filter"), or ("a", "b").

    Returns:
      {"gradient": str, "<name>_gradient_table": str (absolute; "" for none) for both names,
      "difference_window": int}.

    Raises:
      ValueError, TypeError: as `get` does.
    """
    gradient = get(gradient)
    kind, paths, window = "straight_through", (None, None), 0
    if isinstance(gradient, Approximate):
        kind, paths = "approximate", (gradient.input_table, gradient.filter_table)
    elif isinstance(gradient, Difference):
        kind, window = f"difference_{gradient.dimensions}d", gradient.window
        paths = gradient.tables or paths
    tables = ["" if path is None else os.path.abspath(path) for path in paths]
    return {"gradient": kind, "difference_window": window,
            **{f"{name}_gradient_table": table for name, table in zip(names, tables)}}
