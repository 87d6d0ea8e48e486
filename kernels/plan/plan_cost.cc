// SPDX-License-Identifier: MIT
#include "kernels/plan/plan_cost.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <utility>

namespace axlut {
namespace {

constexpr double kNone = std::numeric_limits<double>::infinity();  // no such kernel

// Lookups in one byte plane by how many products are added in a byte before the sum is widened:
// entries <= 255: one, <= 127: two, <= 63: four.
struct PlaneCosts {
  double max_255;
  double max_127;
  double max_63;
};

// Nanoseconds per multiply-accumulate.
struct IsaCosts {
  double base;           // packing, offsets, output
  double term;           // one int8 matrix product
  double any_residual;   // entries of 16 bits, any number of classes
  PlaneCosts nibbles;    // the two lookups of a residual that nibbles separate
  PlaneCosts plane_16;   // the index operand has at most 16 classes
  PlaneCosts plane_64;   // at most 64
  PlaneCosts plane_128;  // at most 128
  PlaneCosts plane_256;
};

// Measured on one core of an AMD EPYC Zen 4 at 3.7 GHz (kernels_term_conv2d_bench, lookup_bench),
// for layers of 784 to 3136 positions, 576 to 1152 taps and 64 to 128 channels. AVX-512 without
// VBMI runs the kernels of AVX2.
constexpr PlaneCosts kNoPlane{kNone, kNone, kNone};
constexpr PlaneCosts kTwoShuffles{0.0260, 0.0220, 0.0220};
constexpr PlaneCosts kPermute64{0.0096, 0.0075, 0.0068};
constexpr PlaneCosts kPermute128{0.0102, 0.0087, 0.0087};
constexpr PlaneCosts kPermute256{0.0175, 0.0162, 0.0156};
constexpr IsaCosts kCosts[] = {
    // scalar: row-stationary loop
    {0.002, 0.080, 0.310, kNoPlane, kNoPlane, kNoPlane, kNoPlane, kNoPlane},
    // AVX2: vpmaddwd; re-packed rows of 16 channels; vpshufb
    {0.002, 0.0110, 0.047, kTwoShuffles, kTwoShuffles, kNoPlane, kNoPlane, kNoPlane},
    // AVX-512 without VBMI: the same
    {0.002, 0.0110, 0.047, kTwoShuffles, kTwoShuffles, kNoPlane, kNoPlane, kNoPlane},
    // AVX-512 VBMI: vpdpbusd; vpermb and vpermi2b
    {0.0003, 0.0045, kNone, kNoPlane, kPermute64, kPermute64, kPermute128, kPermute256},
    // AMX: tdpbusd at half its peak (derived, not measured); lookups as on AVX-512 VBMI
    {0.0003, 0.0008, kNone, kNoPlane, kPermute64, kPermute64, kPermute128, kPermute256},
};

double PlaneCost(const PlaneCosts& costs, int max_entry) {
  if (max_entry <= 0) return 0;
  if (max_entry <= 63) return costs.max_63;
  return max_entry <= 127 ? costs.max_127 : costs.max_255;
}

// Entries beyond a byte take a second plane, for their high bytes.
double LookupCost(const PlaneCosts& costs, int max_entry) {
  return PlaneCost(costs, std::min(max_entry, 255)) + PlaneCost(costs, max_entry >> 8);
}

const PlaneCosts& CostsFor(const IsaCosts& costs, int classes) {
  if (classes <= 16) return costs.plane_16;
  if (classes <= 64) return costs.plane_64;
  return classes <= 128 ? costs.plane_128 : costs.plane_256;
}

double ResidualCost(const PlanShape& shape, const IsaCosts& costs) {
  double least = costs.any_residual;
  for (const int classes : {shape.classes_a, shape.classes_b}) {
    least = std::min(least, LookupCost(CostsFor(costs, classes), shape.max_entry));
  }
  if (shape.nibbles_a || shape.nibbles_b) {
    least = std::min(least, LookupCost(costs.nibbles, shape.max_entry));
  }
  return least;
}

// `entry_at(x, y)` of a matrix, x < 2^width_x.
template <typename EntryAt>
bool IsSeparableByNibbles(int width_x, size_t count_y, const EntryAt& entry_at) {
  if (width_x <= 4) return false;
  const size_t count_x = size_t{1} << width_x;
  for (size_t y = 0; y < count_y; ++y) {
    const int64_t corner = entry_at(0, y);
    for (size_t x = 17; x < count_x; ++x) {
      if (entry_at(x, y) + corner != entry_at(x & ~size_t{15}, y) + entry_at(x & 15, y)) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

PlanShape ShapeOf(const KernelPlan& plan) {
  PlanShape shape;
  shape.terms = static_cast<int>(plan.terms.size());
  if (!plan.residual) return shape;
  const PlanResidual& residual = *plan.residual;
  const auto columns = static_cast<size_t>(residual.count_b);
  shape.has_residual = true;
  shape.classes_a = residual.count_a;
  shape.classes_b = residual.count_b;
  shape.max_entry = *std::max_element(residual.entries.begin(), residual.entries.end());
  // One look for each class of the other operand is enough.
  shape.nibbles_a = IsSeparableByNibbles(plan.width_a, columns, [&](size_t a, size_t class_b) {
    return int64_t{residual.entries[residual.class_a[a] * columns + class_b]};
  });
  const auto rows = static_cast<size_t>(residual.count_a);
  shape.nibbles_b = IsSeparableByNibbles(plan.width_b, rows, [&](size_t b, size_t class_a) {
    return int64_t{residual.entries[class_a * columns + residual.class_b[b]]};
  });
  return shape;
}

bool IsSeparableByNibblesOfA(const std::vector<int64_t>& matrix, int width_a, int width_b) {
  return IsSeparableByNibbles(width_a, size_t{1} << width_b,
                              [&](size_t a, size_t b) { return matrix[a << width_b | b]; });
}

bool IsSeparableByNibblesOfB(const std::vector<int64_t>& matrix, int width_a, int width_b) {
  return IsSeparableByNibbles(width_b, size_t{1} << width_a,
                              [&](size_t b, size_t a) { return matrix[a << width_b | b]; });
}

double PlanCost(const PlanShape& shape, KernelIsa isa) {
  const IsaCosts& costs = kCosts[static_cast<size_t>(isa)];
  return costs.base + costs.term * shape.terms +
         (shape.has_residual ? ResidualCost(shape, costs) : 0);
}

double PlanCost(const KernelPlan& plan, KernelIsa isa) { return PlanCost(ShapeOf(plan), isa); }

const KernelPlan* CheapestPlan(const std::vector<KernelPlan>& plans, KernelIsa isa) {
  const KernelPlan* cheapest = nullptr;
  double least = kNone;
  for (const KernelPlan& plan : plans) {
    const double cost = PlanCost(plan, isa);
    if (cost >= least) continue;
    least = cost;
    cheapest = &plan;
  }
  return cheapest;
}

std::vector<KernelPlan> KeepCheapest(std::vector<KernelPlan> plans) {
  constexpr size_t kIsaCount = std::size(kKernelIsas);
  std::vector<std::array<double, kIsaCount>> costs;
  std::array<double, kIsaCount> least;
  least.fill(kNone);
  for (const KernelPlan& plan : plans) {
    const PlanShape shape = ShapeOf(plan);
    costs.emplace_back();
    for (size_t i = 0; i < kIsaCount; ++i) {
      costs.back()[i] = PlanCost(shape, kKernelIsas[i]);
      least[i] = std::min(least[i], costs.back()[i]);
    }
  }
  const auto is_cheapest = [&](size_t plan, size_t i) { return costs[plan][i] < least[i] + 1e-9; };
  const auto count_cheapest = [&](size_t plan) {
    int count = 0;
    for (size_t i = 0; i < kIsaCount; ++i) count += is_cheapest(plan, i) ? 1 : 0;
    return count;
  };
  std::vector<size_t> kept;
  for (size_t i = kIsaCount; i-- > 0 && !plans.empty();) {
    size_t best = plans.size();
    for (size_t plan = 0; plan < plans.size(); ++plan) {
      if (!is_cheapest(plan, i)) continue;
      if (best == plans.size() || count_cheapest(plan) > count_cheapest(best)) best = plan;
    }
    if (best == plans.size()) continue;
    if (std::find(kept.begin(), kept.end(), best) == kept.end()) kept.push_back(best);
  }
  std::vector<KernelPlan> cheapest;
  for (const size_t index : kept) cheapest.push_back(std::move(plans[index]));
  return cheapest;
}

}  // namespace axlut
