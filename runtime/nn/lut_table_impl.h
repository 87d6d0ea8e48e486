// SPDX-License-Identifier: MIT
// What a LutTable keeps. Internal to runtime/nn.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kernels/cpu/planned_lut.h"
#include "runtime/nn/lut_conv2d.h"

namespace axlut {

struct LutTable::Impl {
  Impl(TruthTable t, std::vector<KernelPlan> plans, bool plans_are_stored, std::string error)
      : table(std::move(t)),
        lut(LutView{table.products().data(), table.a().width, table.b().width}, std::move(plans)),
        has_stored_plans(plans_are_stored),
        plan_error(std::move(error)) {}

  const TruthTable table;
  const PlannedLut lut;  // points into table
  const bool has_stored_plans;
  const std::string plan_error;
};

}  // namespace axlut
