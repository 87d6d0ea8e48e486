// SPDX-License-Identifier: MIT
// Tiles for the gradient by the input: rows of A are input positions of one phase (see
// GradientDimension), k are the phase's taps and the output channels. Chunks stay within a tap, so
// that whether a tap meets an output is one question per row and chunk.
#pragma once

#include "kernels/cuda/lookup/tile_work.cuh"

namespace axlut::AXLUT_GPU_TARGET {

__device__ inline PhaseTaps TapsOfPhase(const GradientDimension& d, uint32_t phase) {
  const int32_t position = static_cast<int32_t>(phase) + d.pad;
  const int32_t taps = min(d.period, d.kernel_size);
  int32_t first = 0;
  while (first < taps && (position - first * d.dilation) % d.stride != 0) ++first;
  if (first == taps) return {0, 0, 0};
  return {first, (d.kernel_size - 1 - first) / d.period + 1,
          (position - first * d.dilation) / d.stride};
}

// Rows of A. The coordinates in TileRow are those of the output that tap 0 of the phase meets.
struct GradientRows {
  static constexpr bool kIsMasked = true;

  template <typename Storage>
  __device__ static void BeginTile(const TileProductParams& p, const TileWork& work,
                                   Storage& storage) {
    if (threadIdx.x == 0) {
      uint32_t phase = work.phase;
      const uint32_t phase_w = DivideAndRest(p.gradient.w.phase_count, &phase);
      storage.phase_w = TapsOfPhase(p.gradient.w, phase_w);
      storage.phase_h = TapsOfPhase(p.gradient.h, phase);
    }
    __syncthreads();
  }

  template <typename Storage>
  __device__ static uint32_t ChunkCount(const TileProductParams& p, const Storage& storage) {
    return static_cast<uint32_t>(storage.phase_h.count * storage.phase_w.count) *
           p.gradient.blocks_per_tap.divisor;
  }

  template <typename Storage>
  __device__ static Chunk ChunkAt(const TileProductParams& p, const Storage& storage,
                                  uint32_t index) {
    const GradientParams& g = p.gradient;
    const uint32_t first = DivideAndRest(g.blocks_per_tap, &index) * kTileDepth;
    const uint32_t count =
        min(static_cast<uint32_t>(g.group_out_c) - first, static_cast<uint32_t>(kTileDepth));
    const int32_t tap = static_cast<int32_t>(index);
    return {first, count, tap / storage.phase_w.count, tap % storage.phase_w.count};
  }

  template <typename Storage>
  __device__ static TileRow RowAt(const TileProductParams& p, const TileWork& work, uint32_t row,
                                  const Storage& storage) {
    const GradientParams& g = p.gradient;
    uint32_t phase_h = work.phase;
    const int32_t phase_w = static_cast<int32_t>(DivideAndRest(g.w.phase_count, &phase_h));
    const int32_t row_x = static_cast<int32_t>(DivideAndRest(g.w.phase_size, &row));
    const int32_t row_y = static_cast<int32_t>(DivideAndRest(g.h.phase_size, &row));
    const int32_t in_y = row_y * g.h.stride + static_cast<int32_t>(phase_h);
    const int32_t in_x = row_x * g.w.stride + phase_w;
    TileRow made = {0, row_y + storage.phase_h.shift, row_x + storage.phase_w.shift, kNoOutput};
    // Unsigned: it may wrap where the coordinates lie outside the output.
    const uint32_t pixel =
        (row * static_cast<uint32_t>(g.h.out_size) + static_cast<uint32_t>(made.y)) *
            static_cast<uint32_t>(g.w.out_size) +
        static_cast<uint32_t>(made.x);
    made.base =
        pixel * static_cast<uint32_t>(g.out_c) + work.group * static_cast<uint32_t>(g.group_out_c);
    if (in_y < g.h.in_size && in_x < g.w.in_size) {
      made.out =
          ((row * g.h.in_size + in_y) * g.w.in_size + in_x) * g.in_c + work.group * g.group_in_c;
    }
    return made;
  }

  // Whether a tap of this row meets an output.
  __device__ static bool HasTap(const TileProductParams& p, const TileRow& row,
                                const Chunk& chunk) {
    const GradientDimension& h = p.gradient.h;
    const GradientDimension& w = p.gradient.w;
    return row.out != kNoOutput &&
           static_cast<uint32_t>(row.y - chunk.tap_h * h.step) <
               static_cast<uint32_t>(h.out_size) &&
           static_cast<uint32_t>(row.x - chunk.tap_w * w.step) < static_cast<uint32_t>(w.out_size);
  }

  template <typename TileShape, typename Source, typename Storage>
  __device__ static void Fill(const TileProductParams& p, const TileWork&, const Chunk& chunk,
                              const Source& source, Storage& storage) {
    const GradientParams& g = p.gradient;
    // Unsigned: it may wrap, as bases do.
    const uint32_t back_h = static_cast<uint32_t>(chunk.tap_h * g.h.step);
    const uint32_t back_w = static_cast<uint32_t>(chunk.tap_w * g.w.step);
    const uint32_t back =
        (back_h * static_cast<uint32_t>(g.w.out_size) + back_w) * static_cast<uint32_t>(g.out_c);
    FillRows<TileShape>(true, source, storage, [&](uint32_t tile_row, uint32_t k) {
      const TileRow& row = storage.rows[tile_row];
      const int32_t valid = HasTap(p, row, chunk) ? static_cast<int32_t>(chunk.count - k) : 0;
      return PlacesInLine(row.base - back + chunk.k + k, g.is_aligned, valid);
    });
  }
};

// Columns of B: input channels of the filter, k as above.
struct GradientColumns {
  template <typename TileShape, typename Source, typename Storage>
  __device__ static void Fill(const TileProductParams& p, const TileWork& work, const Chunk& chunk,
                              const Source& source, Storage& storage) {
    const GradientParams& g = p.gradient;
    const int32_t tap_h = storage.phase_h.first + chunk.tap_h * g.h.period;
    const int32_t tap_w = storage.phase_w.first + chunk.tap_w * g.w.period;
    const uint32_t tap = static_cast<uint32_t>(tap_h * g.w.kernel_size + tap_w);
    const uint32_t base = tap * static_cast<uint32_t>(g.group_in_c * g.out_c) +
                          work.group * static_cast<uint32_t>(g.group_out_c) + chunk.k;
    FillColumns<TileShape>(true, source, storage, [&](uint32_t tile_column, uint32_t k) {
      const uint32_t column = work.first_column + tile_column;
      const int32_t valid = column < p.n ? static_cast<int32_t>(chunk.count - k) : 0;
      return PlacesInLine(base + column * g.out_c + k, g.is_aligned, valid);
    });
  }
};

}  // namespace axlut::AXLUT_GPU_TARGET
