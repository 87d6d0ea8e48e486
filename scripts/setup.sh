#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what AxLUT needs on Debian 12: packages, and a virtual environment .venv. Idempotent: a
# second call finds everything in place and does nothing.
#   scripts/setup.sh                     what the demo needs
#   scripts/setup.sh --with-tensorflow   also TensorFlow, for the op and its tests
#   scripts/setup.sh --with-cuda         also nvcc from PyPI, unless the machine has one
#   scripts/setup.sh --with-benchmarks   also oneDNN and matplotlib, for scripts/bench.sh
set -euo pipefail
cd "$(dirname "$0")/.."

with_tensorflow=no
with_cuda=no
with_benchmarks=no
for argument in "$@"; do
  case "$argument" in
    --with-tensorflow) with_tensorflow=yes ;;
    --with-cuda) with_cuda=yes ;;
    --with-benchmarks) with_benchmarks=yes ;;
    -h | --help) sed -n '3,8s/^# //p' "$0"; exit 0 ;;
    *)
      echo "setup.sh: unknown argument '$argument' (--with-tensorflow, --with-cuda," \
        "--with-benchmarks, --help)" >&2
      exit 2 ;;
  esac
done

packages=(
  g++ make cmake ninja-build ccache pkgconf git ca-certificates python3 python3-venv
  libboost-program-options-dev libboost-context-dev libfmt-dev nlohmann-json3-dev libxxhash-dev
  libflatbuffers-dev flatbuffers-compiler libflint-dev
  yosys yosys-dev verilator
  libgtest-dev libgmock-dev libbenchmark-dev
)

if [ "$with_benchmarks" = yes ]; then packages+=(libdnnl-dev); fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$status" = 'install ok installed' ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "setup: installing ${missing[*]}" >&2
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup.sh: run it as root, or install sudo" >&2; exit 5; }
    as_root=(sudo)
  fi
  # apt's chatter goes to stderr, so that a caller's own output stays readable.
  "${as_root[@]}" apt-get update -qq >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

# install_python LIST: a stamp with the lists' hash tells whether .venv already holds it.
install_python() {
  local list=$1 stamp
  stamp=.venv/.installed-$(cat scripts/requirements*.txt | sha256sum | cut -c1-16)-$(basename "$list" .txt)
  if [ -e "$stamp" ]; then return; fi
  [ -x .venv/bin/python ] || /usr/bin/python3 -m venv .venv
  echo "setup: installing the packages of $list into .venv" >&2
  .venv/bin/python -m pip install -q --disable-pip-version-check -r "$list" >&2
  touch "$stamp"
}
install_python scripts/requirements.txt
if [ "$with_tensorflow" = yes ]; then install_python scripts/requirements-tensorflow.txt; fi

# Where runtime/cmake/cuda.cmake looks before it looks into .venv.
has_nvcc() {
  local folder
  [ -z "${CUDACXX:-}" ] && ! command -v nvcc >/dev/null || return 0
  for folder in "${CUDA_PATH:-}" "${CUDA_HOME:-}" /usr/local/cuda; do
    if [ -x "$folder/bin/nvcc" ]; then return 0; fi
  done
  return 1
}
if [ "$with_cuda" = yes ] && ! has_nvcc; then
  install_python scripts/requirements-cuda.txt
fi
if [ "$with_benchmarks" = yes ]; then install_python scripts/requirements-bench.txt; fi
