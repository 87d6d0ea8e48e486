// SPDX-License-Identifier: MIT
// Plans in the commands of `lutgen`: made when a table is written, proved and shown by `info`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernels/plan/plan.h"
#include "runtime/base/cli.h"
#include "runtime/table/stored_table.h"

namespace axlut {

enum class AnalyzeMode {
  kNone,
  kFast,  // QuickPlans: what the runtime does itself with a table that has no plans
  kFull,  // SearchPlans
};

// --analyze
void AddAnalyzeOption(cli::po::options_description* options);

// Puts plans into `stored` as --analyze says (default: full, but plans that an input brought along
// are kept), each proved on every product. Only .axt files hold plans, and only tables of at most 8
// bits per operand have them: kUsage if --analyze asks for them elsewhere.
Result<void> AnalyzeTable(const cli::po::variables_map& values, const std::string& format,
                          const cli::Context& context, StoredTable* stored);

// The stored plans, decoded and proved again; none if none are stored. kInvalidInput if they are
// damaged or belong to another table.
Result<std::vector<KernelPlan>> StoredPlans(const StoredTable& stored);

// Structure and plans for `lutgen info`; empty for operands of more than 8 bits.
std::string PlansText(const StoredTable& stored, const std::vector<KernelPlan>& plans);
nlohmann::ordered_json StructureJson(const StoredTable& stored);
nlohmann::ordered_json PlansJson(const std::vector<KernelPlan>& plans);

}  // namespace axlut
