// SPDX-License-Identifier: MIT
// Plans as bytes: the plan section of an .axt file. docs/container-format.md describes each byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/lut_view.h"
#include "kernels/plan/plan.h"

namespace axlut {

// Most plans in one section.
inline constexpr size_t kMaxStoredPlans = 64;

// At most kMaxStoredPlans plans, each of whose sizes are as FindPlanError demands, with at most
// 65,535 terms (not checked).
std::vector<uint8_t> EncodePlans(const std::vector<KernelPlan>& plans);

// Reads what EncodePlans wrote, from bytes that anybody may have written. Returns why they are no
// plans ("plan 0: u of term 3 is truncated"), or "" and the plans. Their sizes and classes are then
// right; whether they compute a table is for FindPlanError to say. Never reads beyond `size` bytes
// and allocates no more than a small multiple of `size`.
std::string DecodePlans(const uint8_t* bytes, size_t size, std::vector<KernelPlan>* plans);

// What a reader of a table does: decodes its stored plans, proves each on all products of `lut`
// (FindPlanError), and adds TablePlan, which is not stored, if there is none without terms. Returns
// what is wrong, or "" and at least the TablePlan where that exists.
std::string ReadPlans(const uint8_t* bytes, size_t size, const LutView& lut,
                      std::vector<KernelPlan>* plans);

// `plans` but for those that are nothing but the table (TablePlan), which ReadPlans makes again.
std::vector<KernelPlan> PlansToStore(const std::vector<KernelPlan>& plans);

}  // namespace axlut
