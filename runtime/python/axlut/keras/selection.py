# SPDX-License-Identifier: MIT
"""The layers of a model, and which of them an argument means; set_mode."""

from __future__ import annotations

import difflib
import fnmatch
from typing import Any, Iterator, List, Optional, Sequence, Tuple

import keras

from axlut.keras.base import ApproximateLayer, check_mode

PathAndLayer = Tuple[str, keras.layers.Layer]


def all_layers(model: keras.layers.Layer) -> Iterator[PathAndLayer]:
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


def fits(key: Any, path: str, layer: keras.layers.Layer) -> bool:
    """Whether a name, a pattern, a type or a layer means this one."""
    if isinstance(key, str):
        # A name goes before a pattern: "conv[1]" is a layer's name, too.
        return key in (path, layer.name) or fnmatch.fnmatchcase(path, key) \
            or fnmatch.fnmatchcase(layer.name, key)
    if isinstance(key, type):
        return isinstance(layer, key)
    return key is layer


def shown(key: Any) -> str:
    """A key for messages: of a type or layer its name."""
    return key.__name__ if isinstance(key, type) else str(getattr(key, "name", key))


def hint(key: Any, paths: Sequence[str], what: str) -> str:
    """For messages: the path or name that may be meant; or all paths, after `what` they are."""
    near = difflib.get_close_matches(shown(key),
                                     [*paths, *(path.rpartition("/")[2] for path in paths)], 1)
    return f"did you mean '{near[0]}'?" if near else f"{what}: {', '.join(paths) or 'none'}"


def check_model(model: Any, where: str) -> None:
    """TypeError unless it is a Keras model, or a layer, which may hold others."""
    if not isinstance(model, keras.layers.Layer):
        raise TypeError(f"{where}: model must be a Keras model; it is a {type(model).__name__}")


def approximate_layers(model: keras.layers.Layer, layers: Optional[Sequence[Any]],
                       where: str) -> List[PathAndLayer]:
    """The approximate layers that `layers` means, the model itself among them if it is one.

    Args:
      model: a model or a layer.
      layers: names, patterns, types or layers, or one of these; None: all.
      where: for messages.

    Raises:
      TypeError: the model is none.
      ValueError: an element of `layers` fits no approximate layer.
    """
    check_model(model, where)
    candidates = [(path, layer) for path, layer in [(model.name, model), *all_layers(model)]
                  if isinstance(layer, ApproximateLayer)]
    if layers is None:
        return candidates
    keys = list(layers) if isinstance(layers, (list, tuple, set)) else [layers]
    for key in keys:
        if not any(fits(key, path, layer) for path, layer in candidates):
            paths = [path for path, _ in candidates]
            raise ValueError(f"{where}: layers: '{shown(key)}' fits no approximate layer of "
                             f"'{model.name}'; {hint(key, paths, 'approximate are')}")
    return [(path, layer) for path, layer in candidates
            if any(fits(key, path, layer) for key in keys)]


def set_mode(model: keras.layers.Layer, mode: str, layers: Optional[Sequence[Any]] = None) -> None:
    """Sets the mode of approximate layers; see ApproximateLayer.mode.

    For schedules such as "approximate first, exact in the last epochs"; it may be called by a
    callback during model.fit.

    Args:
      model: a model, or one layer.
      mode: "approximate", "quantized" or "float".
      layers: names, patterns ("block?/conv*"), types or layers, as in axlut.approximate; None: all.

    Raises:
      TypeError: the model is none.
      ValueError: there is no such mode, or no approximate layer, or an element of `layers` fits
        none.
    """
    check_mode(mode, "set_mode")
    chosen = approximate_layers(model, layers, "set_mode")
    if not chosen:
        raise ValueError(f"set_mode: '{model.name}' has no approximate layer")
    for _, layer in chosen:
        layer.mode = mode
