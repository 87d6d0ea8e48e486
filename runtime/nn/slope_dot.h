// SPDX-License-Identifier: MIT
// The inner product of difference-based gradients: floats times slopes that codes look up.
#pragma once

#include <cstdint>

#include "kernels/cpu/isa.h"

namespace axlut {

// Partial sums of a product, whose number is that of the floats in an AVX-512 register whatever
// the CPU: so every instruction set adds in the same order and gives the same floats.
inline constexpr int64_t kSlopeLanes = 16;

// lanes[k % 16] += values[k] * (row[codes[k] & mask] - zeros[k]) for k < count, in float32, each of
// the three operations rounded. `row` has mask + 1 slopes.
using SlopeDot = void (*)(const float* row, uint8_t mask, const uint8_t* codes, const float* values,
                          const float* zeros, int64_t count, float* lanes);

void SlopeDotScalar(const float* row, uint8_t mask, const uint8_t* codes, const float* values,
                    const float* zeros, int64_t count, float* lanes);
void SlopeDotAvx2(const float* row, uint8_t mask, const uint8_t* codes, const float* values,
                  const float* zeros, int64_t count, float* lanes);
void SlopeDotAvx512(const float* row, uint8_t mask, const uint8_t* codes, const float* values,
                    const float* zeros, int64_t count, float* lanes);

// The best that `isa` has.
SlopeDot ChooseSlopeDot(KernelIsa isa);

// Their sum, pairwise.
inline float SumOfLanes(const float* lanes) {
  float sums[kSlopeLanes];
  for (int64_t i = 0; i < kSlopeLanes; ++i) sums[i] = lanes[i];
  for (int64_t half = kSlopeLanes / 2; half > 0; half /= 2) {
    for (int64_t i = 0; i < half; ++i) sums[i] += sums[i + half];
  }
  return sums[0];
}

}  // namespace axlut
