# SPDX-License-Identifier: MIT
"""Which layer of a model gets which table."""

from __future__ import annotations

import os
from typing import Any, Callable, List, Mapping, Optional, Sequence, Tuple, Union

import keras

from axlut._arguments import saved_first
from axlut._types import Path
from axlut.keras.base import COMPUTE_DTYPES, ApproximateLayer
from axlut.keras.conv import AxConv2D, AxDepthwiseConv2D, AxSeparableConv2D
from axlut.keras.dense import AxDense
from axlut.keras.selection import all_layers, check_model, fits, hint, shown

TableOrPair = Union[None, Path, Tuple[Path, Path]]
Tables = Union[Path, Mapping[Any, TableOrPair], Sequence[TableOrPair]]
Selection = Union[None, Sequence[Any], Callable[[keras.layers.Layer], bool]]

# These very classes: a subclass may compute something else.
CONVERTIBLE = {cls.exact_class: cls
               for cls in (AxConv2D, AxDepthwiseConv2D, AxSeparableConv2D, AxDense)}


def reason_against(layer: keras.layers.Layer) -> Optional[str]:
    """Why a layer cannot go through a table; None: it can."""
    if isinstance(layer, ApproximateLayer):
        return None
    if type(layer) not in CONVERTIBLE:
        for exact in CONVERTIBLE:
            if isinstance(layer, exact):
                return f"a subclass of {exact.__name__}, which may compute something else"
        return f"there is no approximate {type(layer).__name__}"
    if getattr(layer, "lora_enabled", False):
        return "it has LoRA weights"
    if getattr(layer, "quantization_mode", None):
        return f"it is quantized by Keras ({layer.quantization_mode})"
    if layer.compute_dtype not in COMPUTE_DTYPES:
        return f"it computes in {layer.compute_dtype}"
    return None


def make(model: keras.Model, tables: Tables, selection: Selection = None) -> dict:
    """{id of a layer: its table}; arguments and errors as documented at axlut.approximate."""
    check_model(model, "approximate")
    candidates = [(path, layer) for path, layer in all_layers(model)
                  if reason_against(layer) is None]
    selected = _selected(model, candidates, selection)
    if isinstance(tables, Mapping):
        chosen = _by_key(model, selected, tables)
    elif not selected:
        raise ValueError(_none_to_convert(model, selection))
    elif isinstance(tables, (list, tuple)):
        if len(tables) != len(selected):
            names = ", ".join(path for path, _ in selected)
            raise ValueError(f"approximate: a list of tables must have one for each of the "
                             f"{len(selected)} convertible layers ({names}); it has {len(tables)}")
        chosen = list(tables)
    else:
        if not isinstance(tables, (str, os.PathLike)):
            raise TypeError("approximate: tables must be a path, a dict or a list of paths; it is "
                            f"a {type(tables).__name__}{saved_first(tables)}")
        chosen = [tables] * len(selected)
    return {id(layer): table for (_, layer), table in zip(selected, chosen) if table is not None}


def _selected(model, candidates, selection: Selection) -> list:
    if selection is None:
        return candidates
    if callable(selection) and not isinstance(selection, (type, keras.layers.Layer)):
        return [(path, layer) for path, layer in candidates if selection(layer)]
    if isinstance(selection, (str, type)) or not isinstance(selection, (list, tuple, set)):
        selection = [selection]
    for key in selection:
        _check_key(model, key, candidates, "layers")
    return [(path, layer) for path, layer in candidates
            if any(fits(key, path, layer) for key in selection)]


def _by_key(model, selected, tables: Mapping[Any, TableOrPair]) -> List[TableOrPair]:
    for key in tables:
        _check_key(model, key, selected, "tables")
    return [_table_of(path, layer, tables) for path, layer in selected]


def _table_of(path: str, layer, tables: Mapping[Any, TableOrPair]) -> TableOrPair:
    """That of the key which says most about the layer; of equals the first."""
    keys = [key for key in tables if fits(key, path, layer)]
    return tables[min(keys, key=lambda key: _precedence(key, path, layer))] if keys else None


def _precedence(key: Any, path: str, layer) -> int:
    """0: the layer or its name; 1: a pattern; 2: a type."""
    if isinstance(key, type):
        return 2
    return 1 if isinstance(key, str) and key not in (path, layer.name) else 0


def _check_key(model, key: Any, candidates, what: str) -> None:
    """ValueError unless the key means a layer that can be converted."""
    if any(fits(key, path, layer) for path, layer in candidates):
        return
    for path, layer in all_layers(model):
        if fits(key, path, layer):
            reason = reason_against(layer) or "`layers` leaves it out"
            raise ValueError(f"approximate: {what}: '{shown(key)}' means layer '{path}', which "
                             f"cannot be converted: {reason}")
    paths = [path for path, _ in candidates]
    raise ValueError(f"approximate: {what}: '{shown(key)}' fits no convertible layer of "
                     f"model '{model.name}'; {hint(key, paths, 'convertible are')}")


def _none_to_convert(model, selection: Selection) -> str:
    """The message where nothing is left; with the layers that nearly are."""
    if selection is not None:
        return f"approximate: model '{model.name}' has no layer that can be converted among " \
               "those selected"
    reasons = [f"'{path}' ({reason_against(layer)})" for path, layer in all_layers(model)
               if isinstance(layer, tuple(CONVERTIBLE))]
    return f"approximate: model '{model.name}' has no layer that can be converted" \
        f"{': not ' if reasons else ''}{', '.join(reasons)}"
