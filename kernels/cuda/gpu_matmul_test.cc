// SPDX-License-Identifier: MIT
#include "kernels/cuda/gpu_matmul.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/lookup/lookup_case.h"
#include "kernels/plan/quick_plan.h"

namespace axlut {
namespace {

using ::testing::HasSubstr;

constexpr GpuVariant kVariants[] = {GpuVariant::kAuto, GpuVariant::kTexture, GpuVariant::kL1,
                                    GpuVariant::kShared, GpuVariant::kTensor};

// As a caller does it: workspace and all. The number of variants that ran.
int CheckAll(HostGpu* gpu, const RandomTable& table, const MatmulShape& shape) {
  std::unique_ptr<GpuTable> gpu_table;
  EXPECT_TRUE(
      GpuTable::Create(gpu, table.View(), QuickPlans(table.View(), false, false), &gpu_table).ok());
  int count = 0;
  uint32_t seed = 0;
  for (const GpuVariant variant : kVariants) {
    GpuMatmul matmul;
    const GpuStatus status = GpuMatmul::Create(gpu_table.get(), shape, variant, &matmul);
    if (status.kind() == GpuErrorKind::kUnsupported && variant != GpuVariant::kAuto) continue;
    EXPECT_TRUE(status.ok()) << status.message();
    for (const GpuSum sum : {GpuSum::kInt32, GpuSum::kInt64, GpuSum::kFloat}) {
      CallOptions options;
      options.sum = sum;
      options.seed = ++seed;
      options.zero_code_a = static_cast<int32_t>(seed * 37 % 256);
      options.zero_code_b = static_cast<int32_t>(seed * 91 % 256);
      options.per_channel = seed % 3 == 0;
      options.on_device = seed % 2 == 0;
      options.floats_a = sum == GpuSum::kFloat;
      SCOPED_TRACE(matmul.name() + " " + options.ToString());
      LookupCase one(table, options, shape.ACount(), shape.BCount(), shape.OutputCount(), shape.n);
      one.Check(
          gpu, shape.n,
          [&](const LutView& lut, uint8_t, const uint8_t* a, const uint8_t* b, int64_t* sums) {
            MatmulReference(lut, shape, a, b, sums);
          },
          [&](GpuCall call) {
            GpuBuffer workspace;
            AXLUT_RETURN_IF_GPU_ERROR(
                GpuBuffer::Create(gpu, matmul.WorkspaceBytes(call), "workspace", &workspace));
            call.workspace = workspace.data();
            return matmul.Run(call);
          });
      if (::testing::Test::HasFatalFailure()) return count;
    }
    ++count;
  }
  return count;
}

RandomTable NearlyExactTable(int32_t errors) {
  RandomTable table(8, 8, 0, errors, 5);
  for (int32_t i = 0; i < 65536; ++i)
    table.products[static_cast<size_t>(i)] += (i >> 8) * (i & 255);
  return table;
}

TEST(GpuMatmul, EveryVariantThatCanRunGivesWhatTheReferenceGives) {
  for (const int capability : {75, 89, 90}) {
    HostGpu gpu({.capability = capability});
    MatmulShape shape{.batch = 3, .m = 5, .k = 37, .n = 9};
    int variants = CheckAll(&gpu, NearlyExactTable(0), shape);
    shape.broadcast_b = shape.transpose_a = true;
    variants += CheckAll(&gpu, NearlyExactTable(90), shape);
    shape.transpose_b = true;
    variants += CheckAll(&gpu, RandomTable(8, 8, -30000, 30000, 1), shape);
    variants += CheckAll(&gpu, RandomTable(4, 6, -300000, 300000, 2), shape);
    if (HasFatalFailure()) return;
    EXPECT_GE(variants, 12) << capability;
  }
}

TEST(GpuMatmul, FloatsComeFromExactSumsBeyond32Bits) {
  HostGpu gpu({.capability = 90});
  EXPECT_GE(CheckAll(&gpu, RandomTable(8, 8, 65000, 65535, 3), {.m = 2, .k = 40000, .n = 3}), 4);
}

TEST(GpuMatmul, RefusesShapesWithoutElementsAndOnesTooLarge) {
  HostGpu gpu;
  const RandomTable table(8, 8, 0, 1000, 3);
  std::unique_ptr<GpuTable> gpu_table;
  ASSERT_TRUE(GpuTable::Create(&gpu, table.View(), {}, &gpu_table).ok());
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
