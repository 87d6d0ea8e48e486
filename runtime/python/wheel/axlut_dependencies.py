# SPDX-License-Identifier: MIT
"""What a wheel of axlut depends on; scikit-build-core asks while it builds one (pyproject.toml)."""

import importlib.metadata
from collections.abc import Mapping
from typing import Any

# Every package that has a module tensorflow with C++ headers.
_TENSORFLOW = ("tensorflow", "tensorflow-cpu")


def tensorflow_requirement() -> str:
    """The TensorFlow of this Python, the one that CMake compiles the op for, and its bug fixes.

    Returns:
      "tensorflow>=2.21,<2.22", for example: the op uses the C++ interface of one minor version.

    Raises:
      RuntimeError: this Python has no TensorFlow.
    """
    for name in _TENSORFLOW:
        try:
            major, minor = importlib.metadata.version(name).split(".")[:2]
        except importlib.metadata.PackageNotFoundError:
            continue
        return f"{name}>={major}.{minor},<{major}.{int(minor) + 1}"
    raise RuntimeError("a wheel of axlut is built for one TensorFlow, but this Python has none; "
                       "install it, or build without --no-build-isolation")


def dynamic_metadata(settings: Mapping[str, Any], project: Mapping[str, Any]) -> dict[str, Any]:
    """scikit-build-core's hook: the fields that it adds to [project].

    Args:
      settings: further keys of the entry in pyproject.toml; there are none.
      project: the fields so far.

    Returns:
      {"dependencies": [...]}.
    """
    del settings, project
    return {"dependencies": [tensorflow_requirement(), "keras>=3.15,<4", "numpy>=2"]}


def dynamic_wheel(settings: Mapping[str, Any]) -> dict[str, bool]:
    """scikit-build-core's hook: a source archive does not know the dependencies of its wheels.

    Args:
      settings: as above.

    Returns:
      {"dependencies": True}.
    """
    del settings
    return {"dependencies": True}
