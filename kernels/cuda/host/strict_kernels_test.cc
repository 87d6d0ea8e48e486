// SPDX-License-Identifier: MIT
// Kernels with planted mistakes: each must end the program and name the line that is wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "kernels/cuda/cuda.cuh"
#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/host/test_launch.h"

namespace axlut {
namespace on_host {

struct NoParams {};

__global__ void DivergentBarrier(NoParams) {
  if (threadIdx.x < 16) {
    __syncthreads();  // DivergentBarrier
  } else {
    __syncthreads();  // DivergentElse
  }
}

__global__ void BarrierAfterExit(NoParams) {
  if (threadIdx.x == 7) return;
  __syncthreads();  // BarrierAfterExit
}

__global__ void BarrierAndShuffle(NoParams) {
  if (threadIdx.x == 3) {
    __syncthreads();  // BarrierAndShuffle
  } else {
    __shfl_xor_sync(kFullWarp, 1, 1);  // ShuffleElse
  }
}

__global__ void NotInMask(NoParams) { __syncwarp(0x0000ffffu); }  // NotInMask

__global__ void MasksDisagree(NoParams) {
  __ballot_sync(threadIdx.x < 16 ? kFullWarp : 0xffff8000u, 1);  // MasksDisagree
}

__global__ void LaneExited(NoParams) {
  if (threadIdx.x == 0) return;
  __shfl_sync(kFullWarp, 1, 1);  // LaneExited
}

__global__ void LaneMissing(NoParams) { __syncwarp(); }  // LaneMissing

__global__ void DivergentWarp(NoParams) {
  if (threadIdx.x % 2 == 0) {
    __shfl_sync(kFullWarp, 1, 0);
  } else {
    __ballot_sync(kFullWarp, 1);  // DivergentWarp
  }
}

__global__ void ShuffleFromOutside(NoParams) {
  if (threadIdx.x >= 8) return;
  __shfl_sync(0xffu, 1, 20);  // ShuffleFromOutside
}

struct FetchParams {
  unsigned long long texture;
  int index;
};

__global__ void Fetch16(FetchParams p) { FetchU16(p.texture, p.index); }  // Fetch16

__global__ void Fetch32(FetchParams p) { FetchI32(p.texture, p.index); }  // Fetch32

struct LoadParams {
  const uint8_t* bytes;
};

__global__ void MisalignedLoad(LoadParams p) {
  LoadReadOnly(reinterpret_cast<const uint4*>(p.bytes + 8));  // MisalignedLoad
}

struct Storage {
  int values[100];
};

__global__ void TooMuchShared(NoParams) {
  DynamicShared<Storage>().values[0] = 1;  // TooMuchShared
}

struct WriteParams {
  int* out;
  int index;
};

__global__ void WriteBehindShared(WriteParams p) { DynamicShared<Storage>().values[p.index] = 1; }

__global__ void WriteGlobal(WriteParams p) {
  if (threadIdx.x == 0) p.out[p.index] = 1;
}

// Adds up what is in shared memory before anything was written there.
__global__ void ReadUninitialized(WriteParams p) {
  auto& shared = DynamicShared<Storage>();
  p.out[blockIdx.x] = shared.values[threadIdx.x];
  shared.values[threadIdx.x] = 0;
}

// Takes a frame of more than `depth` times 256 bytes: a thread's stack is limited, here as on the
// device.
__attribute__((noinline)) int Recurse(volatile int* out, int depth) {
  volatile int local[64];
  local[depth % 64] = depth;
  if (depth == 0) return *out;
  return Recurse(out, depth - 1) + local[(depth + 1) % 64];
}
__global__ void OverrunStack(WriteParams p) { *p.out = Recurse(p.out, 1 << 20); }

}  // namespace on_host

namespace {

using on_host::NoParams;

// The number of the line that ends with the comment `mark`.
std::string LineOf(const std::string& mark) {
  static const std::vector<std::string> lines = [] {
    std::ifstream file(__FILE__);
    std::vector<std::string> read;
    for (std::string line; std::getline(file, line);) read.push_back(line);
    return read;
  }();
  const auto found = std::find_if(lines.begin(), lines.end(), [&](const std::string& line) {
    return line.ends_with("  // " + mark);
  });
  EXPECT_NE(found, lines.end()) << mark;
  return std::to_string(found - lines.begin() + 1);
}

std::string At(const std::string& mark) {
  return "strict_kernels_test\\.cc:" + LineOf(mark) + ": cuda_on_host: .*";
}

class StrictKernels : public testing::Test {
 protected:
  // Kernels may start threads; and the parent's allocations must not count as leaked.
  StrictKernels() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

template <void (*kKernel)(NoParams)>
void RunKernelOf(int threads, const HostSchedule& schedule = {}) {
  HostGpu gpu({.schedule = schedule});
  RunKernel<NoParams, kKernel>(&gpu, {.threads = static_cast<uint32_t>(threads)}, {});
}

TEST_F(StrictKernels, BarriersInDifferentPlaces) {
  EXPECT_DEATH(RunKernelOf<&on_host::DivergentBarrier>(32),
               At("DivergentElse") + "divergent __syncthreads: thread \\(0,0,0\\) waits at .*:" +
                   LineOf("DivergentBarrier") +
                   ".*kernel test_kernel, block \\(0,0,0\\), thread \\(16,0,0\\)");
}

TEST_F(StrictKernels, BarriersInDifferentPlacesAreFoundInEverySchedule) {
  EXPECT_DEATH(
      RunKernelOf<&on_host::DivergentBarrier>(32, {.order = HostSchedule::Order::kReverse}),
      At("DivergentBarrier") + "divergent __syncthreads");
}

TEST_F(StrictKernels, BarrierAfterSomeHaveExited) {
  EXPECT_DEATH(RunKernelOf<&on_host::BarrierAfterExit>(64),
               At("BarrierAfterExit") +
                   "divergent __syncthreads: 63 threads wait .*, 1 threads have exited");
}

TEST_F(StrictKernels, DeadlockNamesAllPlaces) {
  EXPECT_DEATH(RunKernelOf<&on_host::BarrierAndShuffle>(32),
               At("ShuffleElse") +
                   "deadlock: 31 threads wait for a shuffle at .*:" + LineOf("ShuffleElse") +
                   ", 1 threads wait for a __syncthreads at .*:" + LineOf("BarrierAndShuffle"));
}

TEST_F(StrictKernels, LaneOutsideOfItsMask) {
  EXPECT_DEATH(RunKernelOf<&on_host::NotInMask>(32),
               At("NotInMask") + "lane 16 is not in its own mask 0x0000ffff");
}

TEST_F(StrictKernels, LanesWithDifferentMasks) {
  EXPECT_DEATH(RunKernelOf<&on_host::MasksDisagree>(32),
               At("MasksDisagree") +
                   "lanes disagree about the mask: 0xffffffff here, "
                   "0xffff8000 of other lanes");
}

TEST_F(StrictKernels, ExitedLaneInTheMask) {
  EXPECT_DEATH(RunKernelOf<&on_host::LaneExited>(32),
               At("LaneExited") + "lane 0 of the mask 0xffffffff has exited");
}

TEST_F(StrictKernels, LaneThatExitsWhileOthersWait) {
  EXPECT_DEATH(RunKernelOf<&on_host::LaneExited>(32, {.order = HostSchedule::Order::kReverse}),
               At("LaneExited") + "deadlock: 31 threads .*1 threads have exited");
}

TEST_F(StrictKernels, MaskBeyondTheBlock) {
  EXPECT_DEATH(RunKernelOf<&on_host::LaneMissing>(40),
               At("LaneMissing") + "lane 8 of the mask 0xffffffff does not exist");
}

TEST_F(StrictKernels, DifferentWarpOperations) {
  EXPECT_DEATH(RunKernelOf<&on_host::DivergentWarp>(32),
               At("DivergentWarp") + "divergent warp: a vote here, a shuffle of other");
}

TEST_F(StrictKernels, ShuffleFromALaneOutsideOfTheMask) {
  EXPECT_DEATH(RunKernelOf<&on_host::ShuffleFromOutside>(8),
               At("ShuffleFromOutside") + "shuffle reads lane 20, which is not in");
}

// A GPU with one texture of 100 texels.
struct TextureCase {
  explicit TextureCase(GpuTexel texel) : memory(&gpu, std::vector<uint32_t>(100)) {
    EXPECT_TRUE(gpu.CreateTexture(memory.data(), texel, 100, &texture).ok());
  }
  ~TextureCase() { gpu.DestroyTexture(texture); }
  template <void (*kKernel)(on_host::FetchParams)>
  void Fetch(int index) {
    RunKernel<on_host::FetchParams, kKernel>(&gpu, {}, {texture, index});
  }

  HostGpu gpu;
  DeviceArray<uint32_t> memory;
  GpuTexture texture = 0;
};

TEST_F(StrictKernels, FetchOutsideOfATexture) {
  TextureCase is(GpuTexel::kUint16);
  is.Fetch<&on_host::Fetch16>(99);
  EXPECT_DEATH(is.Fetch<&on_host::Fetch16>(100),
               At("Fetch16") + "uint16 fetch of texel 100 from a texture of 100");
  EXPECT_DEATH(is.Fetch<&on_host::Fetch16>(-1), At("Fetch16") + "texel -1");
}

TEST_F(StrictKernels, FetchOfAnotherType) {
  TextureCase is16(GpuTexel::kUint16), is32(GpuTexel::kInt32);
  is32.Fetch<&on_host::Fetch32>(99);
  EXPECT_DEATH(is16.Fetch<&on_host::Fetch32>(0),
               At("Fetch32") + "int32 fetch from a texture of uint16 texels");
  EXPECT_DEATH(is32.Fetch<&on_host::Fetch16>(0),
               At("Fetch16") + "uint16 fetch from a texture of int32 texels");
  EXPECT_DEATH(is32.Fetch<&on_host::Fetch32>(100), At("Fetch32") + "texel 100");
}

TEST_F(StrictKernels, FetchFromNoTexture) {
  TextureCase is(GpuTexel::kUint16);
  const auto fetch = [&](GpuTexture texture) {
    RunKernel<on_host::FetchParams, &on_host::Fetch16>(&is.gpu, {}, {texture, 0});
  };
  EXPECT_DEATH(fetch(0), At("Fetch16") + "null texture");
  GpuTexture destroyed = 0;
  ASSERT_TRUE(is.gpu.CreateTexture(is.memory.data(), GpuTexel::kUint16, 8, &destroyed).ok());
  is.gpu.DestroyTexture(destroyed);
  EXPECT_DEATH(fetch(destroyed), At("Fetch16") + "destroyed texture");
}

TEST_F(StrictKernels, MisalignedLoad) {
  HostGpu gpu;
  const DeviceArray<uint8_t> bytes(&gpu, std::vector<uint8_t>(64));
  EXPECT_DEATH((RunKernel<on_host::LoadParams, &on_host::MisalignedLoad>(&gpu, {}, {bytes.data()})),
               At("MisalignedLoad") + "misaligned address");
}

TEST_F(StrictKernels, MoreSharedMemoryThanLaunchedWith) {
  EXPECT_DEATH(RunKernelOf<&on_host::TooMuchShared>(1),
               At("TooMuchShared") + "400 bytes of shared memory are used, 0 were launched with");
}

TEST_F(StrictKernels, SharedMemoryIsPoisonedForEveryBlock) {
  HostGpu gpu;
  const DeviceArray<int> out(&gpu, std::vector<int>(3));
  RunKernel<on_host::WriteParams, &on_host::ReadUninitialized>(
      &gpu, {.grid_x = 3, .threads = 100, .shared_bytes = sizeof(on_host::Storage)},
      {out.data(), 0});
  const int poison = static_cast<int>(0xcdcdcdcdu);
  EXPECT_EQ(out.Read(), (std::vector<int>{poison, poison, poison}));
}

TEST_F(StrictKernels, WriteBehindSharedMemory) {
  HostGpu gpu;
  const auto write = [&](int index) {
    RunKernel<on_host::WriteParams, &on_host::WriteBehindShared>(
        &gpu, {.shared_bytes = sizeof(on_host::Storage)}, {nullptr, index});
  };
  write(99);
  // With AddressSanitizer the write itself is reported.
  EXPECT_DEATH(write(100), "byte 400 of 400 bytes of shared memory|strict_kernels_test.cc:");
}

TEST_F(StrictKernels, WriteOutsideOfAnAllocation) {
  HostGpu gpu;
  const DeviceArray<int> out(&gpu, std::vector<int>(25));
  const auto write = [&](int index) {
    RunKernel<on_host::WriteParams, &on_host::WriteGlobal>(&gpu, {}, {out.data(), index});
    EXPECT_TRUE(gpu.Synchronize(nullptr).ok());
  };
  write(24);
  EXPECT_DEATH(write(25), "outside of the 100 bytes for the test, at offset 100|WriteGlobal");
  EXPECT_DEATH(write(-1), "outside of the 100 bytes for the test, at offset -|WriteGlobal");
}

TEST_F(StrictKernels, StackOverrunHitsTheGuardPage) {
  HostGpu gpu;
  const DeviceArray<int> out(&gpu, std::vector<int>(1));
  // A signal, or AddressSanitizer's message.
  EXPECT_DEATH((RunKernel<on_host::WriteParams, &on_host::OverrunStack>(&gpu, {.threads = 2},
                                                                        {out.data(), 0})),
               "");
}

TEST_F(StrictKernels, DeviceCodeOutsideOfALaunch) {
  EXPECT_DEATH(on_host::DivergentBarrier({}), "a kernel's code runs outside of a launch");
}

}  // namespace
}  // namespace axlut
