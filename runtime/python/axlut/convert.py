# SPDX-License-Identifier: MIT
"""approximate and exact: a Keras model with the products of its layers from tables, and back.

Which layer gets which table is decided first, on the given model (conversion_plan); then a copy is
made in which each of these layers is another one with the same name, configuration and weights.
"""

from __future__ import annotations

from typing import Any

import keras

from axlut import conversion_plan
from axlut.conversion_plan import Selection, Tables
from axlut.keras import quantizers
from axlut.keras.base import ApproximateLayer
from axlut.keras.selection import check_model
from axlut.rebuild import rebuilt


def approximate(model: keras.Model, tables: Tables, layers: Selection = None,
                quantize: Any = None, *, encoding: Any = "affine",
                gradient: Any = "straight_through", mode: str = "approximate",
                in_place: bool = False) -> keras.Model:
    """The model with Conv2D, DepthwiseConv2D, SeparableConv2D and Dense layers through tables.

    Weights are kept, by value. Nothing is folded or fused: batch normalization, biases and
    activations stay as they are, and exact. `axlut.report(result)` says what was converted and what
    stayed exact.

    Args:
      model: a functional or sequential model, with nested models, shared layers, any inputs and
        outputs; or a subclassed one, whose layers are attributes or lie in lists, tuples and dicts
        of attributes. A layer of a class of its own is searched for layers likewise.
      tables: the path of one table for all layers; or a dict {which layers: path}, whose keys are
        names ("conv1", "block/conv1" in a nested model), patterns ("block?/conv*"), types
        (keras.layers.Dense) or layers: a name goes before a pattern, a pattern before a type; or a
        list of paths, one for each convertible layer in the model's order. None instead of a path:
        stays exact. A separable convolution also takes a pair (depthwise, pointwise).
      layers: which layers are converted: None for all that have a table; or a list of names,
        patterns, types or layers, or a function of a layer.
      quantize: where ranges come from: the quantizer of inputs (name or object of axlut.keras); or
        a dict {"input": ..., "kernel": ...}; or a function of a layer that gives either. None: of
        each batch ("batch"); what is approximate already keeps its quantizers and ranges. Kernels:
        their own range, by default ("per_channel" for one of each output channel).
      encoding, gradient, mode: of all converted layers, as AxConv2D takes them.
      in_place: change the model itself: for subclassed models that Keras cannot make again from
        their configuration. Layers are replaced, and a compiled model is compiled anew.

    Returns:
      A new model, compiled as the given one is (with a new optimizer); in place, the model.

    Raises:
      TypeError: the model, or `tables`, is none.
      ValueError: a key of `tables` or `layers` fits no convertible layer; the list has not one
        entry for each; the model cannot be made again, or not changed in place (functional models).
      FileNotFoundError: there is no such table.
    """
    settings = {"encoding": encoding, "gradient": gradient, "mode": mode}
    plan = conversion_plan.make(model, tables, layers)

    def replace(layer):
        if id(layer) not in plan:
            return None
        return lambda: _approximate_layer(layer, plan[id(layer)], quantize, settings)

    return rebuilt(model, replace, in_place)


def exact(model: keras.Model, in_place: bool = False) -> keras.Model:
    """The model with the Keras layers that its approximate layers were made from.

    Args:
      model: with layers of axlut.keras.
      in_place: as in `approximate`.

    Returns:
      A new model with equal weights, bit for bit; ranges are forgotten.

    Raises:
      TypeError: the model is none.
      ValueError: the model cannot be made again, or not changed in place (functional models).
    """
    check_model(model, "exact")

    def replace(layer):
        if not isinstance(layer, ApproximateLayer):
            return None
        return lambda: layer.exact_class.from_config(layer.exact_config())

    return rebuilt(model, replace, in_place)


def _approximate_layer(layer, table, quantize, settings: dict) -> ApproximateLayer:
    """The approximate layer, not built, for a Keras layer or for an approximate one."""
    already = isinstance(layer, ApproximateLayer)
    config = layer.exact_config() if already else layer.get_config()
    kind = type(layer) if already else conversion_plan.CONVERTIBLE[type(layer)]
    chosen = quantize(layer) if _is_function(quantize) else quantize
    if chosen is None and already:
        present = layer.get_config()
        chosen = {"input": present["input_quantizer"], "kernel": present["kernel_quantizer"]}
    elif chosen is None:
        chosen = {}
    elif not isinstance(chosen, dict) or "class_name" in chosen:
        chosen = {"input": chosen}
    unknown = set(chosen) - {"input", "kernel"}
    if unknown:
        raise ValueError(f"approximate: quantize must have the keys 'input' and 'kernel'; it has "
                         f"{sorted(map(str, unknown))}")
    return kind.from_config({**config, **settings, "table": table,
                             "input_quantizer": chosen.get("input", "batch"),
                             "kernel_quantizer": chosen.get("kernel", "batch")})


def _is_function(quantize: Any) -> bool:
    return callable(quantize) and not isinstance(quantize, (quantizers.Quantizer, type))
