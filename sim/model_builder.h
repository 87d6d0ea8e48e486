// SPDX-License-Identifier: MIT
// From a described design to an executable: Verilator, then the C++ compiler.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "sim/build_cache.h"
#include "sim/rtl_description.h"
#include "sim/simulator_source.h"
#include "sim/toolchain.h"
#include "sim/verilator.h"

namespace axlut {

// What is to be built, and where.
struct ModelRequest {
  const RtlDescription& description;
  const SimulatedPorts& ports;
  const CxxCompiler& compiler;
  std::string verilator_version;
  std::string folder;  // scratch; the executable is made here, too
  double timeout_s = 0;
};

struct BuiltModel {
  std::string executable;  // path
  // Verilator's warnings that matter only if the simulation finds the product to depend on more
  // than the operands: nets without driver, missing pins, combinational loops. Places are in
  // Verilator's file names, so that they can be cached.
  std::vector<VerilatorMessage> suspicions;
};

// Hash of everything that the executable depends on.
std::string ModelKey(const ModelRequest& request);

// Verilator's runtime library is compiled once and kept in `cache`. kInvalidInput for a bit with
// two drivers and for a latch; kUnsupported for calls into C (DPI).
Result<BuiltModel> BuildModel(const ModelRequest& request, const std::optional<BuildCache>& cache);

}  // namespace axlut
