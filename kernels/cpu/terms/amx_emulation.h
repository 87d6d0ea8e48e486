// SPDX-License-Identifier: MIT
// A tile unit (amx_tiles.h) in plain C++, after the pseudo-code in Intel's Software Developer's
// Manual (LDTILECFG, TILELOADD, TILESTORED, TILEZERO, TDPBUSD). For tests on CPUs without AMX.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/cpu/terms/amx_tiles.h"

namespace axlut {

class EmulatedTiles {
 public:
  // Also zeroes all tiles.
  void Configure(const TileConfig& config) {
    config_ = config;
    std::memset(tiles_, 0, sizeof tiles_);
  }

  template <int kTile>
  void Zero() {
    std::memset(tiles_[kTile], 0, sizeof tiles_[kTile]);
  }

  // What lies beyond the tile's rows and row_bytes becomes 0.
  template <int kTile>
  void Load(const void* rows, int64_t stride) {
    Zero<kTile>();
    for (int64_t row = config_.start_row; row < config_.rows[kTile]; ++row) {
      std::memcpy(tiles_[kTile][row], static_cast<const uint8_t*>(rows) + row * stride,
                  config_.row_bytes[kTile]);
    }
  }

  template <int kTile>
  void Store(void* rows, int64_t stride) {
    for (int64_t row = config_.start_row; row < config_.rows[kTile]; ++row) {
      std::memcpy(static_cast<uint8_t*>(rows) + row * stride, tiles_[kTile][row],
                  config_.row_bytes[kTile]);
    }
  }

  template <int kSum, int kCodes, int kWeights>
  void MultiplyAdd() {
    for (int m = 0; m < config_.rows[kSum]; ++m) {
      for (int k = 0; k < config_.row_bytes[kCodes] / 4; ++k) {
        for (int n = 0; n < config_.row_bytes[kSum] / 4; ++n) {
          uint32_t sum;
          std::memcpy(&sum, tiles_[kSum][m] + 4 * n, sizeof sum);
          for (int byte = 0; byte < 4; ++byte) {
            const int32_t code = tiles_[kCodes][m][4 * k + byte];
            const int32_t weight = static_cast<int8_t>(tiles_[kWeights][k][4 * n + byte]);
            sum += static_cast<uint32_t>(code * weight);
          }
          std::memcpy(tiles_[kSum][m] + 4 * n, &sum, sizeof sum);
        }
      }
    }
    std::memset(tiles_[kSum] + config_.rows[kSum], 0,
                sizeof tiles_[kSum][0] * (16 - config_.rows[kSum]));
  }

  // As if nothing had been configured.
  void Release() {
    TileConfig none;
    none.palette = 0;
    Configure(none);
  }

 private:
  TileConfig config_;
  uint8_t tiles_[8][16][64] = {};
};

}  // namespace axlut
