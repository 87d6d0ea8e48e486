# SPDX-License-Identifier: MIT
"""Which layer of a model gets which table."""

from __future__ import annotations

import difflib
import fnmatch
import os
from typing import Any, Callable, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

import keras

from axlut.keras.base import COMPUTE_DTYPES, ApproximateLayer
from axlut.keras.conv import AxConv2D, AxDepthwiseConv2D, AxSeparableConv2D
from axlut.keras.dense import AxDense

Path = Union[str, os.PathLike[str]]
TableOrPair = Union[None, Path, Tuple[Path, Path]]
Tables = Union[Path, Mapping[Any, TableOrPair], Sequence[TableOrPair]]
Selection = Union[None, Sequence[Any], Callable[[keras.layers.Layer], bool]]

# These very classes: a subclass may compute something else.
CONVERTIBLE = {cls.exact_class: cls
               for cls in (AxConv2D, AxDepthwiseConv2D, AxSeparableConv2D, AxDense)}


def all_layers(model: keras.layers.Layer) -> Iterator[Tuple[str, keras.layers.Layer]]:
    """(path, layer) for every layer inside the model, in its order, each layer once.

    The path is made of the names of the layers that hold it: "block/conv1".
    """
    seen = set()

    def inside(owner, prefix):
        for layer in owner._flatten_layers(include_self=False, recursive=False):  # pylint: disable=protected-access
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            yield prefix + layer.name, layer
            yield from inside(layer, f"{prefix}{layer.name}/")

    return inside(model, "")


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
    candidates = [(path, layer) for path, layer in all_layers(model)
                  if reason_against(layer) is None]
    selected = _selected(model, candidates, selection)
    if isinstance(tables, Mapping):
        chosen = _by_key(model, selected, tables)
    elif not selected:
        raise ValueError(f"approximate: model '{model.name}' has no layer that can be converted"
                         f"{'' if selection is None else ' among those selected'}")
    elif isinstance(tables, (list, tuple)):
        if len(tables) != len(selected):
            names = ", ".join(path for path, _ in selected)
            raise ValueError(f"approximate: a list of tables must have one for each of the "
                             f"{len(selected)} convertible layers ({names}); it has {len(tables)}")
        chosen = list(tables)
    else:
        if not isinstance(tables, (str, os.PathLike)):
            raise TypeError("approximate: tables must be a path, a dict or a list of paths; it is "
                            f"a {type(tables).__name__}")
        chosen = [tables] * len(selected)
    return {id(layer): table for (_, layer), table in zip(selected, chosen) if table is not None}


def fits(key: Any, path: str, layer: keras.layers.Layer) -> bool:
    """Whether a name, a pattern, a type or a layer means this one."""
    if isinstance(key, str):
        return fnmatch.fnmatchcase(path, key) or fnmatch.fnmatchcase(layer.name, key)
    if isinstance(key, type):
        return isinstance(layer, key)
    return key is layer


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
    ordered = sorted(tables, key=_precedence)
    return [next((tables[key] for key in ordered if fits(key, path, layer)), None)
            for path, layer in selected]


def _precedence(key: Any) -> int:
    if isinstance(key, str):
        return 1 if any(character in key for character in "*?[") else 0
    return 2 if isinstance(key, type) else 0


def _check_key(model, key: Any, candidates, what: str) -> None:
    """ValueError unless the key means a layer that can be converted."""
    if any(fits(key, path, layer) for path, layer in candidates):
        return
    shown = key.__name__ if isinstance(key, type) else getattr(key, "name", key)
    for path, layer in all_layers(model):
        if fits(key, path, layer):
            reason = reason_against(layer) or "`layers` leaves it out"
            raise ValueError(f"approximate: {what}: '{shown}' means layer '{path}', which cannot "
                             f"be converted: {reason}")
    names = [path for path, _ in candidates]
    near = difflib.get_close_matches(str(shown), names + [name.split("/")[-1] for name in names], 1)
    hint = f"did you mean '{near[0]}'?" if near \
        else f"convertible are: {', '.join(names) or 'none'}"
    raise ValueError(f"approximate: {what}: '{shown}' fits no convertible layer of "
                     f"model '{model.name}'; {hint}")
