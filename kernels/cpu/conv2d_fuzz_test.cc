// SPDX-License-Identifier: MIT
// Differential fuzzing: random shapes x tables x plans x kernels against the reference, for
// AXLUT_FUZZ_SECONDS (10 by default; continuous integration sets 120).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernels/cpu/dispatch.h"
#include "kernels/testing/conv2d_case.h"
#include "kernels/testing/conv2d_fuzz.h"

namespace axlut {
namespace {

// The reference takes 2 ns per product: keep a case below a fraction of a second.
bool IsAffordable(const Conv2dShape& s) { return s.Macs() < 8'000'000; }

struct Failure {
  Conv2dShape shape;
  std::string kernel;
};

// Runs every kernel that takes the plan, the table's own plan or the table itself. Returns the
// first that differs from the reference.
template <typename Acc>
std::vector<Failure> FindFailure(const PlannedLut& lut, const Conv2dShape& shape, uint32_t seed) {
  Random random(seed);
  constexpr uint8_t kCodeMasks[] = {0xff, 0xff, 0x7f, 0x3f};
  const LutView& view = lut.table().view();
  const Conv2dCase test(shape, view.width_a, kCodeMasks[UpTo(4, &random) - 1], OneIn(2, &random),
                        &random);
  const std::vector<Acc> expected = test.Expected<Acc>(view);
  for (const Conv2dChoice& choice : Conv2dChoices(lut, shape, DetectedKernelIsa())) {
    const auto kernel = MakeConv2d(lut, choice, shape, test.Weights());
    if (test.Run<Acc>(*kernel) != expected) return {{shape, choice.Name()}};
  }
  return {};
}

std::vector<Failure> FindFailure(const PlannedLut& lut, const Conv2dShape& shape, uint32_t seed) {
  return seed % 2 == 0 ? FindFailure<int32_t>(lut, shape, seed)
                       : FindFailure<int64_t>(lut, shape, seed);
}

TEST(Conv2dFuzz, EveryKernelEqualsTheReference) {
  const FuzzBudget budget;
  const int64_t cases = FuzzFor(budget, budget.seconds, [](uint32_t seed) {
    Random random(seed);
    const KernelPlan plan = RandomPlan(&random);
    const std::vector<int32_t> products = ProductsOf(plan);
    const LutView view{products.data(), plan.width_a, plan.width_b};
    ASSERT_EQ(FindPlanError(plan, view), "") << "seed " << seed;
    std::vector<KernelPlan> plans = {plan};
    if (auto table_plan = TablePlan(view)) plans.push_back(*table_plan);
    const PlannedLut lut(view, plans);
    Conv2dShape shape = RandomShape(&random);
    while (!IsAffordable(shape)) shape = RandomShape(&random);
    const std::vector<Failure> found = FindFailure(lut, shape, seed);
    if (found.empty()) return;
    const Conv2dShape smallest = SmallestFailing(shape, [&](const Conv2dShape& smaller) {
      return !FindFailure(lut, smaller, seed).empty();
    });
    FAIL() << FindFailure(lut, smallest, seed)[0].kernel << " differs from the reference for "
           << ProblemString(smallest) << "; AXLUT_FUZZ_SEED=" << seed - 1
           << " starts with this case";
  });
  EXPECT_GT(cases, 0);
}

}  // namespace
}  // namespace axlut
