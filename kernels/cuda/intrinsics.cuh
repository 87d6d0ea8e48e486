// SPDX-License-Identifier: MIT
// What plain CUDA C++ cannot say, or says too slowly. This is the only device code that the host
// emulation does not run (host/intrinsics_on_host.h stands in for it), so it stays small enough to
// be reviewed by eye. Included through cuda.cuh.
#pragma once

#include <cstdint>

#ifdef __CUDACC__

namespace axlut::AXLUT_GPU_TARGET {

// The block's dynamic shared memory as one struct; GpuLaunch::shared_bytes is at least sizeof(T).
// Its contents are undefined when a block begins.
template <typename T>
__device__ __forceinline__ T& DynamicShared() {
  static_assert(alignof(T) <= 16);
  extern __shared__ __align__(16) unsigned char dynamic_shared_memory[];
  return *reinterpret_cast<T*>(dynamic_shared_memory);
}

// Texel `index` of a linear texture of uint16, as 32 bits: tex1Dfetch<unsigned short> would mask
// what the texture unit has already extended, which costs one or two instructions.
__device__ __forceinline__ uint32_t FetchU16(unsigned long long texture, int32_t index) {
  uint32_t texel[4];
  asm("tex.1d.v4.u32.s32 {%0, %1, %2, %3}, [%4, {%5}];"
      : "=r"(texel[0]), "=r"(texel[1]), "=r"(texel[2]), "=r"(texel[3])
      : "l"(texture), "r"(index));
  return texel[0];
}

// Texel `index` of a linear texture of int32.
__device__ __forceinline__ int32_t FetchI32(unsigned long long texture, int32_t index) {
  int32_t texel[4];
  asm("tex.1d.v4.s32.s32 {%0, %1, %2, %3}, [%4, {%5}];"
      : "=r"(texel[0]), "=r"(texel[1]), "=r"(texel[2]), "=r"(texel[3])
      : "l"(texture), "r"(index));
  return texel[0];
}

// A load of what no one writes while the kernel runs, through L1.
template <typename T>
__device__ __forceinline__ T LoadReadOnly(const T* address) {
  return __ldg(address);
}

// D += A x B of 8x16 uint8 by 16x8 int8, by the whole warp. Lane l holds four consecutive k of row
// l / 4 of A and of column l / 4 of B, from k = 4 (l % 4) on, lowest k in the lowest byte; and of D
// row l / 4, columns 2 (l % 4) and the next. Sums wrap modulo 2^32.
__device__ __forceinline__ void MmaU8S8(int32_t (&d)[2], uint32_t a, uint32_t b) {
  asm volatile("mma.sync.aligned.m8n8k16.row.col.s32.u8.s8.s32 {%0, %1}, {%2}, {%3}, {%0, %1};"
               : "+r"(d[0]), "+r"(d[1])
               : "r"(a), "r"(b));
}

// D += A x B of 16x32 uint8 by 32x8 int8: the fragments of four products as above, a[0] and a[2]
// for rows 0..7 and k from 0 and from 16, a[1] and a[3] for rows 8..15; b[0] and b[1] for k from 0
// and from 16; d[0..1] for rows 0..7, d[2..3] for rows 8..15.
__device__ __forceinline__ void MmaU8S8(int32_t (&d)[4], const uint32_t (&a)[4],
                                        const uint32_t (&b)[2]) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
  int32_t low[2] = {d[0], d[1]};
  int32_t high[2] = {d[2], d[3]};
  MmaU8S8(low, a[0], b[0]);
  MmaU8S8(high, a[1], b[0]);
  MmaU8S8(low, a[2], b[1]);
  MmaU8S8(high, a[3], b[1]);
  d[0] = low[0], d[1] = low[1], d[2] = high[0], d[3] = high[1];
#else
  asm volatile(
      "mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

}  // namespace axlut::AXLUT_GPU_TARGET

#else
#include "kernels/cuda/host/intrinsics_on_host.h"
#endif
