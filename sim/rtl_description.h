// SPDX-License-Identifier: MIT
// A design as far as it must be known before it is built: its text, its top and the top's ports.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "sim/build_cache.h"
#include "sim/rtl_interface.h"
#include "sim/rtl_source.h"

namespace axlut {

struct RtlDescription {
  PreprocessedRtl source;
  std::string key;         // hash of everything that the rest depends on
  std::string language;    // for Verilator's --language
  RtlInterface interface;  // places are in the user's files
  std::vector<InternalVector> internal_vectors;
};

// Options that every run of Verilator on a design's text gets: warnings never fail (we judge them
// ourselves), delays are ignored.
std::vector<std::string> CommonVerilatorOptions(const std::string& language);

// The names under which Verilator finds the design's text and the cells of simulator_source.h.
inline constexpr char kDesignFile[] = "design.v";
inline constexpr char kCellsFile[] = "axlut_pdk45_cells.v";
Result<void> WriteDesignFiles(const RtlDescription& description, const std::string& folder);

// Asks Verilator for the top's ports, unless `cache` knows them. `requested_top` may be empty.
// kUnsupported for sequential designs and for RTL that does more than compute (files, commands,
// C++).
Result<RtlDescription> DescribeRtl(PreprocessedRtl source, const std::string& requested_top,
                                   const std::string& verilator_version,
                                   const std::optional<BuildCache>& cache, double timeout_s);

}  // namespace axlut
