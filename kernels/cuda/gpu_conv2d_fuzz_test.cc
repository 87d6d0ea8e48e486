// SPDX-License-Identifier: MIT
// Differential fuzzing on models of GPUs: random shapes x tables x plans x roles x variants x kinds
// of operands and outputs x schedules against the references, for a quarter of AXLUT_FUZZ_SECONDS.
#include <gtest/gtest.h>

#include "kernels/cuda/choice.h"
#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/testing/run_layer.h"
#include "kernels/testing/conv2d_fuzz.h"

namespace axlut {
namespace {

constexpr int kCapabilities[] = {75, 80, 86, 89, 90, 100};
constexpr GpuRole kRoles[] = {GpuRole::kForward, GpuRole::kInputGradient, GpuRole::kFilterGradient};
constexpr GpuVariant kVariants[] = {GpuVariant::kAuto, GpuVariant::kTexture, GpuVariant::kL1,
                                    GpuVariant::kShared, GpuVariant::kTensor};

HostGpuOptions RandomGpu(Random* random) {
  HostGpuOptions options;
  options.capability = kCapabilities[UpTo(6, random) - 1];
  options.schedule.order = static_cast<HostSchedule::Order>(UpTo(4, random) - 1);
  options.schedule.seed = static_cast<uint32_t>((*random)());
  options.schedule.os_threads = static_cast<int>(UpTo(2, random));
  options.is_deferred = OneIn(2, random);
  return options;
}

Conv2dOnGpuOptions RandomCall(Random* random) {
  Conv2dOnGpuOptions options;
  options.role = kRoles[UpTo(3, random) - 1];
  options.sum = static_cast<GpuSum>(UpTo(3, random) - 1);
  options.float_a = OneIn(3, random);
  options.float_b = OneIn(3, random);
  options.subtract_zero_points = !OneIn(4, random);
  options.per_channel_b = options.role == GpuRole::kForward && OneIn(3, random);
  options.device_quantization = OneIn(2, random);
  options.first_element = static_cast<int32_t>(UpTo(4, random)) - 1;
  return options;
}

// Emulated threads and the references take tens of nanoseconds per product.
bool IsAffordable(const Conv2dShape& shape) { return shape.Macs() < 300'000; }

// The variants that differ from the reference.
std::string FindFailure(Gpu* gpu, const RandomTable& table, const GpuTable& gpu_table,
                        const Conv2dShape& shape, const Conv2dOnGpuOptions& options,
                        uint32_t seed) {
  std::string names;
  const Conv2dOnGpu one(table, shape, options, seed);
  for (const GpuVariant variant : kVariants) {
    GpuConv2d conv2d;
    const GpuStatus status = GpuConv2d::Create(&gpu_table, shape, options.role, variant, &conv2d);
    if (status.kind() == GpuErrorKind::kUnsupported && variant != GpuVariant::kAuto) continue;
    EXPECT_TRUE(status.ok()) << status.message();
    if (!EqualsReference(gpu, conv2d, one)) names += " " + conv2d.name();
  }
  return names;
}

TEST(GpuConv2dFuzz, EveryVariantEqualsTheReference) {
  const FuzzBudget budget;
  const int64_t cases = FuzzFor(budget, budget.seconds / 4, [](uint32_t seed) {
    Random random(seed);
    const KernelPlan plan = RandomPlan(&random);
    RandomTable table(plan.width_a, plan.width_b, 0, 1, seed);
    table.products = ProductsOf(plan);
    table.view.products = table.products.data();
    ASSERT_EQ(FindPlanError(plan, table.view), "") << "seed " << seed;
    HostGpu gpu(RandomGpu(&random));
    std::unique_ptr<GpuTable> gpu_table;
    const GpuStatus status = GpuTable::Create(&gpu, table.view, {plan}, &gpu_table);
    ASSERT_TRUE(status.ok()) << status.message();
    Conv2dShape shape = RandomShape(&random);
    while (!IsAffordable(shape)) shape = RandomShape(&random);
    const Conv2dOnGpuOptions options = RandomCall(&random);
    const auto failure = [&](const Conv2dShape& tried) {
      return FindFailure(&gpu, table, *gpu_table, tried, options, seed);
    };
    if (failure(shape).empty()) return;
    const Conv2dShape smallest = SmallestFailing(
        shape, [&](const Conv2dShape& smaller) { return !failure(smaller).empty(); });
    FAIL() << failure(smallest) << " of role " << static_cast<int>(options.role) << ", sums "
           << static_cast<int>(options.sum) << ", differs from the reference on "
           << gpu.properties().name << " for " << ProblemString(smallest)
           << "; AXLUT_FUZZ_SEED=" << seed - 1 << " starts with this case";
  });
  EXPECT_GT(cases, 0);
}

}  // namespace
}  // namespace axlut
