# SPDX-License-Identifier: MIT
"""Quantizers: where a layer's ranges come from.

BatchRange      of the tensor itself, anew at each call ("batch"; "per_channel" for kernels)
FixedRange      given numbers, or what axlut.calibrate finds ("fixed")
MovingAverage   of the tensors of training steps ("moving_average")

A quantizer is plain data and may be shared; what it learns lies in weights of the layer. Codes are
computed by the ops, with as many bits as the table's operand has.
"""

from __future__ import annotations

import math
from typing import Any, List, Optional, Sequence, Tuple, Union

import keras
import numpy as np
import tensorflow as tf

from axlut import _arguments, ranges
from axlut._types import TensorLike

PACKAGE = "axlut"
State = Tuple[Any, ...]  # the layer's variables (low, high), or none


class Quantizer:
    """What all quantizers have in common.

    Args:
      symmetric: the code of 0.0 is the middle one (axlut.ranges.symmetric_bounds).
      narrow: the lowest code is not used; with `symmetric`, the range is (-m, m).
      per_channel: a range for each output channel; for kernels only.
    """

    has_state = False  # whether a layer keeps a range for it
    calibrates = False  # whether axlut.calibrate sets that range

    def __init__(self, symmetric: bool = False, narrow: bool = False, per_channel: bool = False):
        self.symmetric = bool(symmetric)
        self.narrow = bool(narrow)
        self.per_channel = bool(per_channel)

    def initial_range(self, channels: int) -> Tuple[Any, Any]:
        """The range that a layer keeps before anything was seen.

        Args:
          channels: output channels of the layer's kernel.

        Returns:
          Low and high, float32 scalars or [channels]; NaN: no range yet.
        """
        del channels
        return math.nan, math.nan

    def range_of(self, values: TensorLike, state: State, width: int, channel_axes: Sequence[int],
                 update: bool) -> ranges.Range:
        """The range for these values.

        Args:
          values: the tensor that is going to be quantized.
          state: the layer's variables (low, high), if the quantizer has any.
          width: bits of the operand.
          channel_axes: the axes of the tensor that output channels follow from.
          update: whether this is a training step, from which the quantizer may learn.

        Returns:
          Low and high, float32 scalars or, with per_channel, [channels].
        """
        raise NotImplementedError

    def seen(self, values: TensorLike, width: int, channel_axes: Sequence[int]) -> ranges.Range:
        """The range of these very values, with the quantizer's options.

        Args:
          values, width, channel_axes: as for range_of.

        Returns:
          Low and high, as from range_of.
        """
        low, high = ranges.asymmetric(values, channel_axes if self.per_channel else ())
        return self.widened(low, high, width)

    def widened(self, low: TensorLike, high: TensorLike, width: int) -> ranges.Range:
        """A range made symmetric, if the quantizer is.

        Args:
          low, high: its ends.
          width: bits of the operand.

        Returns:
          Low and high of the smallest range around it that the quantizer may have.
        """
        if self.symmetric:
            return ranges.symmetric_bounds(low, high, width, self.narrow)
        return low, high

    def get_config(self) -> dict:
        """The arguments of the constructor."""
        return {"symmetric": self.symmetric, "narrow": self.narrow, "per_channel": self.per_channel}

    @classmethod
    def from_config(cls, config: dict) -> "Quantizer":
        """Inverse of get_config."""
        return cls(**config)

    def __eq__(self, other):
        return type(self) is type(other) and self.get_config() == other.get_config()

    __hash__ = None

    def __repr__(self):
        settings = [f"{key}={value}" for key, value in self.get_config().items()
                    if value is not False and value is not None]
        return f"{type(self).__name__}({', '.join(settings)})"


AnyQuantizer = Union[str, dict, Quantizer]  # a name or a configuration, too


@keras.saving.register_keras_serializable(package=PACKAGE)
class BatchRange(Quantizer):
    """The smallest range that holds 0 and the tensor at hand, at each call.

    As TFApprox' layers do it. For activations the result of one image then depends on the batch it
    is in; for the weights of an inference the range is constant.
    """

    def range_of(self, values, state, width, channel_axes, update):
        return self.seen(values, width, channel_axes)


@keras.saving.register_keras_serializable(package=PACKAGE)
class FixedRange(Quantizer):
    """A range that calls do not change: given here, or set by axlut.calibrate or layer.set_range.

    Args:
      low, high: numbers, or lists with one for each output channel; both or none. They are taken as
        they are, whether symmetric or not. None: the layer has no range yet, and calling it is an
        error until it gets one.
      symmetric, narrow, per_channel: as for every quantizer; `symmetric` for ranges from
        calibration.

    Raises:
      ValueError: only one of both is given, or low > high, or one is not finite.
      TypeError: they are no numbers.
    """

    has_state = True

    def __init__(self, low: Optional[TensorLike] = None, high: Optional[TensorLike] = None,
                 symmetric: bool = False, narrow: bool = False, per_channel: bool = False):
        super().__init__(symmetric, narrow, per_channel)
        if (low is None) != (high is None):
            raise ValueError("FixedRange: low and high must be given both or not at all; they are "
                             f"{low!r} and {high!r}")
        self.low, self.high = (None, None) if low is None else bounds(low, high, "FixedRange")

    @property
    def calibrates(self) -> bool:
        """A range that was given is kept."""
        return self.low is None

    def initial_range(self, channels):
        if self.low is None:
            return super().initial_range(channels)
        return (_for_channels(self.low, channels, self.per_channel),
                _for_channels(self.high, channels, self.per_channel))

    def range_of(self, values, state, width, channel_axes, update):
        return tf.convert_to_tensor(state[0]), tf.convert_to_tensor(state[1])

    def get_config(self):
        return {"low": self.low, "high": self.high, **super().get_config()}


@keras.saving.register_keras_serializable(package=PACKAGE)
class MovingAverage(Quantizer):
    """Moving averages of the ends of the tensors' ranges, over the steps of training.

    Each training step first does average = decay * average + (1 - decay) * end, and then uses the
    average; inference uses it as it is (TFApprox4IL's quantizer, TensorFlow's
    assign_moving_average with zero_debias=False). Steps of a frozen layer change nothing. With
    several replicas the average takes the mean of the replicas' ends.

    Args:
      decay: weight of the old average, 0 <= decay < 1.
      initial: (low, high) to start from; (-6, 6) is TFApprox4IL's, which takes thousands of steps
        to forget it. None: the first step's own range, and inference before it is an error.
      symmetric, narrow, per_channel: as for every quantizer.

    Raises:
      ValueError, TypeError: the decay or the initial range is none.
    """

    has_state = calibrates = True

    def __init__(self, decay: float = 0.999, initial: Optional[Tuple[float, float]] = None,
                 symmetric: bool = False, narrow: bool = False, per_channel: bool = False):
        super().__init__(symmetric, narrow, per_channel)
        self.decay = _arguments.number(decay, "MovingAverage: decay", 0, 1)
        self.initial = None if initial is None else _initial(initial)

    def initial_range(self, channels):
        if self.initial is None:
            return super().initial_range(channels)
        return tuple(_for_channels(end, channels, self.per_channel) for end in self.initial)

    def range_of(self, values, state, width, channel_axes, update):
        if update:
            for average, end in zip(state, self.seen(values, width, channel_axes)):
                old = tf.convert_to_tensor(average)
                moved = self.decay * old + (1.0 - self.decay) * end
                average.assign(tf.where(tf.math.is_nan(old), end, moved))
        return tf.convert_to_tensor(state[0]), tf.convert_to_tensor(state[1])

    def get_config(self):
        return {"decay": self.decay, "initial": self.initial, **super().get_config()}


_NAMES = {
    "batch": BatchRange,
    "fixed": FixedRange,
    "moving_average": MovingAverage,
    "per_channel": lambda: BatchRange(per_channel=True),
}


def get(quantizer: Union[str, dict, Quantizer]) -> Quantizer:
    """The quantizer that an argument means: an object, its serialized form, or a name.

    Raises:
      ValueError: for a name that there is not.
      TypeError: for anything else.
    """
    if isinstance(quantizer, dict):
        quantizer = keras.saving.deserialize_keras_object(quantizer)
    if isinstance(quantizer, str):
        if quantizer not in _NAMES:
            raise ValueError(f"a quantizer must be one of {', '.join(map(repr, _NAMES))} or an "
                             f"object of axlut.keras; it is {quantizer!r}")
        return _NAMES[quantizer]()
    if not isinstance(quantizer, Quantizer):
        found = f"the class {quantizer.__name__}; an object is {quantizer.__name__}(...)" \
            if isinstance(quantizer, type) else f"a {type(quantizer).__name__}"
        raise TypeError("a quantizer must be a name or an object of axlut.keras; it is "
                        f"{found}")
    return quantizer


def _initial(ends) -> List[Any]:
    """(low, high) that a moving average starts from, as numbers or lists of numbers."""
    try:
        low, high = ends
    except (TypeError, ValueError):
        raise ValueError("MovingAverage: initial must be None or (low, high); it is "
                         f"{ends!r}") from None
    return list(bounds(low, high, "MovingAverage: initial"))


def bounds(low, high, what: str) -> Tuple[Any, Any]:
    """Both as numbers or lists of numbers; TypeError or ValueError if they are no range."""
    try:
        if low is None or high is None:
            raise TypeError  # which NumPy makes a NaN of
        ends = [np.asarray(end, np.float64) for end in (low, high)]
    except (TypeError, ValueError):
        raise TypeError(f"{what}: a range must be two numbers or lists of numbers; it is {low!r} "
                        f"and {high!r}") from None
    if ends[0].shape != ends[1].shape or ends[0].ndim > 1 or not np.isfinite(ends).all() \
            or (ends[0] > ends[1]).any():
        raise ValueError(f"{what}: a range must be two finite numbers, low <= high (or lists of "
                         f"them, of one length); it is {low!r} and {high!r}")
    return ends[0].tolist(), ends[1].tolist()


def _for_channels(end, channels: int, per_channel: bool):
    """A number, or a list with one for each channel."""
    count = len(end) if isinstance(end, list) else None
    if count is not None and (not per_channel or count != channels):
        raise ValueError(f"a range of {count} channels needs per_channel=True and as many output "
                         f"channels; the layer has {channels}, per_channel is {per_channel}")
    return [end] * channels if per_channel and count is None else end
