// SPDX-License-Identifier: MIT
// Threads, barriers, warps and atomics of CUDA for kernels compiled by g++. What is wrong in a
// kernel ends the program with the kernel's file and line: docs/cuda_on_host.md lists the rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/cuda/host/cuda_types.h"

namespace axlut::on_host {

// Set by the scheduler whenever it goes on with a thread.
extern constinit thread_local uint3 threadIdx;
extern constinit thread_local uint3 blockIdx;
extern constinit thread_local dim3 blockDim;
extern constinit thread_local dim3 gridDim;

inline constexpr int warpSize = 32;
inline constexpr unsigned kFullWarp = 0xffffffffu;

// Prints "file:line: what" with the kernel, block and thread that run, and aborts.
[[noreturn]] void FailKernel(CallSite site, const char* format, ...)
    __attribute__((format(printf, 2, 3)));

// What threads wait for. Threads that meet must have come to the same call.
enum class Rendezvous : uint8_t { kSyncThreads, kSyncWarp, kShuffle, kVote, kMma };

// All threads of the block meet here; how many of them brought a predicate other than 0.
int MeetBlock(int predicate, CallSite site);

// Up to 32 bytes from every lane.
inline constexpr int kWarpWords = 4;
struct WarpValues {
  uint64_t words[32][kWarpWords];
};

// All lanes of the mask meet here and show each other their words; valid until this thread's next
// meeting. Values of lanes outside the mask are undefined.
const WarpValues& MeetWarp(Rendezvous what, unsigned mask, const uint64_t* words, int count,
                           CallSite site);

unsigned LaneOfThisThread();

// The block's dynamic shared memory, if it holds `bytes`.
void* SharedMemoryOfBlock(size_t bytes, size_t alignment, CallSite site);

inline void __syncthreads(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  MeetBlock(0, {file, line});
}
inline int __syncthreads_count(int predicate, const char* file = __builtin_FILE(),
                               int line = __builtin_LINE()) {
  return MeetBlock(predicate, {file, line});
}
inline int __syncthreads_or(int predicate, const char* file = __builtin_FILE(),
                            int line = __builtin_LINE()) {
  return MeetBlock(predicate, {file, line}) > 0;
}
inline int __syncthreads_and(int predicate, const char* file = __builtin_FILE(),
                             int line = __builtin_LINE()) {
  return MeetBlock(predicate == 0, {file, line}) == 0;
}
inline void __syncwarp(unsigned mask = kFullWarp, const char* file = __builtin_FILE(),
                       int line = __builtin_LINE()) {
  MeetWarp(Rendezvous::kSyncWarp, mask, nullptr, 0, {file, line});
}

// Of a value of up to 8 bytes, from `source`, which must be in the mask.
template <typename T>
T ShuffleFrom(unsigned mask, T value, unsigned source, CallSite site) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(uint64_t));
  uint64_t word = 0;
  std::memcpy(&word, &value, sizeof(T));
  const WarpValues& values = MeetWarp(Rendezvous::kShuffle, mask, &word, 1, site);
  if (((mask >> source) & 1) == 0) {
    FailKernel(site, "shuffle reads lane %u, which is not in the mask 0x%08x", source, mask);
  }
  std::memcpy(&value, values.words[source], sizeof(T));
  return value;
}

// Segments of `width` lanes, a power of two; lanes outside the own segment give the own value.
template <typename T>
T __shfl_sync(unsigned mask, T value, int source, int width = warpSize,
              const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  const unsigned segment = LaneOfThisThread() & ~static_cast<unsigned>(width - 1);
  return ShuffleFrom(mask, value, segment | static_cast<unsigned>(source & (width - 1)),
                     {file, line});
}
template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = warpSize,
                  const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  const unsigned lane = LaneOfThisThread();
  const unsigned source = lane ^ static_cast<unsigned>(lane_mask);
  // As the hardware: earlier segments can be read, later ones cannot.
  const unsigned last = lane | static_cast<unsigned>(width - 1);
  return ShuffleFrom(mask, value, source <= last ? source : lane, {file, line});
}
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = warpSize,
                   const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  const unsigned lane = LaneOfThisThread();
  const unsigned source = lane + delta;
  const unsigned last = lane | static_cast<unsigned>(width - 1);
  return ShuffleFrom(mask, value, source <= last ? source : lane, {file, line});
}
template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = warpSize,
                 const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  const unsigned lane = LaneOfThisThread();
  const unsigned in_segment = lane & static_cast<unsigned>(width - 1);
  return ShuffleFrom(mask, value, delta <= in_segment ? lane - delta : lane, {file, line});
}

inline unsigned __ballot_sync(unsigned mask, int predicate, const char* file = __builtin_FILE(),
                              int line = __builtin_LINE()) {
  const uint64_t vote = predicate != 0 ? 1 : 0;
  const WarpValues& values = MeetWarp(Rendezvous::kVote, mask, &vote, 1, {file, line});
  unsigned ballot = 0;
  for (unsigned lane = 0; lane < 32; ++lane) {
    if (((mask >> lane) & 1) != 0) ballot |= static_cast<unsigned>(values.words[lane][0]) << lane;
  }
  return ballot;
}
inline int __any_sync(unsigned mask, int predicate, const char* file = __builtin_FILE(),
                      int line = __builtin_LINE()) {
  return __ballot_sync(mask, predicate, file, line) != 0;
}
inline int __all_sync(unsigned mask, int predicate, const char* file = __builtin_FILE(),
                      int line = __builtin_LINE()) {
  return __ballot_sync(mask, predicate, file, line) == mask;
}

// Integers only: sums of floats would depend on the order of threads. All give the old value.
template <typename T>
inline constexpr bool kHasAtomics =
    std::is_same_v<T, int> || std::is_same_v<T, unsigned> || std::is_same_v<T, unsigned long long>;
template <typename T>
T atomicAdd(T* address, std::type_identity_t<T> value) {
  static_assert(kHasAtomics<T>);
  return __atomic_fetch_add(address, value, __ATOMIC_RELAXED);
}
template <typename T>
T atomicOr(T* address, std::type_identity_t<T> value) {
  static_assert(kHasAtomics<T>);
  return __atomic_fetch_or(address, value, __ATOMIC_RELAXED);
}
template <typename T>
T atomicMax(T* address, std::type_identity_t<T> value) {
  static_assert(kHasAtomics<T>);
  T old = __atomic_load_n(address, __ATOMIC_RELAXED);
  while (old < value && !__atomic_compare_exchange_n(address, &old, value, true, __ATOMIC_RELAXED,
                                                     __ATOMIC_RELAXED)) {
  }
  return old;
}
template <typename T>
T atomicMin(T* address, std::type_identity_t<T> value) {
  static_assert(kHasAtomics<T>);
  T old = __atomic_load_n(address, __ATOMIC_RELAXED);
  while (value < old && !__atomic_compare_exchange_n(address, &old, value, true, __ATOMIC_RELAXED,
                                                     __ATOMIC_RELAXED)) {
  }
  return old;
}

// Through the read-only cache: a load, aligned as the device demands.
template <typename T>
__forceinline__ T __ldg(const T* address, const char* file = __builtin_FILE(),
                        int line = __builtin_LINE()) {
  if constexpr (alignof(T) > 2) {
    if (reinterpret_cast<uintptr_t>(address) % alignof(T) != 0) [[unlikely]] {
      FailKernel({file, line}, "misaligned address %p: a load of %zu bytes needs a multiple of %zu",
                 static_cast<const void*>(address), sizeof(T), alignof(T));
    }
  }
  return *address;
}

}  // namespace axlut::on_host
