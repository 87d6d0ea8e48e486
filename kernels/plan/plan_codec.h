// SPDX-License-Identifier: MIT
// Plans as bytes: the plan section of an .axt file. docs/container-format.md describes each byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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

}  // namespace axlut
