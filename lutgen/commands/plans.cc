// SPDX-License-Identifier: MIT
#include "lutgen/commands/plans.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <utility>

#include "kernels/plan/plan_codec.h"
#include "kernels/plan/plan_cost.h"
#include "kernels/plan/quick_plan.h"
#include "lutgen/analysis/plan_search.h"
#include "lutgen/analysis/structure.h"

namespace axlut {
namespace {

namespace po = cli::po;
using nlohmann::ordered_json;

constexpr int kMaxWidth = 8;  // bits of an operand

bool HasPlans(const TruthTable& table) {
  return table.a().width <= kMaxWidth && table.b().width <= kMaxWidth;
}

LutView ViewOf(const TruthTable& table) {
  return {table.products().data(), table.a().width, table.b().width};
}

Result<std::optional<AnalyzeMode>> ReadAnalyzeMode(const po::variables_map& values) {
  if (values.count("analyze") == 0) return std::optional<AnalyzeMode>();
  const std::string mode = values["analyze"].as<std::string>();
  if (mode == "none") return std::optional<AnalyzeMode>(AnalyzeMode::kNone);
  if (mode == "fast") return std::optional<AnalyzeMode>(AnalyzeMode::kFast);
  if (mode == "full") return std::optional<AnalyzeMode>(AnalyzeMode::kFull);
  return Error::Usage(fmt::format("--analyze must be none, fast or full, got '{}'", mode));
}

std::vector<KernelPlan> MakePlans(AnalyzeMode mode, const StoredTable& stored,
                                  const cli::Context& context) {
  const TruthTable& table = stored.table;
  const bool is_signed_a = table.a().is_signed();
  const bool is_signed_b = table.b().is_signed();
  if (mode == AnalyzeMode::kFast) return QuickPlans(ViewOf(table), is_signed_a, is_signed_b);
  PlanSearchParams params;
  params.progress = [progress = context.MakeProgress("searching plans of " + stored.info.name)](
                        int done, int total) { progress.Update(done, total); };
  return SearchPlans(ViewOf(table), is_signed_a, is_signed_b, params);
}

int PlaneCount(const PlanShape& shape) { return shape.max_entry > 255 ? 2 : 1; }

std::string ResidualText(const PlanShape& shape) {
  if (!shape.has_residual) return "none";
  std::string text =
      fmt::format("{} x {} classes, 0 .. {} in {} byte plane{}", shape.classes_a, shape.classes_b,
                  shape.max_entry, PlaneCount(shape), PlaneCount(shape) > 1 ? "s" : "");
  if (shape.nibbles_a) text += ", nibbles of a";
  if (shape.nibbles_b) text += ", nibbles of b";
  return text;
}

std::string NibblesText(const MatrixStructure& matrix) {
  if (matrix.nibbles_a && matrix.nibbles_b) return "a, b";
  return matrix.nibbles_a ? "a" : matrix.nibbles_b ? "b" : "-";
}

std::string MatrixText(const char* label, const MatrixStructure& matrix) {
  return fmt::format("{:<15} {:>4} {:>8} {:>13}  {:<17} {:>5} {:>7}  {}\n", label, matrix.rank,
                     matrix.centred_rank,
                     fmt::format("{} x {}", matrix.classes_a, matrix.classes_b),
                     fmt::format("{} .. {}", matrix.min, matrix.max), matrix.gcd,
                     matrix.byte_planes, NibblesText(matrix));
}

std::string StructureText(const TableStructure& structure) {
  return fmt::format("{:<15} {} of a, {} of b; product with 0: {} for a, {} for b\n", "zero lines",
                     structure.zero_rows, structure.zero_columns,
                     structure.zero_a ? "0" : "not always 0",
                     structure.zero_b ? "0" : "not always 0") +
         fmt::format("{:<15} {:>4} {:>8} {:>13}  {:<17} {:>5} {:>7}  {}\n", "structure", "rank",
                     "centred", "classes a x b", "range", "gcd", "planes", "nibbles") +
         MatrixText("T", structure.table) + MatrixText("E = T - ab", structure.error);
}

ordered_json MatrixJson(const MatrixStructure& matrix) {
  return {{"min", matrix.min},
          {"max", matrix.max},
          {"gcd", matrix.gcd},
          {"rank", matrix.rank},
          {"centred_rank", matrix.centred_rank},
          {"classes_a", matrix.classes_a},
          {"classes_b", matrix.classes_b},
          {"byte_planes", matrix.byte_planes},
          {"nibbles_a", matrix.nibbles_a},
          {"nibbles_b", matrix.nibbles_b}};
}

TableStructure StructureOf(const TruthTable& table) {
  return AnalyseStructure(ViewOf(table), table.a().is_signed(), table.b().is_signed());
}

}  // namespace

void AddAnalyzeOption(po::options_description* options) {
  options->add_options()(
      "analyze", po::value<std::string>()->value_name("MODE"),
      "plans to store in an .axt file: none, fast (as at load time) or full (default: full; "
      "plans that a table has are kept)");
}

Result<void> AnalyzeTable(const po::variables_map& values, const std::string& format,
                          const cli::Context& context, StoredTable* stored) {
  AXLUT_ASSIGN_OR_RETURN(const std::optional<AnalyzeMode> wish, ReadAnalyzeMode(values));
  const bool is_wanted = wish && *wish != AnalyzeMode::kNone;
  if (is_wanted && format != "axt") {
    return Error::Usage(fmt::format("--analyze needs an .axt output, got format {}", format));
  }
  if (is_wanted && !HasPlans(stored->table)) {
    return Error::Usage(fmt::format("--analyze needs operands of at most {} bits, got {} and {}",
                                    kMaxWidth, stored->table.a().width, stored->table.b().width));
  }
  if (format != "axt" || !HasPlans(stored->table)) return {};
  if (!wish && !stored->plan.empty()) return {};
  stored->plan.clear();
  if (wish == AnalyzeMode::kNone) return {};
  const std::vector<KernelPlan> plans =
      MakePlans(wish.value_or(AnalyzeMode::kFull), *stored, context);
  for (const KernelPlan& plan : plans) {
    const std::string error = FindPlanError(plan, ViewOf(stored->table));
    if (!error.empty()) return Error(ErrorCode::kInternal, "a plan is wrong: " + error);
  }
  stored->plan = EncodePlans(PlansToStore(plans));
  return {};
}

Result<std::vector<KernelPlan>> StoredPlans(const StoredTable& stored) {
  std::vector<KernelPlan> plans;
  if (stored.plan.empty() || !HasPlans(stored.table)) return plans;
  const std::string error =
      ReadPlans(stored.plan.data(), stored.plan.size(), ViewOf(stored.table), &plans);
  if (!error.empty()) return Error::InvalidInput("stored plans cannot be used: " + error);
  return plans;
}

std::string PlansText(const StoredTable& stored, const std::vector<KernelPlan>& plans) {
  if (!HasPlans(stored.table)) return "";
  std::string text = StructureText(StructureOf(stored.table));
  if (plans.empty()) {
    return text + fmt::format("{:<15} none stored; 'lutgen convert' adds some\n", "plans");
  }
  text +=
      fmt::format("{:<15} {}, each proved on all {} products; predicted ns per MAC, * cheapest\n",
                  "plans", plans.size(), stored.table.products().size());
  text += fmt::format("  {:>3} {:>6}", "#", "terms");
  for (const KernelIsa isa : kKernelIsas) text += fmt::format(" {:>11}", KernelIsaName(isa));
  text += "   residual\n";
  for (size_t i = 0; i < plans.size(); ++i) {
    const PlanShape shape = ShapeOf(plans[i]);
    text += fmt::format("  {:>3} {:>6}", i, shape.terms);
    for (const KernelIsa isa : kKernelIsas) {
      const bool is_cheapest = CheapestPlan(plans, isa) == &plans[i];
      text += fmt::format(" {:>10.4f}{}", PlanCost(shape, isa), is_cheapest ? '*' : ' ');
    }
    text += "   " + ResidualText(shape) + "\n";
  }
  return text;
}

ordered_json StructureJson(const StoredTable& stored) {
  if (!HasPlans(stored.table)) return nullptr;
  const TableStructure structure = StructureOf(stored.table);
  return {{"zero_rows", structure.zero_rows}, {"zero_columns", structure.zero_columns},
          {"zero_a", structure.zero_a},       {"zero_b", structure.zero_b},
          {"t", MatrixJson(structure.table)}, {"e", MatrixJson(structure.error)}};
}

ordered_json PlansJson(const std::vector<KernelPlan>& plans) {
  ordered_json answer = ordered_json::array();
  for (const KernelPlan& plan : plans) {
    const PlanShape shape = ShapeOf(plan);
    ordered_json json = {{"terms", shape.terms}};
    if (shape.has_residual) {
      json["residual"] = {{"scale", plan.residual->scale},    {"classes_a", shape.classes_a},
                          {"classes_b", shape.classes_b},     {"max_entry", shape.max_entry},
                          {"byte_planes", PlaneCount(shape)}, {"nibbles_a", shape.nibbles_a},
                          {"nibbles_b", shape.nibbles_b}};
    } else {
      json["residual"] = nullptr;
    }
    json["cheapest_for"] = ordered_json::array();
    for (const KernelIsa isa : kKernelIsas) {
      // Four decimals: more would pretend to know.
      json["predicted_ns_per_mac"][KernelIsaName(isa)] =
          std::round(PlanCost(shape, isa) * 1e4) / 1e4;
      if (CheapestPlan(plans, isa) == &plan) json["cheapest_for"].push_back(KernelIsaName(isa));
    }
    answer.push_back(std::move(json));
  }
  return answer;
}

}  // namespace axlut
