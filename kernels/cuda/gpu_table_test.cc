// SPDX-License-Identifier: MIT
#include "kernels/cuda/gpu_table.h"

#include <gtest/gtest.h>

#include <random>

#include "kernels/cuda/host/host_gpu.h"
#include "kernels/plan/quick_plan.h"

namespace axlut {
namespace {

std::vector<int32_t> RandomProducts(int bits, int32_t min, int32_t max) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int32_t> product(min, max);
  std::vector<int32_t> products(size_t{1} << bits);
  for (int32_t& value : products) value = product(random);
  products[0] = min;
  products[1] = max;
  return products;
}

std::unique_ptr<GpuTable> MakeTable(Gpu* gpu, const LutView& lut,
                                    const std::vector<KernelPlan>& plans = {}) {
  std::unique_ptr<GpuTable> table;
  const GpuStatus status = GpuTable::Create(gpu, lut, plans, &table);
  EXPECT_TRUE(status.ok()) << status.message();
  return table;
}

// Device memory of the model is the host's.
TEST(GpuTable, SixteenBitImagesHoldDifferencesFromTheSmallestProduct) {
  HostGpu gpu;
  const auto products = RandomProducts(16, -40000, -40000 + 65535);
  const LutView lut{products.data(), 8, 8};
  const auto table = MakeTable(&gpu, lut);
  EXPECT_EQ(table->min_product(), -40000);
  EXPECT_EQ(table->max_product(), 25535);
  ASSERT_NE(table->images().entries16, nullptr);
  EXPECT_NE(table->images().texture16, 0u);
  EXPECT_EQ(table->images().entries32, nullptr);
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const int32_t difference = products[a << 8 | b] + 40000;
      ASSERT_EQ(table->images().entries16[a << 8 | b], difference);
      ASSERT_EQ(table->images().transposed16[b << 8 | a], difference);
    }
  }
}

TEST(GpuTable, OneMoreThanSixteenBitsHoldIsAThirtyTwoBitImage) {
  HostGpu gpu;
  const auto products = RandomProducts(16, -40000, -40000 + 65536);
  const auto table = MakeTable(&gpu, {products.data(), 8, 8});
  EXPECT_EQ(table->images().entries16, nullptr);
  EXPECT_EQ(table->images().texture16, 0u);
  ASSERT_NE(table->images().entries32, nullptr);
  EXPECT_NE(table->images().texture32, 0u);
  EXPECT_TRUE(std::equal(products.begin(), products.end(), table->images().entries32));
}

TEST(GpuTable, BitsAboveTheWidthsDoNotMatter) {
  HostGpu gpu;
  const auto products = RandomProducts(8, 0, 255);
  const LutView lut{products.data(), 3, 5};
  const auto table = MakeTable(&gpu, lut);
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      ASSERT_EQ(table->images().entries16[a << 8 | b] + table->min_product(),
                lut.At(static_cast<uint8_t>(a), static_cast<uint8_t>(b)));
    }
  }
}

// Terms, offsets and the residual's table together are the table again.
TEST(GpuTable, APlansPartsAddUpToTheTable) {
  HostGpu gpu;
  std::vector<int32_t> products(65536);
  for (int i = 0; i < 65536; ++i) {
    products[i] = (i >> 8) * (i & 255) + (i & 255) % 3 - ((i >> 8) % 5 == 0 && i % 7 == 0 ? 9 : 0);
  }
  const LutView lut{products.data(), 8, 8};
  const auto table = MakeTable(&gpu, lut, QuickPlans(lut, false, false));
  const GpuPlanTerms& terms = table->terms();
  ASSERT_GT(terms.count, 0);
  ASSERT_NE(table->residual(), nullptr);
  const GpuTableImages& residual = table->residual()->images();
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      int64_t product = int64_t{terms.offset_a[a]} + terms.offset_b[b];
      for (int t = 0; t < terms.count; ++t) {
        product += int64_t{terms.scales[t]} * terms.u[t * 256 + a] * terms.v[t * 256 + b];
      }
      product += residual.entries16 != nullptr
                     ? residual.entries16[a << 8 | b] + table->residual()->min_product()
                     : residual.entries32[a << 8 | b];
      ASSERT_EQ(product, products[a << 8 | b]) << a << " " << b;
    }
  }
}

TEST(GpuTable, AFailureAtAnyCallIsAnErrorAndLeaksNothing) {
  HostGpu gpu;
  const auto products = RandomProducts(16, 0, 65535);
  const LutView lut{products.data(), 8, 8};
  const std::vector<KernelPlan> plans = QuickPlans(lut, false, false);
  int failures = 0;
  for (;; ++failures) {
    gpu.FailAnyCall(failures + 1, GpuErrorKind::kOutOfMemory);
    std::unique_ptr<GpuTable> table;
    const GpuStatus status = GpuTable::Create(&gpu, lut, plans, &table);
    if (status.ok()) break;
    EXPECT_TRUE(gpu.has_failed_call());
    EXPECT_EQ(status.kind(), GpuErrorKind::kOutOfMemory);
    EXPECT_EQ(table, nullptr);
    EXPECT_EQ(gpu.FindLeaks(), "") << "call " << failures + 1;
  }
  EXPECT_GE(failures, 6);
}

}  // namespace
}  // namespace axlut
