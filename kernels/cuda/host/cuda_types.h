// SPDX-License-Identifier: MIT
// CUDA's qualifiers and vector types for g++. Names are CUDA's, but they live in the namespace of
// the kernels, so that a program can also hold the kernels compiled by nvcc.
#pragma once

#include <cstdint>

// A kernel may be included by several sources of one program.
#define __global__ inline
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)

namespace axlut::on_host {

struct alignas(8) int2 {
  int x, y;
};
struct alignas(16) int4 {
  int x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
struct uint3 {
  unsigned x, y, z;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct dim3 {
  unsigned x = 1, y = 1, z = 1;
};

inline int2 make_int2(int x, int y) { return {x, y}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

// A line of a kernel. Functions of the emulation that can find a mistake take the call's place as
// default arguments (__builtin_FILE() and __builtin_LINE(), which are evaluated at the call;
// std::source_location is not in clang 14).
struct CallSite {
  const char* file;
  int line;
};

}  // namespace axlut::on_host
