# SPDX-License-Identifier: MIT
"""Whether the op and the TensorFlow that runs fit each other, and what to do when they do not.

Knows no TensorFlow, so that a Python without one can be told what it lacks.
"""

from axlut import _build_info

_CMAKE = "cmake --preset release && cmake --build build --target axlut_python"


def minor_version(version: str) -> str:
    """"2.21" of "2.21.0", "2.21.1-rc0", ...: what TensorFlow's C++ interface belongs to."""
    return ".".join(version.split(".")[:2])


def missing_tensorflow(name: str) -> str:
    """The message for a Python without TensorFlow that asked for axlut.`name`."""
    advice = "scripts/setup.sh --with-tensorflow"
    if _build_info.IS_WHEEL:
        advice = f'pip install "tensorflow=={minor_version(_build_info.TENSORFLOW_VERSION)}.*"'
    return (f"axlut.{name} needs TensorFlow, which this Python does not have; "
            f"install it by {advice}")


def check_tensorflow(built_for: str, running: str) -> None:
    """Refuses a TensorFlow of another minor version than the op was compiled for.

    Its C++ interface may change with each of them; an op that was compiled for another one fails
    with a missing symbol at best. Bug fixes (2.21.1 after 2.21.0) leave it alone.

    Args:
      built_for: the version that CMake found, "" if the op was not built.
      running: tf.__version__.

    Raises:
      ImportError: they do not fit; it says both versions and what to do.
    """
    if not built_for:
        raise ImportError(
            "axlut was built without its TensorFlow op; install TensorFlow and build again: "
            f"scripts/setup.sh --with-tensorflow && {_CMAKE}")
    minor = minor_version(built_for)
    if minor == minor_version(running):
        return
    advice = f"build it again: {_CMAKE}"
    if _build_info.IS_WHEEL:
        advice = (f'pip install "tensorflow=={minor}.*", or build axlut for this one, in its '
                  "checkout: pip install --no-build-isolation .")
    raise ImportError(f"axlut's op was built for TensorFlow {built_for}, but this is TensorFlow "
                      f"{running}; {advice}")
