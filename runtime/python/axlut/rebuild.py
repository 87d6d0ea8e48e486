# SPDX-License-Identifier: MIT
"""A Keras model in which some layers are replaced by others.

Functional and sequential models are cloned, the replaced layers taking part in the clone's graph.
Keras knows nothing of the calls between a subclassed model's layers; there the new layers take the
places of the old ones as attributes, and in lists, tuples and dicts of attributes, of a copy that
is made from the model's configuration, or of the model itself.
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
        raise ValueError(f"model '{model.name}' is a {_kind(model)} model, whose graph of layers "
                         "Keras does not change; without in_place=True a new model is made")
    _Replacement(replace).inside(model)
    _forget_functions(model)
    _compile_alike(model, model)
    return model


class _Copy:
    """Makes a new model (or layer) with the weights of the old one; arguments as _Replacement's."""

    def __init__(self, replace: Replace, originals: Optional[dict] = None):
        self._replace, self._originals = replace, originals or {}
        self._pairs: list = []  # layers and their copies

    def of(self, model):
        if not _is_graph(model):
            return self._of_custom(model)
        for graph in (model, *model._flatten_layers()):  # pylint: disable=protected-access
            if isinstance(graph, Functional) and not functional_like_constructor(type(graph)):
                raise ValueError(
                    f"model '{graph.name}' is a {type(graph).__name__}, whose constructor is not "
                    "that of keras.Model, so that it cannot be made again; convert "
                    "keras.Model(model.inputs, model.outputs)")
        if not model.layers:
            return _from_config(model)
        with _not_compiled(model):
            copy = keras.models.clone_model(model, clone_function=self._clone, recursive=True)
        for old, new in self._pairs:
            self._finish(self._originals.get(id(old), old), new)
        _compile_alike(model, copy)
        return copy

    def _clone(self, layer):
        if not isinstance(layer, keras.layers.Layer):  # a function of keras.ops, as a node
            return type(layer).from_config(layer.get_config())
        factory = self._replace(layer)
        new = factory() if factory else _from_config(layer)
        self._pairs.append((layer, new))
        return new

    def _of_custom(self, model):
        copy = _from_config(model)
        self._finish(model, copy)
        _compile_alike(model, copy)
        return copy

    def _finish(self, old, new):
        """Weights, and the layers inside a layer of a class of its own."""
        transfer_weights(old, new)
        if self._replace(old) is not None:
            return
        # The copy's constructor made exact layers also where the old one has approximate ones.
        originals = {id(copy): layer for layer, copy in zip(_flat(old), _flat(new))}

        def replace(layer):
            original = originals.get(id(layer), layer)
            factory = self._replace(original)
            if factory is None and isinstance(original, ApproximateLayer) \
                    and type(layer) is not type(original):
                return lambda: _from_config(original)
            return factory

        if any(replace(layer) for layer in _flat(new)):
            _Replacement(replace, originals).inside(new)


class _Replacement:
    """Puts new layers into the places of old ones.

    Args:
      replace: makes the new layers.
      originals: {id of an old layer: the one whose weights the new layer gets}; by default its own.
    """

    def __init__(self, replace: Replace, originals: Optional[dict] = None):
        self._replace, self._originals = replace, originals or {}
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
            transfer_weights(self._originals.get(id(layer), layer), new)
            return new
        if _is_graph(layer):
            needed = any(self._replace(inner) for inner in _flat(layer))
            return _Copy(self._replace, self._originals).of(layer) if needed else layer
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
    new.built = True  # Keras builds a subclassed model by a call, and leaves it at that
    layers, copies = [old, *_flat(old)], [new, *_flat(new)]
    if [_exact_class(layer) for layer in layers] != [_exact_class(copy) for copy in copies]:
        raise ValueError(f"'{old.name}' ({type(old).__name__}), made again from its configuration, "
                         "has other layers than it had; convert with in_place=True, or write its "
                         "get_config")
    for layer, copy in zip(layers, copies):
        if layer.built and not copy.built:
            raise ValueError(_not_built(layer))
        if isinstance(layer, ApproximateLayer) or isinstance(copy, ApproximateLayer):
            _transfer_to_other_class(layer, copy)
        else:
            _transfer_own_weights(layer, copy)
            _transfer_state(layer, copy)


def _not_built(layer) -> str:
    return (f"'{layer.name}' ({type(layer).__name__}), made again from its configuration, has not "
            "the weights that it had: Keras cannot build it; convert with in_place=True, or write "
            "its get_config and build")


def _transfer_own_weights(layer, copy) -> None:
    """Those that do not belong to a layer inside."""
    weights, copies = (of._trainable_variables + of._non_trainable_variables  # pylint: disable=protected-access
                       for of in (layer, copy))
    if [tuple(weight.shape) for weight in weights] != [tuple(twin.shape) for twin in copies]:
        raise ValueError(_not_built(layer))
    for weight, twin in zip(weights, copies):
        twin.assign(weight)


def _exact_class(layer) -> type:
    return layer.exact_class if isinstance(layer, ApproximateLayer) else type(layer)


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
    if type(layer) is keras.layers.Lambda:  # of its functions themselves, which need no file
        config = {name: value for name, value in keras.layers.Layer.get_config(layer).items()
                  if name in ("name", "trainable", "dtype")}
        return keras.layers.Lambda(layer.function, layer._output_shape, layer.mask, layer.arguments,  # pylint: disable=protected-access
                                   **config)
    classes = {type(inner).__name__: type(inner) for inner in (layer, *_flat(layer))}
    try:
        with keras.saving.custom_object_scope(classes):
            return type(layer).from_config(layer.get_config())
    except (NotImplementedError, TypeError, ValueError) as error:
        raise ValueError(
            f"'{layer.name}' cannot be made again from its configuration: {type(layer).__name__} "
            "needs a get_config with the arguments of its constructor; or convert with "
            f"in_place=True. Keras says: {error}") from error


@contextlib.contextmanager
def _not_compiled(model):
    """Inside, Keras does not compile clones: it could not with a loss that is not registered."""
    models = [inner for inner in (model, *_flat(model)) if getattr(inner, "compiled", False)]
    for inner in models:
        inner.compiled = False
    try:
        yield
    finally:
        for inner in models:
            inner.compiled = True


def _compile_alike(old, new) -> None:
    """Compiles a model as another one is, with an optimizer and metrics of its own."""
    if not getattr(old, "compiled", False):
        return
    if type(new).compile is not keras.Model.compile:
        new.compile_from_config(old.get_compile_config())
        return
    arguments = dict(old._compile_config.config)  # pylint: disable=protected-access
    for name in ("optimizer", "metrics", "weighted_metrics"):
        arguments[name] = keras.tree.map_structure(_fresh, arguments[name])
    if arguments["jit_compile"]:  # the layers may not allow it any more, or allow it again
        arguments["jit_compile"] = "auto"
    new.compile(**arguments)


def _fresh(value):
    """Optimizers and metrics without their state; what else compile takes has none."""
    return type(value).from_config(value.get_config()) \
        if isinstance(value, (keras.Optimizer, keras.Metric)) else value


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
