// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <utility>

#include "kernels/plan/plan_codec.h"
#include "kernels/plan/quick_plan.h"
#include "runtime/nn/lut_conv2d.h"
#include "runtime/nn/lut_table_impl.h"

namespace axlut {

Result<std::shared_ptr<const LutTable>> LutTable::Create(TruthTable table,
                                                         const std::vector<uint8_t>& bytes) {
  if (table.a().width > 8 || table.b().width > 8) {
    return Error::Unsupported(
        fmt::format("a table for networks has operands of at most 8 bits, got {}x{} bits",
                    table.a().width, table.b().width));
  }
  const LutView view{table.products().data(), table.a().width, table.b().width};
  std::vector<KernelPlan> plans;
  std::string error;
  if (!bytes.empty()) error = ReadPlans(bytes.data(), bytes.size(), view, &plans);
  const bool plans_are_stored = !bytes.empty() && error.empty();
  if (!plans_are_stored) plans = QuickPlans(view, table.a().is_signed(), table.b().is_signed());
  return std::shared_ptr<const LutTable>(new LutTable(std::make_unique<Impl>(
      std::move(table), std::move(plans), plans_are_stored, std::move(error))));
}

LutTable::LutTable(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LutTable::~LutTable() = default;

const TruthTable& LutTable::table() const { return impl_->table; }

LutView LutTable::view() const {
  return {impl_->table.products().data(), impl_->table.a().width, impl_->table.b().width};
}

std::vector<KernelPlan> LutTable::plans() const {
  std::vector<KernelPlan> plans;
  for (const auto& plan : impl_->lut.plans()) plans.push_back(plan->plan);
  return plans;
}

bool LutTable::has_stored_plans() const { return impl_->has_stored_plans; }
const std::string& LutTable::plan_error() const { return impl_->plan_error; }

}  // namespace axlut
