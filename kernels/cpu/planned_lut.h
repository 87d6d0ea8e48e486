// SPDX-License-Identifier: MIT
// A table with the plans that are known for it, in the forms that kernels read.
#pragma once

#include <memory>
#include <vector>

#include "kernels/cpu/prepared_lut.h"
#include "kernels/plan/plan.h"

namespace axlut {

class PlannedLut {
 public:
  struct Plan {
    KernelPlan plan;
    // Whether anything beside offset_b and the residual is to be computed.
    bool has_linear_part = false;
    std::unique_ptr<const PreparedLut> residual;  // points into plan; null: none
  };

  // The products must outlive this. Plans must be plans of this table (FindPlanError): they are not
  // checked again.
  PlannedLut(const LutView& lut, std::vector<KernelPlan> plans);

  // The table as it is.
  const PreparedLut& table() const { return table_; }
  const std::vector<std::unique_ptr<const Plan>>& plans() const { return plans_; }

 private:
  PreparedLut table_;
  std::vector<std::unique_ptr<const Plan>> plans_;
};

}  // namespace axlut
