// SPDX-License-Identifier: MIT
#include "kernels/cpu/gemm_int8_portable.h"

#include <cstring>

namespace axlut {
namespace {

constexpr int64_t kLanes = 16;

// Products of a u8 and a s8 fit 16 bits, which is what SSE2 can multiply; vector types keep the
// sums in registers.
using Words = int16_t __attribute__((vector_size(16)));
using Sums = int32_t __attribute__((vector_size(32)));

// Sums of kPositions x 8 channels from lane `lane` on.
template <int kPositions>
void MultiplyLanes(const GemmWork& work, int64_t first, int64_t lane, uint32_t (*sums)[kLanes]) {
  Sums totals[kPositions] = {};
  const uint8_t* weights = work.weights + lane * int64_t{sizeof(int16_t)};
  for (const GemmTap* tap = work.taps; tap != work.taps + work.tap_count; ++tap) {
    for (int64_t k = 0; k < tap->units; ++k, weights += work.weight_stride) {
      Words weight;
      std::memcpy(&weight, weights, sizeof weight);
      for (int p = 0; p < kPositions; ++p) {
        const auto code = static_cast<int16_t>(work.rows[first + p][tap->offset + k]);
        totals[p] += __builtin_convertvector(weight * code, Sums);
      }
    }
  }
  for (int p = 0; p < kPositions; ++p) std::memcpy(sums[p] + lane, &totals[p], sizeof(Sums));
}

template <int kPositions>
void MultiplyPositions(const GemmWork& work, int64_t first) {
  uint32_t sums[kPositions][kLanes];
  for (int64_t lane = 0; lane < work.channels; lane += 8) {
    MultiplyLanes<kPositions>(work, first, lane, sums);
  }
  for (int p = 0; p < kPositions; ++p) StoreEpilogue(work, first + p, 0, work.channels, sums[p]);
}

void Multiply(const GemmWork& work) {
  int64_t p = 0;
  for (; p + 4 <= work.positions; p += 4) MultiplyPositions<4>(work, p);
  for (; p < work.positions; ++p) MultiplyPositions<1>(work, p);
}

}  // namespace

void StoreEpilogue(const GemmWork& work, int64_t position, int64_t first_channel, int64_t channels,
                   const uint32_t* sums) {
  const GemmEpilogue& e = work.epilogue;
  int32_t* out = work.out + position * work.out_stride + first_channel;
  const auto scale = static_cast<uint32_t>(e.scale);
  for (int64_t o = 0; o < channels; ++o) {
    uint32_t value = scale * sums[o];
    if (e.add) {
      value += static_cast<uint32_t>(out[o]);
    } else if (e.bias != nullptr) {
      value += static_cast<uint32_t>(e.bias[first_channel + o]) + e.row_sums[position];
      if (e.code_factor != nullptr) {
        value += static_cast<uint32_t>(e.code_factor[first_channel + o]) * e.code_sums[position];
      }
    }
    out[o] = static_cast<int32_t>(value);
  }
}

// Weights are words because SSE2 cannot widen signed bytes in one step.
const GemmMethod kGemmInt8Portable = {"portable",
                                      KernelIsa::kScalar,
                                      1,
                                      1,
                                      1,
                                      kLanes,
                                      2,
                                      &Multiply,
                                      &MapCodesPortable<uint8_t>,
                                      &SumElementsPortable<uint8_t>};

}  // namespace axlut
