// SPDX-License-Identifier: MIT
// What CUDA promises to kernels, by tiny kernels on the emulated GPU.
#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "kernels/cuda/cuda.cuh"
#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/host/test_launch.h"

namespace axlut {
namespace on_host {

struct SumParams {
  const uint32_t* values;
  int count;
  int* sum;
};

struct SumStorage {
  int partial[64];
};

// Adds up in shared memory, a tree with a barrier per level.
__global__ void __launch_bounds__(64) SumInShared(SumParams p) {
  auto& shared = DynamicShared<SumStorage>();
  int sum = 0;
  for (int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < p.count;
       i += static_cast<int>(gridDim.x * blockDim.x)) {
    sum += static_cast<int>(p.values[i]);
  }
  shared.partial[threadIdx.x] = sum;
  __syncthreads();
#pragma unroll
  for (unsigned half = 32; half > 0; half /= 2) {
    if (threadIdx.x < half) shared.partial[threadIdx.x] += shared.partial[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) atomicAdd(p.sum, shared.partial[0]);
}

// The same in registers.
__global__ void SumInWarps(SumParams p) {
  int sum = 0;
  for (int i = static_cast<int>(threadIdx.x); i < p.count; i += static_cast<int>(blockDim.x)) {
    sum += static_cast<int>(LoadReadOnly(p.values + i));
  }
  for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(kFullWarp, sum, step);
  if (threadIdx.x % 32 == 0) atomicAdd(p.sum, sum);
}

struct WarpParams {
  unsigned* out;  // [threads][8]
};

__global__ void WarpOperations(WarpParams p) {
  const unsigned lane = threadIdx.x % 32;
  unsigned* const out = p.out + 8 * threadIdx.x;
  out[0] = __shfl_sync(kFullWarp, threadIdx.x, 5);
  out[1] = __shfl_down_sync(kFullWarp, threadIdx.x, 3);
  out[2] = __shfl_up_sync(kFullWarp, threadIdx.x, 3);
  out[3] = __shfl_sync(kFullWarp, threadIdx.x, 1, 8);
  out[4] = __ballot_sync(kFullWarp, lane % 3 == 0);
  out[5] = static_cast<unsigned>(__any_sync(kFullWarp, lane == 7)) +
           2 * static_cast<unsigned>(__all_sync(kFullWarp, lane < 31));
  // Halves of the warp on their own ways, then together again.
  if (lane < 16) {
    out[6] = __shfl_xor_sync(0x0000ffffu, threadIdx.x, 15);
    __syncwarp(0x0000ffffu);
  } else {
    out[6] = __shfl_xor_sync(0xffff0000u, threadIdx.x, 1);
  }
  __syncwarp();
  out[7] = static_cast<unsigned>(__syncthreads_count(threadIdx.x % 5 == 0));
}

struct FetchParams {
  unsigned long long texture16;
  unsigned long long texture32;
  long long* out;
};

__global__ void FetchBoth(FetchParams p) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  p.out[i] = static_cast<long long>(FetchU16(p.texture16, i)) + FetchI32(p.texture32, i);
}

struct MmaParams {
  const uint8_t* a;  // [16][32]
  const int8_t* b;   // [32][8]
  int32_t* d;        // [16][8]
};

__device__ __forceinline__ uint32_t Pack(const void* first, int stride) {
  uint32_t word = 0;
  for (int i = 0; i < 4; ++i) {
    word |= static_cast<uint32_t>(static_cast<const uint8_t*>(first)[i * stride]) << (8 * i);
  }
  return word;
}

__global__ void MmaM16N8K32(MmaParams p) {
  const int group = static_cast<int>(threadIdx.x / 4), quad = static_cast<int>(threadIdx.x % 4);
  const uint8_t* const a = p.a + 32 * group + 4 * quad;
  const int8_t* const b = p.b + 8 * 4 * quad + group;
  const uint32_t fragment_a[4] = {Pack(a, 1), Pack(a + 8 * 32, 1), Pack(a + 16, 1),
                                  Pack(a + 8 * 32 + 16, 1)};
  const uint32_t fragment_b[2] = {Pack(b, 8), Pack(b + 8 * 16, 8)};
  int32_t* const d = p.d + 8 * group + 2 * quad;
  int32_t sums[4] = {d[0], d[1], d[64], d[65]};
  MmaU8S8(sums, fragment_a, fragment_b);
  d[0] = sums[0], d[1] = sums[1], d[64] = sums[2], d[65] = sums[3];
}

// The first 8 rows and 16 k of the same.
__global__ void MmaM8N8K16(MmaParams p) {
  const int group = static_cast<int>(threadIdx.x / 4), quad = static_cast<int>(threadIdx.x % 4);
  int32_t* const d = p.d + 8 * group + 2 * quad;
  int32_t sums[2] = {d[0], d[1]};
  MmaU8S8(sums, Pack(p.a + 32 * group + 4 * quad, 1), Pack(p.b + 8 * 4 * quad + group, 8));
  d[0] = sums[0], d[1] = sums[1];
}

}  // namespace on_host

namespace {

TEST(CudaOnHost, SumsMeetInSharedMemoryAndInWarps) {
  ForEachSchedule([](const HostSchedule& schedule) {
    SCOPED_TRACE(schedule.ToString());
    HostGpu gpu({.schedule = schedule});
    std::vector<uint32_t> values(1000);
    std::iota(values.begin(), values.end(), 1u);
    const DeviceArray<uint32_t> in(&gpu, values);
    const DeviceArray<int> sum(&gpu, {0});
    const on_host::SumParams params{in.data(), 1000, sum.data()};
    RunKernel<on_host::SumParams, &on_host::SumInShared>(
        &gpu, {.grid_x = 5, .threads = 64, .shared_bytes = sizeof(on_host::SumStorage)}, params);
    EXPECT_EQ(sum.Read()[0], 500500);
    RunKernel<on_host::SumParams, &on_host::SumInWarps>(&gpu, {.threads = 96}, params);
    EXPECT_EQ(sum.Read()[0], 2 * 500500);
  });
}

TEST(CudaOnHost, WarpOperationsGiveWhatTheProgrammingGuideSays) {
  ForEachSchedule([](const HostSchedule& schedule) {
    SCOPED_TRACE(schedule.ToString());
    HostGpu gpu({.schedule = schedule});
    const DeviceArray<unsigned> out(&gpu, std::vector<unsigned>(64 * 8));
    RunKernel<on_host::WarpParams, &on_host::WarpOperations>(&gpu, {.threads = 64}, {out.data()});
    const std::vector<unsigned> found = out.Read();
    for (unsigned thread = 0; thread < 64; ++thread) {
      SCOPED_TRACE(thread);
      const unsigned lane = thread % 32, warp = thread - lane;
      const unsigned* const f = found.data() + 8 * thread;
      EXPECT_EQ(f[0], warp + 5);
      EXPECT_EQ(f[1], lane + 3 < 32 ? thread + 3 : thread);
      EXPECT_EQ(f[2], lane >= 3 ? thread - 3 : thread);
      EXPECT_EQ(f[3], warp + lane / 8 * 8 + 1);
      EXPECT_EQ(f[4], 0x49249249u);
      EXPECT_EQ(f[5], 1u);
      EXPECT_EQ(f[6], thread ^ (lane < 16 ? 15u : 1u));
      EXPECT_EQ(f[7], 13u);
    }
  });
}

TEST(CudaOnHost, TexturesGiveTheirTexels) {
  HostGpu gpu;
  std::vector<uint16_t> texels16(96);
  std::vector<int32_t> texels32(96);
  for (int i = 0; i < 96; ++i) {
    texels16[static_cast<size_t>(i)] = static_cast<uint16_t>(65535 - i);
    texels32[static_cast<size_t>(i)] = -1000000 * i;
  }
  const DeviceArray<uint16_t> memory16(&gpu, texels16);
  const DeviceArray<int32_t> memory32(&gpu, texels32);
  const DeviceArray<long long> out(&gpu, std::vector<long long>(96));
  on_host::FetchParams params{0, 0, out.data()};
  ASSERT_TRUE(gpu.CreateTexture(memory16.data(), GpuTexel::kUint16, 96, &params.texture16).ok());
  ASSERT_TRUE(gpu.CreateTexture(memory32.data(), GpuTexel::kInt32, 96, &params.texture32).ok());
  RunKernel<on_host::FetchParams, &on_host::FetchBoth>(&gpu, {.grid_x = 3, .threads = 32}, params);
  gpu.DestroyTexture(params.texture16);
  gpu.DestroyTexture(params.texture32);
  const std::vector<long long> found = out.Read();
  for (int i = 0; i < 96; ++i) {
    EXPECT_EQ(found[static_cast<size_t>(i)], 65535 - i - 1000000LL * i);
  }
}

TEST(CudaOnHost, MmaMultipliesMatrices) {
  std::mt19937 random(1);
  std::vector<uint8_t> a(16 * 32);
  std::vector<int8_t> b(32 * 8);
  std::vector<int32_t> d(16 * 8);
  for (uint8_t& value : a) value = static_cast<uint8_t>(random());
  for (int8_t& value : b) value = static_cast<int8_t>(random());
  for (int32_t& value : d) value = static_cast<int32_t>(random());
  std::vector<int32_t> whole = d, part = d;
  const auto add = [](int32_t* sum, int32_t product) {
    *sum = static_cast<int32_t>(static_cast<uint32_t>(*sum) + static_cast<uint32_t>(product));
  };
  for (size_t m = 0; m < 16; ++m) {
    for (size_t n = 0; n < 8; ++n) {
      for (size_t k = 0; k < 32; ++k) {
        const int32_t product = a[32 * m + k] * b[8 * k + n];
        add(&whole[8 * m + n], product);
        if (m < 8 && k < 16) add(&part[8 * m + n], product);
      }
    }
  }
  HostGpu gpu;
  const DeviceArray<uint8_t> device_a(&gpu, a);
  const DeviceArray<int8_t> device_b(&gpu, b);
  const DeviceArray<int32_t> device_d(&gpu, d);
  RunKernel<on_host::MmaParams, &on_host::MmaM16N8K32>(
      &gpu, {.threads = 32}, {device_a.data(), device_b.data(), device_d.data()});
  EXPECT_EQ(device_d.Read(), whole);
  const DeviceArray<int32_t> device_part(&gpu, d);
  RunKernel<on_host::MmaParams, &on_host::MmaM8N8K16>(
      &gpu, {.threads = 32}, {device_a.data(), device_b.data(), device_part.data()});
  EXPECT_EQ(device_part.Read(), part);
}

TEST(CudaOnHost, IntegerIntrinsics) {
  using namespace on_host;
  EXPECT_EQ(__dp4a(0xff010203u, 0xff040506u, 1u), 255u * 255 + 4 + 10 + 18 + 1);
  EXPECT_EQ(__dp4a(static_cast<int>(0xff010280u), 0x02040580, -1), -2 + 4 + 10 + 128 * 128 - 1);
  EXPECT_EQ(__byte_perm(0x33221100u, 0x77665544u, 0x7351u), 0x77335511u);
  EXPECT_EQ(__popc(0xf0f0u), 8);
  EXPECT_EQ(__clz(1), 31);
  EXPECT_EQ(__ffs(0), 0);
  EXPECT_EQ(__ffs(8), 4);
  EXPECT_EQ(__umulhi(0xffffffffu, 0xffffffffu), 0xfffffffeu);
  EXPECT_EQ(__mulhi(-1, 1), -1);
  EXPECT_EQ(min(-1, 1u), 1u) << "an int next to an unsigned is read as unsigned";
  EXPECT_EQ(max(-1, 1), 1);
}

TEST(CudaOnHost, ConversionsRoundAndSaturate) {
  using namespace on_host;
  EXPECT_EQ(__float2int_rn(2.5f), 2);
  EXPECT_EQ(__float2int_rd(-2.5f), -3);
  EXPECT_EQ(__float2int_ru(-2.5f), -2);
  EXPECT_EQ(__float2int_rz(-2.5f), -2);
  EXPECT_EQ(__float2int_rn(1e20f), 2147483647);
  EXPECT_EQ(__float2int_rn(-1e20f), -2147483647 - 1);
  EXPECT_EQ(__float2int_rn(NAN), 0);
  EXPECT_EQ(__float2uint_rn(-1.0f), 0u);
  EXPECT_EQ(__double2ll_rn(1e30), 9223372036854775807LL);
  EXPECT_EQ(max(NAN, 1.0f), 1.0f);
}

}  // namespace
}  // namespace axlut
