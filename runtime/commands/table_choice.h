// SPDX-License-Identifier: MIT
// Which table each layer of a network runs through: --table T and --table LAYER=T.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/model/graph.h"
#include "runtime/model/layer.h"

namespace axlut {

// What an unsigned table's operands read: codes + 2^(width-1), or magnitudes, with the signs apart
// (runtime/table/sign_magnitude.h).
enum class OperandEncoding : uint8_t { kAffine, kSignMagnitude };

// One table per operator of `graph`. `choices` are the values of --table in order: a value without
// '=' (or that is an existing file) names the table of all layers, LAYER=T that of one layer, which
// is the index of an operator or the name of its output. T is the path of a table or "exact". The
// exact table of 8-bit signed operands serves whatever no choice names. kUsage for layers that do
// not exist or use no table and for two choices of the same; LoadTable's errors for files. With
// kSignMagnitude every file must have unsigned operands (kUnsupported); "exact" means the same in
// either encoding.
Result<std::vector<LayerTable>> ChooseTables(const Graph& graph,
                                             const std::vector<std::string>& choices,
                                             OperandEncoding encoding = OperandEncoding::kAffine);

// Lines for the user about tables that had to be given quick plans at load: files without plans, or
// with plans that are wrong. Each table once.
std::vector<std::string> PlanNotes(const std::vector<LayerTable>& tables);

}  // namespace axlut
