// SPDX-License-Identifier: MIT
#include "kernels/cpu/planned_lut.h"

#include <algorithm>
#include <utility>

namespace axlut {
namespace {

std::unique_ptr<const PlannedLut::Plan> Prepare(KernelPlan plan) {
  auto prepared = std::make_unique<PlannedLut::Plan>();
  prepared->plan = std::move(plan);
  const KernelPlan& p = prepared->plan;
  prepared->has_linear_part =
      !p.terms.empty() || !p.residual ||
      std::any_of(p.offset_a.begin(), p.offset_a.end(), [](int32_t value) { return value != 0; });
  if (p.residual) {
    prepared->residual = std::make_unique<PreparedLut>(*p.residual, p.width_a, p.width_b);
  }
  return prepared;
}

}  // namespace

PlannedLut::PlannedLut(const LutView& lut, std::vector<KernelPlan> plans) : table_(lut) {
  for (KernelPlan& plan : plans) plans_.push_back(Prepare(std::move(plan)));
}

}  // namespace axlut
