#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `pip wheel .`, then the wheel in a fresh virtual environment that shares nothing with the checkout
# but the packages of its Python: what is in it, what it says of itself, and whether it works.
#   test_wheel.sh SOURCE_FOLDER BUILD_FOLDER PYTHON
# The wheel's own build folder is BUILD_FOLDER/wheel, so that a second run builds what has changed
# only. Compiled as the release preset does, so that ccache knows most of it; without nvcc.
set -euo pipefail
source=$1
build=$2
python=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"  # not the checkout, where Python finds what the wheel should have brought

"$python" -m pip wheel "$source" --no-build-isolation --no-deps --no-index --quiet \
  --disable-pip-version-check --wheel-dir . \
  --config-settings=build-dir="$build/wheel" --config-settings=cmake.define.AXLUT_WERROR=ON \
  --config-settings=cmake.define.AXLUT_WITH_CUDA=OFF
wheel=$(echo axlut-*.whl)
version=$(sed -nE 's/^project\(axlut VERSION ([0-9.]+).*/\1/p' "$source/CMakeLists.txt")
case "$wheel" in
  "axlut-$version-py3-none-linux_"*.whl) ;;
  *) echo "the wheel of version $version is named $wheel" >&2; exit 1 ;;
esac

# The package, the op, the commands; the plugin, if there is a Yosys to load it. Nothing else.
{
  (cd "$source/runtime/python" && find axlut -name '*.py' -o -name py.typed)
  printf 'axlut/%s\n' _build_info.py axlut_tf.so
  printf "axlut-$version.data/scripts/%s\n" lutgen lutsim lutrun
  printf "axlut-$version.dist-info/%s\n" METADATA RECORD WHEEL licenses/LICENSE
  if [ -e "$build/wheel/lib/axlut_yosys_plugin.so" ]; then
    echo "axlut-$version.data/data/lib/axlut/axlut_yosys_plugin.so"
  fi
} | sort >expected
"$python" -m zipfile -l "$wheel" | sed -nE '2,$s/^([^ ]+) .*/\1/p' | sort | diff expected -

"$python" -m venv --without-pip installed
# TensorFlow and its dependencies; .pth files there, the checkout's axlut.pth among them, do not count.
"$python" -c "import sysconfig; print(sysconfig.get_path('purelib'))" \
  >"$(echo installed/lib/python3*/site-packages)/shared.pth"
"$python" -m pip --python installed/bin/python install --quiet --no-index --no-deps \
  --disable-pip-version-check "$wheel"
PATH=$folder/installed/bin:$PATH
unset PYTHONPATH AXLUT_YOSYS_PLUGIN

for command in lutgen lutsim lutrun; do
  [ "$(command -v "$command")" = "$folder/installed/bin/$command" ]
  "$command" --version | sed -n 1p | diff <(echo "$command (AxLUT) $version") -
done
lutgen build -q truncated:8x8:4 -o mul8u_trunc4.axt
if [ -e installed/lib/axlut/axlut_yosys_plugin.so ]; then
  lutgen build -q "$source/testdata/circuits/mul8u_trunc4.v" -o from_verilog.axt
  lutgen convert -q from_verilog.axt -o from_verilog.bin
  lutgen convert -q mul8u_trunc4.axt -o from_formula.bin
  cmp from_verilog.bin from_formula.bin
fi
if command -v verilator >/dev/null; then
  lutsim verify -q --no-cache mul8u_trunc4.axt "$source/testdata/circuits/mul8u_trunc4.v" >/dev/null
fi

AXLUT_EXPECTED_VERSION=$version TF_CPP_MIN_LOG_LEVEL=3 python - <<'PYTHON'
import importlib.metadata
import os
import sys

import axlut
from axlut import _build_info

assert axlut.__file__.startswith(sys.prefix), axlut.__file__
assert not {"tensorflow", "keras", "numpy"} & set(sys.modules)
assert axlut.__version__ == importlib.metadata.version("axlut") == os.environ["AXLUT_EXPECTED_VERSION"]

import numpy as np
import tensorflow as tf

assert _build_info.IS_WHEEL and _build_info.TENSORFLOW_VERSION == tf.__version__
major, minor = (int(part) for part in tf.__version__.split(".")[:2])
requirements = importlib.metadata.requires("axlut")
assert f"tensorflow<{major}.{minor + 1},>={major}.{minor}" in requirements, requirements
metadata = importlib.metadata.metadata("axlut")
assert metadata["License-Expression"] == "MIT" and metadata.get_payload().startswith("# AxLUT")

# Products of one pixel and one weight: those of the table, whose low four columns are cut off.
a, b = np.arange(256, dtype=np.float32), np.float32(7)
got = axlut.ax_conv2d(a.reshape(1, 16, 16, 1), b.reshape(1, 1, 1, 1), "mul8u_trunc4.axt",
                      input_range=(0, 255), filter_range=(0, 255)).numpy().ravel()
partial_products = [sum(((int(x) >> i & 1) << i) * ((7 >> j & 1) << j)
                        for i in range(8) for j in range(8) if i + j >= 4) for x in a]
np.testing.assert_array_equal(got, partial_products)
PYTHON
echo "the wheel works"
