# SPDX-License-Identifier: MIT
"""A Keras model in which some layers are replaced by others.

Functional and sequential models are cloned, the replaced layers taking part in the clone's graph.
Keras knows nothing of the calls between a subclassed model's layers; there the new layers take the
places of the old ones as attributes, and in lists, tuples and dicts of attributes, of a copy that is
made from the model's configuration, or of the model itself.
"""

from __future__ import annotations

import contextlib
import tempfile
from typing import Any, Callable, Optional

import keras
from keras.src.models.functional import Functional, functional_like_constructor

from axlut.keras.base import ApproximateLayer

Factory = Callable[[], keras.layers.Layer]
Replace = Callable[[keras.layers.Layer], Optional[Factory]]  # what makes the new layer; None: stays

# Attributes in which Keras itself keeps layers; the first is mended by name.
_KERAS_ATTRIBUTES = {"_layers", "_tracker", "_tracked", "_metrics", "_inbound_nodes",
                     "_outbound_nodes", "_functional", "_operations", "_nodes"}


def rebuilt(model: keras.Model, replace: Replace, in_place: bool) -> keras.Model:
    """A copy of the model, or the model itself, with other layers.

    Args:
      model: a Keras model.
      replace: for a layer, a function that makes its successor, not built; or None.
      in_place: change the model itself.

    Raises:
      ValueError: the model cannot be made again from its configuration; or not changed in place.
    """
    if not in_place:
        return _Copy(replace).of(model)
    if _is_graph(model):
        raise ValueError(f"model '{model.name}' is a {_kind(model)} model, whose graph of layers Keras "
                         "does not change; without in_place=True a new model is made")
    compiled = model.get_compile_config() if getattr(model, "compiled", False) else None
    _Replacement(replace).inside(model)
    _forget_functions(model)
    if compiled is not None:
        model.compile_from_config(compiled)
    return model


class _Copy:
    """Makes a new model (or layer) with the weights of the old one."""

    def __init__(self, replace: Replace):
        self._replace = replace
        self._pairs: list = []  # layers and their copies

    def of(self, model):
        if not _is_graph(model):
            return self._of_custom(model)
        for graph in (model, *model._flatten_layers()):  # pylint: disable=protected-access
            if isinstance(graph, Functional) and not functional_like_constructor(type(graph)):
                raise ValueError(
                    f"model '{graph.name}' is a {type(graph).__name__}, whose constructor is not that "
                    "of keras.Model, so that it cannot be made again; convert "
                    "keras.Model(model.inputs, model.outputs)")
        if not model.layers:
            return _from_config(model)
        copy = keras.models.clone_model(model, clone_function=self._clone, recursive=True)
        for old, new in self._pairs:
            self._finish(old, new)
        return copy

    def _clone(self, layer):
        if not isinstance(layer, keras.layers.Layer):  # a function of keras.ops, as a node
            return type(layer).from_config(layer.get_config())
        factory = self._replace(layer)
        new = factory() if factory else _from_config(layer)
        self._pairs.append((layer, new))
        return new

    def _of_custom(self, model):
        compiled = model.get_compile_config() if model.compiled else None
        copy = _from_config(model)
        self._finish(model, copy)
        if compiled is not None:
            copy.compile_from_config(compiled)
        return copy

    def _finish(self, old, new):
        """Weights, and the layers inside a layer of a class of its own."""
        transfer_weights(old, new)
        if self._replace(old) is not None:
            return
        inner, copies = _flat(old), _flat(new)
        if any(self._replace(layer) for layer in inner):
            originals = {id(copy): layer for copy, layer in zip(copies, inner)}
            _Replacement(lambda layer: self._replace(originals.get(id(layer), layer))).inside(new)


class _Replacement:
    """Puts new layers into the places of old ones."""

    def __init__(self, replace: Replace):
        self._replace = replace
        self._successors: dict = {}  # id of a layer: (the layer, its successor or itself)

    def inside(self, owner) -> None:
        """Changes the layers that this layer has, and those inside them."""
        changed = {}
        for layer in list(owner._layers):  # pylint: disable=protected-access
            successor = self._successor(layer)
            if successor is not layer:
                owner._tracker.replace_tracked_value("layers", layer, successor)  # pylint: disable=protected-access
                changed[id(layer)] = successor
        if not changed:
            return
        for name, value in list(vars(owner).items()):
            if name in _KERAS_ATTRIBUTES or name.startswith("_self_"):
                continue
            new = _substituted(value, changed)
            if new is not value:
                setattr(owner, name, new)

    def _successor(self, layer):
        if id(layer) not in self._successors:
            self._successors[id(layer)] = (layer, self._make(layer))
        return self._successors[id(layer)][1]

    def _make(self, layer):
        factory = self._replace(layer)
        if factory:
            new = factory()
            transfer_weights(layer, new)
            return new
        if _is_graph(layer):
            needed = any(self._replace(inner) for inner in _flat(layer))
            return _Copy(self._replace).of(layer) if needed else layer
        self.inside(layer)
        return layer


def _substituted(value: Any, changed: dict) -> Any:
    """The value with layers exchanged; lists and dicts are changed in place."""
    if isinstance(value, keras.layers.Layer):
        return changed.get(id(value), value)
    if isinstance(value, (list, dict)):
        for key, element in list(enumerate(value) if isinstance(value, list) else value.items()):
            new = _substituted(element, changed)
            if new is not element:
                value[key] = new
    elif isinstance(value, tuple):
        elements = [_substituted(element, changed) for element in value]
        if any(new is not old for new, old in zip(elements, value)):
            # TensorFlow wraps the tuples of a model; __class__ is that of what is inside.
            return value.__class__._make(elements) if hasattr(value, "_fields") else tuple(elements)
    return value


def transfer_weights(old: keras.layers.Layer, new: keras.layers.Layer) -> None:
    """Gives a layer the weights of another, and builds it if the other is built."""
    if not old.built:
        return
    if not new.built:
        with contextlib.ExitStack() as scopes:  # so that weights get the paths that they had
            for name in filter(None, (getattr(old, "_parent_path", None) or "").split("/")):
                scopes.enter_context(keras.name_scope(name))
            new.build_from_config(old.get_build_config() or {})
    if isinstance(old, ApproximateLayer) or isinstance(new, ApproximateLayer):
        return _transfer_to_other_class(old, new)
    weights, copies = old.weights, new.weights
    if [tuple(weight.shape) for weight in weights] != [tuple(copy.shape) for copy in copies]:
        raise ValueError(
            f"'{old.name}' ({type(old).__name__}), made again from its configuration, has not the "
            "weights that it had: Keras cannot build it; convert with in_place=True, or write its "
            "get_config and build")
    new.built = True  # Keras builds a subclassed model by a call, and leaves it at that
    for weight, copy in zip(weights, copies):
        copy.assign(weight)
    for layer, twin in zip((old, *_flat(old)), (new, *_flat(new))):
        _transfer_state(layer, twin)


def _transfer_to_other_class(old, new) -> None:
    names = (*(new if isinstance(new, ApproximateLayer) else old).kernel_names, "bias")
    for name in names:
        if getattr(old, name, None) is not None:
            getattr(new, name).assign(getattr(old, name))
    if isinstance(old, ApproximateLayer) and isinstance(new, ApproximateLayer):
        for before, after in zip(old.products, new.products):
            for operand, state in after.state.items():
                if before.quantizers[operand] == after.quantizers[operand]:
                    for variable, value in zip(state, before.state[operand]):
                        variable.assign(value)


def _transfer_state(layer, twin) -> None:
    """What is no weight: seeds, vocabularies, and what a layer derives from its weights."""
    for seed, copy in zip(layer._seed_generators, twin._seed_generators):  # pylint: disable=protected-access
        copy.state.assign(seed.state)
    if type(twin).load_own_variables is not keras.layers.Layer.load_own_variables:
        store: dict = {}
        layer.save_own_variables(store)
        if store:
            twin.load_own_variables(
                {name: keras.ops.convert_to_numpy(value) for name, value in store.items()})
    if hasattr(layer, "save_assets"):
        with tempfile.TemporaryDirectory() as folder:
            layer.save_assets(folder)
            twin.load_assets(folder)


def _from_config(layer):
    """A new layer of the same class and configuration; ValueError if there is no such thing."""
    classes = {type(inner).__name__: type(inner) for inner in (layer, *_flat(layer))}
    try:
        with keras.saving.custom_object_scope(classes):
            return type(layer).from_config(layer.get_config())
    except (NotImplementedError, TypeError, ValueError) as error:
        raise ValueError(
            f"'{layer.name}' cannot be made again from its configuration: {type(layer).__name__} needs "
            "a get_config with the arguments of its constructor; or convert with "
            f"in_place=True. Keras says: {error}") from error


def _flat(layer) -> list:
    return list(layer._flatten_layers(include_self=False))  # pylint: disable=protected-access


def _is_graph(model) -> bool:
    return isinstance(model, (Functional, keras.Sequential))


def _kind(model) -> str:
    return "sequential" if isinstance(model, keras.Sequential) else "functional"


def _forget_functions(model) -> None:
    """Graphs of the layers that are gone; Keras traces new ones."""
    for name in ("train_function", "test_function", "predict_function"):
        if hasattr(model, name):
            setattr(model, name, None)
