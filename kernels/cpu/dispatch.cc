// SPDX-License-Identifier: MIT
#include "kernels/cpu/dispatch.h"

#include <algorithm>

#include "kernels/cpu/conv2d_reference.h"
#include "kernels/cpu/depthwise/conv2d_depthwise.h"
#include "kernels/cpu/lookup/conv2d_expanded.h"
#include "kernels/cpu/lookup/conv2d_lookup.h"
#include "kernels/cpu/planned_conv2d.h"
#include "kernels/cpu/terms/term_cost.h"

namespace axlut {
namespace {

// Beyond it the region that a tile's windows span, with all that they step over, is too large to be
// mapped.
constexpr int64_t kMaxExtent = 4096;

// The linear part is a matrix product over whole pixels; with one input channel per group (a
// depthwise layer) it would multiply mostly padding. An empty output needs none.
bool TakesLinearPart(const Conv2dShape& shape) {
  const int64_t height = (shape.kernel_h - 1) * shape.dilation_h + shape.stride_h;
  const int64_t width = (shape.kernel_w - 1) * shape.dilation_w + shape.stride_w;
  return (shape.groups == 1 || shape.GroupInC() > 1) && shape.out_h * shape.out_w > 0 &&
         std::max(height, width) <= kMaxExtent;
}

// Best method for the linear part that `isa` can run.
const GemmMethod& GemmFor(const PlannedLut::Plan& plan, const Conv2dShape& shape, KernelIsa isa) {
  const GemmMethod* best = nullptr;
  for (const GemmMethod& method : GemmMethods()) {
    if (method.isa > isa) continue;
    if (best == nullptr ||
        TermConv2dCost(plan.plan, method, shape) < TermConv2dCost(plan.plan, *best, shape)) {
      best = &method;
    }
  }
  return *best;
}

// Adds the ways to look `lut` up to `choices`, which differ from `base` by that.
void AddLookups(const PreparedLut& lut, const Conv2dShape& shape, KernelIsa isa,
                const Conv2dChoice& base, std::vector<Conv2dChoice>* choices) {
  for (const Conv2dKernelEntry& entry : Conv2dKernels()) {
    if (entry.isa > isa || !entry.supports(lut, shape)) continue;
    Conv2dChoice choice = base;
    choice.lookup = &entry;
    choice.ns_per_product += entry.cost(lut, shape);
    choices->push_back(choice);
  }
}

}  // namespace

const std::vector<Conv2dKernelEntry>& Conv2dKernels() {
  static const std::vector<Conv2dKernelEntry> kernels = {
#define AXLUT_CONV2D_KERNEL(name, isa, type) \
  {#name, KernelIsa::isa, &type::Supports, &type::Cost, &type::Make},
#include "kernels/cpu/kernels.inc"
#undef AXLUT_CONV2D_KERNEL
  };
  return kernels;
}

std::string Conv2dChoice::Name() const {
  std::string name = gemm == nullptr ? "" : std::string("gemm_") + gemm->name;
  if (lookup != nullptr) name += (name.empty() ? "" : "+") + std::string(lookup->name);
  return name;
}

std::vector<Conv2dChoice> Conv2dChoices(const PlannedLut& lut, const Conv2dShape& shape,
                                        KernelIsa isa) {
  std::vector<Conv2dChoice> choices;
  for (const auto& plan : lut.plans()) {
    Conv2dChoice choice;
    choice.plan = plan.get();
    if (plan->has_linear_part) {
      if (!TakesLinearPart(shape)) continue;
      choice.gemm = &GemmFor(*plan, shape, isa);
      choice.ns_per_product = TermConv2dCost(plan->plan, *choice.gemm, shape);
    }
    if (plan->residual == nullptr) {
      choices.push_back(choice);
    } else {
      AddLookups(*plan->residual, shape, isa, choice, &choices);
    }
  }
  AddLookups(lut.table(), shape, isa, {}, &choices);
  std::stable_sort(choices.begin(), choices.end(), [](const auto& l, const auto& r) {
    return l.ns_per_product < r.ns_per_product;
  });
  return choices;
}

std::unique_ptr<Conv2dKernel> MakeConv2d(const PlannedLut& lut, const Conv2dChoice& choice,
                                         const Conv2dShape& shape, const Conv2dWeights& weights) {
  if (choice.plan == nullptr) return choice.lookup->make(lut.table(), shape, weights);
  const PlannedLut::Plan& plan = *choice.plan;
  if (choice.gemm == nullptr) {
    const std::vector<int64_t> bias = BiasWithOffsets(plan.plan, shape, weights);
    Conv2dWeights with_offsets = weights;
    with_offsets.bias = bias.data();
    return choice.lookup->make(*plan.residual, shape, with_offsets);
  }
  std::unique_ptr<Conv2dKernel> residual;
  if (choice.lookup != nullptr) {
    Conv2dWeights only_filter;
    only_filter.filter = weights.filter;
    only_filter.add_to_acc = true;
    residual = choice.lookup->make(*plan.residual, shape, only_filter);
  }
  return std::make_unique<PlannedConv2d>(plan, *choice.gemm, shape, weights, std::move(residual));
}

}  // namespace axlut
