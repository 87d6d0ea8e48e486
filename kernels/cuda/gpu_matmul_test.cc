// SPDX-License-Identifier: MIT
#include "kernels/cuda/gpu_matmul.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/testing/run_layer.h"
#include "kernels/plan/quick_plan.h"

namespace axlut {
namespace {

using ::testing::HasSubstr;

constexpr GpuVariant kVariants[] = {GpuVariant::kAuto, GpuVariant::kTexture, GpuVariant::kL1,
                                    GpuVariant::kShared, GpuVariant::kTensor};

// The number of variants that ran.
int CheckAll(HostGpu* gpu, const RandomTable& table, const MatmulShape& shape) {
  std::unique_ptr<GpuTable> gpu_table;
  EXPECT_TRUE(
      GpuTable::Create(gpu, table.view, QuickPlans(table.view, false, false), &gpu_table).ok());
  int count = 0;
  uint32_t seed = 0;
  for (const GpuVariant variant : kVariants) {
    GpuMatmul matmul;
    const GpuStatus status = GpuMatmul::Create(gpu_table.get(), shape, variant, &matmul);
    if (status.kind() == GpuErrorKind::kUnsupported && variant != GpuVariant::kAuto) continue;
    EXPECT_TRUE(status.ok()) << status.message();
    for (const GpuSum sum : {GpuSum::kInt32, GpuSum::kInt64, GpuSum::kFloat}) {
      Conv2dOnGpuOptions options;
      options.sum = sum;
      options.per_channel_b = ++seed % 3 == 0;
      options.device_quantization = seed % 2 == 0;
      options.float_a = sum == GpuSum::kFloat;
      options.matmul = shape;
      const Conv2dOnGpu one(table, ChannelsOf(shape), options, seed);
      EXPECT_TRUE(EqualsReference(gpu, matmul, one))
          << matmul.name() << " sum " << static_cast<int>(sum) << " seed " << seed;
    }
    ++count;
  }
  return count;
}

TEST(GpuMatmul, EveryVariantThatCanRunGivesWhatTheReferenceGives) {
  for (const int capability : {75, 89, 90}) {
    HostGpu gpu({.capability = capability});
    MatmulShape shape{.batch = 3, .m = 5, .k = 37, .n = 9};
    int variants = CheckAll(&gpu, *NearlyExactTable(0), shape);
    shape.broadcast_b = shape.transpose_a = true;
    variants += CheckAll(&gpu, *NearlyExactTable(90), shape);
    shape.transpose_b = true;
    variants += CheckAll(&gpu, RandomTable(8, 8, -30000, 60000, 1), shape);
    variants += CheckAll(&gpu, RandomTable(4, 6, -300000, 600000, 2), shape);
    EXPECT_GE(variants, 12) << capability;
  }
}

TEST(GpuMatmul, FloatsComeFromExactSumsBeyond32Bits) {
  HostGpu gpu({.capability = 90});
  EXPECT_GE(CheckAll(&gpu, RandomTable(8, 8, 65000, 535, 3), {.m = 2, .k = 40000, .n = 3}), 4);
}

TEST(GpuMatmul, RefusesShapesWithoutElementsAndOnesTooLarge) {
  HostGpu gpu;
  const RandomTable table(8, 8, 0, 1000, 3);
  std::unique_ptr<GpuTable> gpu_table;
  ASSERT_TRUE(GpuTable::Create(&gpu, table.view, {}, &gpu_table).ok());
  const auto message_of = [&](const MatmulShape& shape) {
    GpuMatmul matmul;
    const GpuStatus status = GpuMatmul::Create(gpu_table.get(), shape, GpuVariant::kAuto, &matmul);
    EXPECT_EQ(status.kind(), GpuErrorKind::kInvalidArgument);
    return status.message();
  };
  EXPECT_THAT(message_of({.m = 4, .k = 0, .n = 4}),
              HasSubstr("matrix product 1 x [4x0] x [0x4]: sizes must be 1 .. 2^31 - 1; one is 0"));
  EXPECT_THAT(message_of({.batch = 2, .m = 40000, .k = 40000, .n = 4}),
              HasSubstr("less than 2^31 elements"));
}

}  // namespace
}  // namespace axlut
