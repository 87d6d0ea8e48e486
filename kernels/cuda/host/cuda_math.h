// SPDX-License-Identifier: MIT
// CUDA's integer and floating-point intrinsics for kernels compiled by g++, with the results that
// the device gives. Sources with kernels are compiled without contraction of a * b + c.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/cuda/host/cuda_types.h"

namespace axlut::on_host {

#define AXLUT_MIN_MAX(Result, A, B)                                                  \
  inline Result min(A a, B b) {                                                      \
    return static_cast<Result>(a) < static_cast<Result>(b) ? static_cast<Result>(a)  \
                                                           : static_cast<Result>(b); \
  }                                                                                  \
  inline Result max(A a, B b) {                                                      \
    return static_cast<Result>(a) < static_cast<Result>(b) ? static_cast<Result>(b)  \
                                                           : static_cast<Result>(a); \
  }
// Of an int and an unsigned CUDA takes the unsigned ones, too.
AXLUT_MIN_MAX(int, int, int)
AXLUT_MIN_MAX(unsigned, unsigned, unsigned)
AXLUT_MIN_MAX(unsigned, int, unsigned)
AXLUT_MIN_MAX(unsigned, unsigned, int)
AXLUT_MIN_MAX(long, long, long)
AXLUT_MIN_MAX(unsigned long, unsigned long, unsigned long)
AXLUT_MIN_MAX(long long, long long, long long)
AXLUT_MIN_MAX(unsigned long long, unsigned long long, unsigned long long)
#undef AXLUT_MIN_MAX
// A NaN loses against a number, as on the device.
inline float min(float a, float b) { return std::fmin(a, b); }
inline float max(float a, float b) { return std::fmax(a, b); }
inline double min(double a, double b) { return std::fmin(a, b); }
inline double max(double a, double b) { return std::fmax(a, b); }

// c + the products of the four bytes of a and b, modulo 2^32.
inline unsigned __dp4a(unsigned a, unsigned b, unsigned c) {
  for (int shift = 0; shift < 32; shift += 8) c += ((a >> shift) & 0xff) * ((b >> shift) & 0xff);
  return c;
}
inline int __dp4a(int a, int b, int c) {
  unsigned sum = static_cast<unsigned>(c);
  for (int shift = 0; shift < 32; shift += 8) {
    sum += static_cast<unsigned>(static_cast<int8_t>(a >> shift) * static_cast<int8_t>(b >> shift));
  }
  return static_cast<int>(sum);
}

// Byte i of the result: byte (selector >> 4i) & 7 of y:x.
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
  const uint64_t bytes = (static_cast<uint64_t>(y) << 32) | x;
  unsigned result = 0;
  for (int i = 0; i < 4; ++i) {
    const unsigned byte = (selector >> (4 * i)) & 7;
    result |= static_cast<unsigned>((bytes >> (8 * byte)) & 0xff) << (8 * i);
  }
  return result;
}

inline int __popc(unsigned x) { return std::popcount(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline int __ffs(int x) { return x == 0 ? 0 : std::countr_zero(static_cast<unsigned>(x)) + 1; }
inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>((static_cast<uint64_t>(a) * b) >> 32);
}
inline int __mulhi(int a, int b) { return static_cast<int>((static_cast<int64_t>(a) * b) >> 32); }

inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }

// Conversions saturate; NaN becomes 0.
template <typename Integer>
Integer SaturateToInteger(double value) {
  using Limits = std::numeric_limits<Integer>;
  if (std::isnan(value)) return 0;
  if (value <= static_cast<double>(Limits::min())) return Limits::min();
  // Of a 64-bit type the limit is rounded up to a power of two: not below it is beyond the limit.
  if (value >= static_cast<double>(Limits::max())) return Limits::max();
  return static_cast<Integer>(value);
}
inline int __float2int_rd(float x) { return SaturateToInteger<int>(std::floor(x)); }
inline int __float2int_ru(float x) { return SaturateToInteger<int>(std::ceil(x)); }
inline int __float2int_rn(float x) { return SaturateToInteger<int>(std::nearbyint(x)); }
inline int __float2int_rz(float x) { return SaturateToInteger<int>(std::trunc(x)); }
inline unsigned __float2uint_rd(float x) { return SaturateToInteger<unsigned>(std::floor(x)); }
inline unsigned __float2uint_rn(float x) { return SaturateToInteger<unsigned>(std::nearbyint(x)); }
inline unsigned __float2uint_rz(float x) { return SaturateToInteger<unsigned>(std::trunc(x)); }
inline long long __double2ll_rn(double x) {
  return SaturateToInteger<long long>(std::nearbyint(x));
}
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }
inline float __ll2float_rn(long long x) { return static_cast<float>(x); }
inline double __int2double_rn(int x) { return x; }
inline double __ll2double_rn(long long x) { return static_cast<double>(x); }
inline float __double2float_rn(double x) { return static_cast<float>(x); }

inline int __float_as_int(float x) { return std::bit_cast<int>(x); }
inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline float __int_as_float(int x) { return std::bit_cast<float>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }

// The device's <math.h> functions that kernels use without a namespace.
using ::ceilf;
using ::fabsf;
using ::floorf;
using ::fmaf;
using ::fmaxf;
using ::fminf;
using ::rintf;
using std::ceil;
using std::fabs;
using std::floor;
using std::fma;
using std::isnan;
using std::rint;

}  // namespace axlut::on_host
