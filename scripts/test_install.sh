#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs a build into a temporary folder, then builds and runs a consumer that knows AxLUT only
# through find_package(axlut), and once more through pkg-config.
#   test_install.sh SOURCE_FOLDER BUILD_FOLDER
set -euo pipefail
source=$1
build=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

check_output() {
  printf '3 x 5 = 15 in 256 entries\nthrough the layer: 15\n' | diff - <("$1")
}

cmake --install "$build" --prefix "$folder/prefix" >"$folder/install.log"
cmake -S "$source/testdata/consumer" -B "$folder/consumer" -G Ninja \
  -DCMAKE_PREFIX_PATH="$folder/prefix" -DCMAKE_BUILD_TYPE=Release >"$folder/configure.log"
cmake --build "$folder/consumer"
check_output "$folder/consumer/consumer"

PKG_CONFIG_PATH=$(dirname "$(find "$folder/prefix" -name axlut.pc)")
export PKG_CONFIG_PATH
read -ra flags <<<"$(pkg-config --cflags --libs axlut)"
g++ -std=c++17 "$source/testdata/consumer/main.cc" "${flags[@]}" -o "$folder/by_pkg_config"
check_output "$folder/by_pkg_config"

# The installed commands run from where they are, without the build folder.
"$folder/prefix/bin/lutgen" build exact:4x4 -o "$folder/exact.axt" -q
"$folder/prefix/bin/lutgen" info "$folder/exact.axt" >/dev/null
# So does the Yosys plugin, if it was built.
if [ -n "$(find "$folder/prefix" -name 'axlut_yosys_plugin*')" ]; then
  "$folder/prefix/bin/lutgen" metrics "$source/testdata/circuits/mul8u_exact.v" >/dev/null
fi
echo "installed package works"
