// SPDX-License-Identifier: MIT
#include "kernels/cpu/terms/gemm_int8_portable.h"

#include <algorithm>
#include <cstring>

namespace axlut {
namespace {

constexpr int64_t kLanes = 16;

// A product of a u8 and a s8 fits the 16 bits that SSE2 can multiply. Products are summed without
// widening them: as they are, modulo 2^16, and once more their high bytes. After at most 255 of
// them both sums of high bytes (-32640 at least) and of low bytes (65025 at most) fit, and the
// latter is the first sum - (high << 8). Vector types keep all this in registers.
using Words = int16_t __attribute__((vector_size(16)));
using UnsignedWords = uint16_t __attribute__((vector_size(16)));
using Sums = int32_t __attribute__((vector_size(32)));
using WrappingSums = uint32_t __attribute__((vector_size(32)));
constexpr int64_t kMaxPending = 255;

// Sums of one position; pairs of vectors are 8 channels each.
struct WordSums {
  UnsignedWords all[2] = {};
  Words high[2] = {};
  WrappingSums total[2] = {};

  void Flush() {
    for (int v = 0; v < 2; ++v) {
      const UnsignedWords low = all[v] - (reinterpret_cast<UnsignedWords>(high[v]) << 8);
      const Sums sum =
          __builtin_convertvector(high[v], Sums) * 256 + __builtin_convertvector(low, Sums);
      total[v] += reinterpret_cast<WrappingSums>(sum);
      all[v] = UnsignedWords{};
      high[v] = Words{};
    }
  }
};

template <int kPositions>
void MultiplyPositions(const GemmWork& work, int64_t first) {
  WordSums sums[kPositions];
  const uint8_t* weights = work.weights;
  int64_t pending = 0;
  for (const GemmTap* tap = work.taps; tap != work.taps + work.tap_count; ++tap) {
    for (int64_t k = 0; k < tap->units;) {
      const int64_t end = std::min(tap->units, k + kMaxPending - pending);
      pending += end - k;
      const uint8_t* codes[kPositions];
      for (int p = 0; p < kPositions; ++p) codes[p] = work.rows[first + p] + tap->offset;
      for (; k < end; ++k, weights += work.weight_stride) {
        Words weight[2];
        std::memcpy(weight, weights, sizeof weight);
        for (int p = 0; p < kPositions; ++p) {
          for (int v = 0; v < 2; ++v) {
            const Words product = weight[v] * static_cast<int16_t>(codes[p][k]);
            sums[p].all[v] += reinterpret_cast<UnsignedWords>(product);
            sums[p].high[v] += product >> 8;
          }
        }
      }
      if (pending < kMaxPending) continue;
      for (WordSums& sum : sums) sum.Flush();
      pending = 0;
    }
  }
  for (int p = 0; p < kPositions; ++p) {
    sums[p].Flush();
    int32_t lanes[kLanes];
    std::memcpy(lanes, sums[p].total, sizeof lanes);
    StoreEpilogue(work, first + p, 0, work.channels, lanes);
  }
}

void Multiply(const GemmWork& work) {
  int64_t p = 0;
  for (; p + 2 <= work.positions; p += 2) MultiplyPositions<2>(work, p);
  if (p < work.positions) MultiplyPositions<1>(work, p);
}

}  // namespace

void StoreEpilogue(const GemmWork& work, int64_t position, int64_t first_channel, int64_t channels,
                   const int32_t* sums) {
  const GemmEpilogue& e = work.epilogue;
  int32_t* out = work.out + position * work.out_stride + first_channel;
  const auto scale = static_cast<uint32_t>(e.scale);
  for (int64_t o = 0; o < channels; ++o) {
    uint32_t value = scale * static_cast<uint32_t>(sums[o]);
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
