// SPDX-License-Identifier: MIT
// The tile loop with a multiplication of floats: what tables of floating-point multipliers need,
// without kernels of their own. And the division that loaders use.
#include "kernels/cuda/lookup/tile_product.cuh"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/host/host_kernels.h"
#include "kernels/cuda/lookup/lookup_kernels.cuh"

namespace axlut {
namespace on_host {
namespace {

// Products are rounded, then added in the order of k.
struct FloatMultiply {
  using Operand = float;
  using Product = float;
  using Sum = float;

  explicit FloatMultiply(const LookupParams&) {}
  float operator()(float a, float b) const { return a * b; }
};

}  // namespace

}  // namespace on_host

namespace {

GpuBuffer ToDevice(Gpu* gpu, const std::vector<float>& values) {
  GpuBuffer buffer;
  EXPECT_TRUE(GpuBuffer::Create(gpu, values.size() * sizeof(float), "floats", &buffer).ok());
  EXPECT_TRUE(gpu->CopyToDevice(buffer.data(), values.data(), buffer.bytes(), nullptr).ok());
  return buffer;
}

std::vector<float> RandomFloats(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

template <typename TileShape>
void ExpectSequentialFloatSums(uint32_t m, uint32_t k, uint32_t n) {
  const std::vector<float> a = RandomFloats(m * k, 1);
  const std::vector<float> b = RandomFloats(k * n, 2);
  HostGpu gpu;
  const GpuBuffer device_a = ToDevice(&gpu, a);
  const GpuBuffer device_b = ToDevice(&gpu, b);
  const GpuBuffer device_c = ToDevice(&gpu, std::vector<float>(m * n));
  TileProductParams params;
  params.call.a = {device_a.data(), true};
  params.call.b = {device_b.data(), true};
  params.call.out = device_c.data();
  params.m = m, params.k = k, params.n = n;
  params.a.stride = k, params.a.k_is_contiguous = true;
  params.b.stride = n, params.b.k_is_contiguous = false;
  params.out_stride = n;
  const auto tiles = [](uint32_t size, int tile) { return (size + tile - 1) / tile; };
  params.grid.tiles_m = MakeFastDivider(tiles(m, TileShape::kRows));
  params.grid.tiles_n = MakeFastDivider(tiles(n, TileShape::kColumns));
  params.grid.items = params.grid.tiles_m.divisor * params.grid.tiles_n.divisor;
  params.grid.chunks = params.grid.chunks_per_split = tiles(k, kTileDepth);
  GpuLaunch launch;
  launch.grid_x = params.grid.items;
  launch.threads = TileShape::kThreads;
  launch.shared_bytes = sizeof(TileStorage<float, TileShape>);
  using namespace on_host;
  const HostKernel kernel =
      MakeHostKernel<TileProductParams, &LookupKernel<FloatMultiply, Matrices, TileShape>>("float");
  ASSERT_TRUE(gpu.LaunchHostKernel(kernel, launch, nullptr, &params, sizeof(params)).ok());
  std::vector<float> c(m * n);
  ASSERT_TRUE(gpu.CopyToHost(c.data(), device_c.data(), device_c.bytes(), nullptr).ok());
  for (uint32_t y = 0; y < m; ++y) {
    for (uint32_t x = 0; x < n; ++x) {
      float sum = 0;
      for (uint32_t i = 0; i < k; ++i) sum += a[y * k + i] * b[i * n + x];
      ASSERT_EQ(c[y * n + x], sum) << y << ", " << x;
    }
  }
}

TEST(TileProduct, FloatsAreAddedInTheOrderOfK) {
  ExpectSequentialFloatSums<SquareTile>(70, 101, 65);
  ExpectSequentialFloatSums<SmallTile>(33, 64, 7);
  ExpectSequentialFloatSums<RowLanesTile>(130, 31, 33);
}

TEST(FastDivider, DividesNumbersBelow2To31) {
  std::mt19937 random(3);
  std::vector<uint32_t> divisors = {0x7fffffff, 0x40000000, 0x40000001, 0x3fffffff};
  for (uint32_t divisor = 1; divisor < 300; ++divisor) divisors.push_back(divisor);
  for (int i = 0; i < 300; ++i) divisors.push_back(1 + random() % 0x7fffffff);
  for (const uint32_t divisor : divisors) {
    const FastDivider divider = MakeFastDivider(divisor);
    const uint32_t multiple = 0x7fffffff / divisor * divisor;
    for (uint32_t number : {0u, 1u, divisor - 1, divisor, multiple - 1, multiple, 0x7fffffffu,
                            static_cast<uint32_t>(random() >> 1)}) {
      ASSERT_EQ(on_host::Divide(divider, number), number / divisor) << number << "/" << divisor;
      uint32_t quotient = number;
      ASSERT_EQ(on_host::DivideAndRest(divider, &quotient), number % divisor);
      ASSERT_EQ(quotient, number / divisor);
    }
  }
}

}  // namespace
}  // namespace axlut
