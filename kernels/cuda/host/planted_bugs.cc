// SPDX-License-Identifier: MIT
// Kernels with the mistakes that only sanitizers find, for sanitizers_test.cc, which runs this
// program built with AddressSanitizer and with ThreadSanitizer:
//   planted_bugs NAME
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "kernels/cuda/cuda.cuh"
#include "kernels/cuda/host/grid_runner.h"
#include "kernels/cuda/host/host_kernels.h"
#include "kernels/cuda/host/host_memory.h"

namespace axlut {
namespace on_host {

constexpr int kThreads = 64;

struct Params {
  int* out;
  int steps;
};

struct Storage {
  int tile[kThreads];
};

// Each step stages a tile and reads a neighbour's part of it. `kBarriers`: bit 0 the one between
// writing and reading, bit 1 the one before the next step overwrites.
template <int kBarriers>
__device__ __forceinline__ void Stage(const Params& p) {
  auto& shared = DynamicShared<Storage>();
  int sum = 0;
  for (int step = 0; step < p.steps; ++step) {
    shared.tile[threadIdx.x] = step;  // race: write
    if constexpr ((kBarriers & 1) != 0) __syncthreads();
    sum += shared.tile[(threadIdx.x + 1) % kThreads];  // race: read
    if constexpr ((kBarriers & 2) != 0) __syncthreads();
  }
  p.out[blockIdx.x * kThreads + threadIdx.x] = sum;
}
__global__ void Correct(Params p) { Stage<3>(p); }
__global__ void NoFirstBarrier(Params p) { Stage<2>(p); }
__global__ void NoSecondBarrier(Params p) { Stage<1>(p); }

// The same within a warp.
template <bool kHasSync>
__device__ __forceinline__ void RotateInWarp(const Params& p) {
  auto& shared = DynamicShared<Storage>();
  const unsigned warp = threadIdx.x / 32 * 32;
  shared.tile[threadIdx.x] = static_cast<int>(threadIdx.x);  // warp race: write
  if constexpr (kHasSync) __syncwarp();
  const int neighbour = shared.tile[warp + (threadIdx.x + 1) % 32];  // warp race: read
  const int sum = neighbour + __shfl_xor_sync(kFullWarp, neighbour, 1);
  p.out[blockIdx.x * kThreads + threadIdx.x] = sum;
}
__global__ void CorrectWarp(Params p) { RotateInWarp<true>(p); }
__global__ void NoSyncwarp(Params p) { RotateInWarp<false>(p); }

// A shuffle is not a __syncwarp, though all lanes meet there.
__global__ void ShuffleInstead(Params p) {
  auto& shared = DynamicShared<Storage>();
  const unsigned warp = threadIdx.x / 32 * 32;
  shared.tile[threadIdx.x] = static_cast<int>(threadIdx.x);  // shuffle race: write
  const int sum = __shfl_xor_sync(kFullWarp, 1, 1);
  const int neighbour = shared.tile[warp + (threadIdx.x + 1) % 32];  // shuffle race: read
  p.out[blockIdx.x * kThreads + threadIdx.x] = sum + neighbour;
}

// Blocks write one place.
__global__ void BlocksOverlap(Params p) {
  p.out[threadIdx.x] = static_cast<int>(blockIdx.x);  // block race
}

// Sums meet in atomics: no race, though no barrier either.
__global__ void CorrectAtomics(Params p) { atomicAdd(p.out, static_cast<int>(threadIdx.x)); }

__global__ void WriteBehind(Params p) {
  p.out[blockIdx.x * kThreads + threadIdx.x + 1] = 1;  // out of bounds
}

__global__ void WriteBehindShared(Params p) {
  DynamicShared<Storage>().tile[p.steps * 16] = 1;  // out of shared memory
}

__global__ void Misaligned(Params p) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(p.out);
  p.out[0] = *reinterpret_cast<const int*>(bytes + 1);  // misaligned
}

}  // namespace on_host

namespace {

constexpr HostKernel (*kKernels[])() = {
#define AXLUT_PLANTED(name) \
  [] { return on_host::MakeHostKernel<on_host::Params, &on_host::name>(#name); }
    AXLUT_PLANTED(Correct),           AXLUT_PLANTED(NoFirstBarrier), AXLUT_PLANTED(NoSecondBarrier),
    AXLUT_PLANTED(CorrectWarp),       AXLUT_PLANTED(NoSyncwarp),     AXLUT_PLANTED(ShuffleInstead),
    AXLUT_PLANTED(BlocksOverlap),     AXLUT_PLANTED(CorrectAtomics), AXLUT_PLANTED(WriteBehind),
    AXLUT_PLANTED(WriteBehindShared), AXLUT_PLANTED(Misaligned),
#undef AXLUT_PLANTED
};

void Run(const HostKernel& kernel, const HostSchedule& schedule) {
  constexpr unsigned kBlocks = 4;
  HostMemory memory;
  void* const out = memory.Allocate(kBlocks * on_host::kThreads * sizeof(int), "results");
  const on_host::Params params{static_cast<int*>(out), 4};
  on_host::GridRunner runner;
  on_host::GridLaunch launch;
  launch.kernel = kernel.name;
  launch.run = kernel.run;
  launch.params = &params;
  launch.grid = {kBlocks, 1, 1};
  launch.block = {on_host::kThreads, 1, 1};
  launch.shared_bytes = sizeof(on_host::Storage);
  launch.schedule = schedule;
  runner.Run(launch);
  memory.Free(out);
}

}  // namespace
}  // namespace axlut

int main(int argc, char** argv) {
  using Order = axlut::HostSchedule::Order;
  for (const auto make : axlut::kKernels) {
    const axlut::HostKernel kernel = make();
    if (argc != 2 || std::strcmp(kernel.name, argv[1]) != 0) continue;
    axlut::Run(kernel, {.order = Order::kForward, .os_threads = 1});
    axlut::Run(kernel, {.order = Order::kShuffled, .os_threads = 2});
    std::puts("finished");
    return 0;
  }
  std::fputs("planted_bugs NAME\n", stderr);
  return 2;
}
