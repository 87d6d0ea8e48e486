// SPDX-License-Identifier: MIT
// A plan: an exact way to compute a table's products that is cheaper than looking each one up.
// lutgen searches plans, the container stores them, kernels evaluate them (docs/plans.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/lut_view.h"

namespace axlut {

// One product of two functions: scale * u[a] * v[b]. Its sum over a window is an int8 matrix
// product, so it costs what an exact multiplier costs.
struct PlanTerm {
  int32_t scale = 1;
  std::vector<uint8_t> u;  // by bit pattern of operand a
  std::vector<int8_t> v;   // by bit pattern of operand b
};

// What the terms leave over: scale * entries[class_a[a]][class_b[b]]. Operand values that have the
// same row (or column) share a class. Kernels keep one operand's row of entries in registers and
// index it by the other operand's class, so few classes and few bits per entry make it cheap.
struct PlanResidual {
  int32_t scale = 1;
  std::vector<uint8_t> class_a;   // by bit pattern of operand a, < count_a
  std::vector<uint8_t> class_b;   // by bit pattern of operand b, < count_b
  int32_t count_a = 0;            // 1..256
  int32_t count_b = 0;            // 1..256
  std::vector<uint16_t> entries;  // [count_a][count_b]
};

// T[a][b] = offset_a[a] + offset_b[b] + sum of the terms + the residual, for all bit patterns, in
// plain integers (no wrap-around). The offsets cost nothing per product: sums of offset_a depend on
// the position alone, sums of offset_b on the output channel alone.
struct KernelPlan {
  int width_a = 8;                // bits, 1..8
  int width_b = 8;                // bits, 1..8
  std::vector<int32_t> offset_a;  // 2^width_a
  std::vector<int32_t> offset_b;  // 2^width_b
  std::vector<PlanTerm> terms;
  std::optional<PlanResidual> residual;
};

// The product that the plan computes for two codes, whose bits above the widths are ignored. The
// plan's sizes must be right.
int64_t PlanProduct(const KernelPlan& plan, size_t a, size_t b);

// "2 terms, 1 byte plane of 64x12 classes, 0..63", "1 term", "2 byte planes of 256x256 classes,
// 0..65535". What follows the comma is the range of the residual's entries.
std::string DescribePlan(const KernelPlan& plan);

// The plan that has the whole table as its residual (its smallest product goes to offset_b). Empty
// if max - min of the products exceeds what an entry holds (65535).
std::optional<KernelPlan> TablePlan(const LutView& lut);

// Why `plan` is not an exact plan of `lut`: the rule that it breaks and the value found, or the
// first product that comes out wrong. Empty string: every size, range and product is right.
std::string FindPlanError(const KernelPlan& plan, const LutView& lut);

// The residual for `remainder[a << width_b | b]`: divided by the gcd of its entries, equal rows and
// columns merged. The smallest remainder is subtracted and returned in *min. Empty if all are
// equal, or if the quotients exceed 65535.
std::optional<PlanResidual> MakeResidual(const std::vector<int64_t>& remainder, int width_a,
                                         int width_b, int64_t* min);

}  // namespace axlut
