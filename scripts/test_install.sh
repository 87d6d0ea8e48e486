#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs a build into a temporary folder, then configures, builds and runs a consumer that knows
# AxLUT only through find_package(axlut).   test_install.sh SOURCE_FOLDER BUILD_FOLDER
set -euo pipefail
source=$1
build=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cmake --install "$build" --prefix "$folder/prefix" >"$folder/install.log"
cmake -S "$source/testdata/consumer" -B "$folder/consumer" -G Ninja \
  -DCMAKE_PREFIX_PATH="$folder/prefix" -DCMAKE_BUILD_TYPE=Release >"$folder/configure.log"
cmake --build "$folder/consumer"
"$folder/consumer/consumer" | grep -qx '3 x 5 = 15 in 16 entries'

# The installed commands run from where they are, without the build folder.
"$folder/prefix/bin/lutgen" build exact:4x4 -o "$folder/exact.axt" -q
"$folder/prefix/bin/lutgen" info "$folder/exact.axt" >/dev/null
echo "installed package works"
