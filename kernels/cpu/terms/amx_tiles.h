// SPDX-License-Identifier: MIT
// The eight tile registers of AMX: matrices of up to 16 rows of 64 bytes. Kernels are templates
// over a tile unit, so that they can also run on an emulation (amx_emulation.h).
#pragma once

#include <cstdint>

namespace axlut {

// What ldtilecfg reads [Intel SDM, LDTILECFG, palette 1].
struct alignas(64) TileConfig {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[8] = {};
  uint8_t unused_row_bytes[16] = {};
  uint8_t rows[8] = {};
  uint8_t unused_rows[8] = {};
};
static_assert(sizeof(TileConfig) == 64);

#if defined(__x86_64__)
// The hardware. Its instructions are written out because GCC's intrinsics do not tell the compiler
// that they read and write memory. Call it only where KernelIsa::kAmx is supported.
struct HardwareTiles {
  void Configure(const TileConfig& config) { asm volatile("ldtilecfg %0" : : "m"(config)); }
  template <int kTile>
  void Zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(kTile));
  }
  // The rows lie `stride` bytes apart.
  template <int kTile>
  void Load(const void* rows, int64_t stride) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(rows), "r"(stride), "i"(kTile) : "memory");
  }
  template <int kTile>
  void Store(void* rows, int64_t stride) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)"
                 :
                 : "r"(rows), "r"(stride), "i"(kTile)
                 : "memory");
  }
  // sum[m][n] += sum over k < 4 * rows of weights of codes[m][k] * weights[k / 4][4 * n + k % 4],
  // codes being u8, weights s8 and sums int32.
  template <int kSum, int kCodes, int kWeights>
  void MultiplyAdd() {
    asm volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kSum), "i"(kCodes), "i"(kWeights));
  }
  void Release() { asm volatile("tilerelease"); }
};
#endif

}  // namespace axlut
