# SPDX-License-Identifier: MIT
"""What the approximate layers have in common: arguments, mode, weights, configuration."""

from __future__ import annotations

import contextlib
import os
from typing import Iterator, Optional, Sequence, Tuple, Union

import keras
import tensorflow as tf

from axlut import gradients
from axlut._arguments import saved_first
from axlut._types import Gradient, Path, TensorLike
from axlut.keras.quantizers import AnyQuantizer
from axlut.keras.table_product import MODES

COMPUTE_DTYPES = ("float32", "bfloat16", "float16")
_folders: list = []  # of tables_in, innermost last


@contextlib.contextmanager
def tables_in(folder: Path) -> Iterator[None]:
    """Inside, a layer whose table is not where it was takes the file of that name in this folder.

    For models that are loaded on another machine:
    `with axlut.keras.tables_in("tables"): model = keras.models.load_model("model.keras")`.

    Args:
      folder: path of the folder.

    Yields:
      Nothing.
    """
    _folders.append(os.path.abspath(os.fspath(folder)))
    try:
        yield
    finally:
        _folders.pop()


def find_table(path, what: str) -> str:
    """The table's absolute path.

    Raises:
      TypeError: it is no path.
      FileNotFoundError: there is no such file, nor in a folder of tables_in.
    """
    if not isinstance(path, (str, os.PathLike)):
        found = f"a {type(path).__name__}{saved_first(path)}" if hasattr(path, "__len__") \
            or hasattr(path, "products") else repr(path)
        raise TypeError(f"{what}: table must be the path of a table file; it is {found}")
    path = os.path.abspath(os.fspath(path))
    name = os.path.basename(path)
    places = [path, *(os.path.join(folder, name) for folder in reversed(_folders))]
    for place in places:
        if os.path.isfile(place):
            return place
    raise FileNotFoundError(f"{what}: its table is not there: there is no file "
                            f"{' or '.join(places)}; axlut.keras.tables_in(folder) names another "
                            "folder")


class ApproximateLayer:
    """Mixin of the layers; the other base is the Keras layer, with its weights and arguments.

    All products of inputs and kernel come from the table; the bias is added, and the activation
    computed, exactly, in the layer's compute dtype (float32, bfloat16 or float16).

    Args:
      table: path of the table file; of a separable convolution also a pair, as the next four.
      input_quantizer, kernel_quantizer: where the ranges come from: an object of axlut.keras or
        "batch", "fixed", "moving_average"; for kernels "per_channel", too.
      encoding: "affine", or "sign_magnitude" for an unsigned table that gets magnitudes.
      gradient: "straight_through", "approximate", "difference_1d", "difference_2d" or an object of
        axlut.gradients.
      mode: what the layer computes at first; see `mode`.

    Raises:
      FileNotFoundError: there is no such table.
      ValueError, TypeError: another argument is none of these.
    """

    exact_class: type  # the Keras layer
    kernel_names = ("kernel",)  # the attributes that hold kernels, a product each

    def __init__(self, *args, table: Union[Path, Sequence[Path]],
                 input_quantizer: AnyQuantizer = "batch", kernel_quantizer: AnyQuantizer = "batch",
                 encoding: str = "affine", gradient: Gradient = "straight_through",
                 mode: str = "approximate", **kwargs):
        super().__init__(*args, **kwargs)  # the Keras layer's
        self.supports_jit = False  # XLA cannot compile ops that it does not know
        if getattr(self, "lora_rank", None):
            raise ValueError(f"{type(self).__name__}: lora_rank is not supported; LoRA's kernel "
                             "would bypass the table")
        if self.compute_dtype not in COMPUTE_DTYPES:
            raise ValueError(f"{type(self).__name__} computes in float32, bfloat16 or float16; its "
                             f"dtype is {self.compute_dtype}")
        self._mode = check_mode(mode, type(self).__name__)
        self._mode_index: Optional[tf.Variable] = None
        what = f"{type(self).__name__} '{self.name}'"
        if len(self.kernel_names) > 1 and isinstance(table, (list, tuple)):
            table = [find_table(path, what) for path in table]
        else:
            table = find_table(table, what)
        self._products = self._make_products(
            {"table": table, "input_quantizer": input_quantizer,
             "kernel_quantizer": kernel_quantizer, "encoding": encoding, "gradient": gradient})

    def _make_products(self, arguments: dict) -> tuple:
        raise NotImplementedError

    @property
    def products(self) -> tuple:
        """The layer's products through tables: one, or of a separable convolution two."""
        return self._products

    @property
    def table(self) -> Union[str, Tuple[str, str]]:
        """Absolute path of the table, or of both: (depthwise, pointwise)."""
        return _one_or_pair([product.table for product in self._products])

    @property
    def mode(self) -> str:
        """What the layer computes; it can be set at any time, between steps of a training, too.

        "approximate": products from the table. "quantized": exact products of the same quantized
        values. "float": what the Keras layer computes. Graphs that were traced before follow.
        """
        return self._mode

    @mode.setter
    def mode(self, mode: str):
        self._mode = check_mode(mode, f"layer '{self.name}'")
        if self._mode_index is not None:
            self._mode_index.assign(MODES.index(mode))

    def set_range(self, operand: str, low: TensorLike, high: TensorLike) -> None:
        """Sets a range that the layer keeps (FixedRange, MovingAverage).

        Args:
          operand: "input" or "kernel"; of a separable convolution also "pointwise_input" and
            "pointwise_kernel".
          low, high: numbers, or one for each output channel; made symmetric if the quantizer is.

        Raises:
          TypeError: the ends are no numbers.
          ValueError: there is no such operand, or the layer keeps no range for it; or low > high,
            or one is not finite.
        """
        for product in self._products:
            for name, state in product.state.items():
                if operand == product.prefix + name and state:
                    return product.set_range(name, low, high)
        kept = [product.prefix + name for product in self._products
                for name, state in product.state.items() if state]
        raise ValueError(f"layer '{self.name}' keeps no range for {operand!r}; it keeps those of: "
                         f"{', '.join(kept) or 'nothing (not built, or its quantizers have none)'}")

    def get_ranges(self) -> dict:
        """The ranges that the layer keeps: {operand: (low, high)} as NumPy values."""
        return {product.prefix + name: tuple(keras.ops.convert_to_numpy(end) for end in state)
                for product in self._products for name, state in product.state.items() if state}

    # --- Keras -----------------------------------------------------------------------------------

    def _build_products(self, channels) -> None:
        """At the end of build: the ranges' weights and the mode's variable.

        The variable is none of the layer's weights, so that an exact layer's weights fit.
        """
        for product, count in zip(self._products, channels):
            product.build(count)
        with tf.init_scope():
            self._mode_index = tf.Variable(MODES.index(self._mode), trainable=False, dtype=tf.int32,
                                           name=f"{self.name}_mode")

    def _multiply(self, number: int, inputs, kernel, training):
        product = self._products[number]
        return product(inputs, kernel, tf.convert_to_tensor(self._mode_index),
                       bool(training) and self.trainable)

    def enable_lora(self, *args, **kwargs) -> None:
        """Not supported: the product of LoRA's matrices would bypass the table."""
        raise NotImplementedError(f"layer '{self.name}': LoRA would bypass the table")

    def quantize(self, *args, **kwargs) -> None:
        """Not supported: the layer quantizes by itself."""
        raise NotImplementedError(f"layer '{self.name}' quantizes its tensors by itself")

    def exact_variables(self) -> list:
        """The weights that the Keras layer has, in its order."""
        names = (*self.kernel_names, "bias")
        return [getattr(self, name) for name in names if getattr(self, name, None) is not None]

    def range_variables(self) -> dict:
        """The weights that hold ranges, by name."""
        return {variable.name: variable for product in self._products
                for state in product.state.values() for variable in state}

    def save_own_variables(self, store):
        if not self.built:
            return
        for number, variable in enumerate(self.exact_variables()):
            store[str(number)] = variable
        for name, variable in self.range_variables().items():
            store[name] = variable

    def load_own_variables(self, store):
        exact, kept = self.exact_variables(), self.range_variables()
        expected = [str(number) for number in range(len(exact))]
        found = set(store.keys())
        # Weights of the Keras layer fit as well: the ranges then stay as they are.
        if found not in (set(expected), set(expected) | set(kept)):
            raise ValueError(f"layer '{self.name}' needs {len(exact)} weights and the ranges "
                             f"{sorted(kept)}; the file has {sorted(found)}")
        for number, variable in zip(expected, exact):
            variable.assign(store[number])
        for name, variable in kept.items():
            if name in found:
                variable.assign(store[name])

    def exact_config(self) -> dict:
        """The configuration of the Keras layer."""
        return super().get_config()

    def get_config(self):
        def settings(of):
            return _one_or_pair([of(product) for product in self._products])

        def serialized(operand):
            return settings(lambda product: keras.saving.serialize_keras_object(
                product.quantizers[operand]))

        return {**super().get_config(), "table": self.table, "mode": self.mode,
                "input_quantizer": serialized("input"), "kernel_quantizer": serialized("kernel"),
                "encoding": settings(lambda product: product.encoding),
                "gradient": settings(lambda product: gradients.serialize(product.gradient))}

    @classmethod
    def from_config(cls, config: dict) -> "ApproximateLayer":
        """Inverse of get_config; with the errors of the constructor, which Keras would wrap."""
        try:
            return super().from_config(config)
        except TypeError as error:
            if isinstance(error.__context__, (FileNotFoundError, ValueError, TypeError)):
                raise error.__context__ from None
            raise


def check_mode(mode: str, what: str) -> str:
    """The mode; ValueError if there is no such one."""
    if mode not in MODES:
        raise ValueError(f"{what}: mode must be one of {', '.join(MODES)}; it is {mode!r}")
    return mode


def _one_or_pair(values: list):
    """The value of all products, or the list of theirs."""
    return values[0] if all(value == values[0] for value in values[1:]) else values
