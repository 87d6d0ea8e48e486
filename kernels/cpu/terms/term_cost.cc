// SPDX-License-Identifier: MIT
#include "kernels/cpu/terms/term_cost.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "kernels/cpu/blocking.h"

namespace axlut {
namespace {

// Zen 4 at 3.7 GHz (kernels_term_conv2d_bench). ns per activation of the input and map:
constexpr double kMapNs = 0.1;
// ns per output: the sums' way to memory.
constexpr double kOutputNs = 0.15;

// ns per product of one term.
double NsPerTerm(const GemmMethod& method) {
  switch (method.isa) {
    case KernelIsa::kAmx:
      return 0.0008;  // derived from its peak, not measured
    case KernelIsa::kAvx512Vbmi:
      return 0.0046;
    case KernelIsa::kAvx512:
    case KernelIsa::kAvx2:
      return 0.0105;
    default:
      return 0.08;
  }
}

// How many byte maps the sums of offset_a take.
int64_t OffsetMaps(const std::vector<int32_t>& offsets) {
  const auto [low, high] = std::minmax_element(offsets.begin(), offsets.end());
  int64_t gcd = 0;
  for (int64_t offset : offsets) gcd = std::gcd(gcd, offset - *low);
  int64_t maps = 0;
  for (int64_t range = int64_t{*high} - *low; range > 0; range /= 256) {
    if (maps == 0) range /= gcd;
    ++maps;
  }
  return maps;
}

}  // namespace

double TermConv2dCost(const KernelPlan& plan, const GemmMethod& method, const Conv2dShape& shape) {
  const double outputs = static_cast<double>(shape.OutputCount());
  if (outputs == 0) return 0;
  const double products = outputs * static_cast<double>(shape.Depth());
  const auto padded = [](int64_t count, int64_t unit) {
    return static_cast<double>(RoundUp(count, unit)) / static_cast<double>(count);
  };
  const double terms = static_cast<double>(plan.terms.size());
  const double map_count = terms + static_cast<double>(OffsetMaps(plan.offset_a));
  const double multiply = NsPerTerm(method) * terms * padded(shape.GroupOutC(), 16) *
                          padded(shape.GroupInC(), method.depth_unit * method.depth_multiple);
  const double maps = kMapNs * map_count * static_cast<double>(shape.InputCount());
  return multiply + (maps + kOutputNs * outputs) / products;
}

}  // namespace axlut
