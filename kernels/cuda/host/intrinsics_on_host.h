// SPDX-License-Identifier: MIT
// The host's side of kernels/cuda/intrinsics.cuh.
#pragma once

#include <cstdint>

#include "kernels/cuda/host/cuda_on_host.h"
#include "kernels/cuda/host/host_texture.h"

namespace axlut::on_host {

template <typename T>
T& DynamicShared(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  return *static_cast<T*>(SharedMemoryOfBlock(sizeof(T), alignof(T), {file, line}));
}

// Says why a fetch cannot be answered. The device would return 0, or something else's bits.
[[noreturn]] void FailFetch(unsigned long long texture, int32_t index, const char* texel,
                            CallSite site);

__forceinline__ uint32_t FetchU16(unsigned long long texture, int32_t index,
                                  const char* file = __builtin_FILE(),
                                  int line = __builtin_LINE()) {
  const auto* found = reinterpret_cast<const HostTexture*>(texture);
  if (found == nullptr || static_cast<uint32_t>(index) >= found->uint16_count) [[unlikely]] {
    FailFetch(texture, index, "uint16", {file, line});
  }
  return static_cast<const uint16_t*>(found->texels)[index];
}

__forceinline__ int32_t FetchI32(unsigned long long texture, int32_t index,
                                 const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  const auto* found = reinterpret_cast<const HostTexture*>(texture);
  if (found == nullptr || static_cast<uint32_t>(index) >= found->int32_count) [[unlikely]] {
    FailFetch(texture, index, "int32", {file, line});
  }
  return static_cast<const int32_t*>(found->texels)[index];
}

template <typename T>
__forceinline__ T LoadReadOnly(const T* address, const char* file = __builtin_FILE(),
                               int line = __builtin_LINE()) {
  return __ldg(address, file, line);
}

void MmaU8S8(int32_t (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
             const char* file = __builtin_FILE(), int line = __builtin_LINE());
void MmaU8S8(int32_t (&d)[2], uint32_t a, uint32_t b, const char* file = __builtin_FILE(),
             int line = __builtin_LINE());

}  // namespace axlut::on_host
