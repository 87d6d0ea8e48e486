// SPDX-License-Identifier: MIT
// Tiles of the windows of a convolution's input: as rows (forward), or with rows and products along
// k exchanged (gradient by the filter). Nothing is unfolded in memory.
#pragma once

#include "kernels/cuda/lookup/matrix_loaders.cuh"

namespace axlut::AXLUT_GPU_TARGET {

// An output position's window: the input coordinates of its first tap, and the index of that
// pixel's first channel of the group, which may lie outside the input.
struct WindowOrigin {
  uint32_t base;
  int32_t y, x;
};

__device__ inline WindowOrigin OriginOf(const WindowParams& w, uint32_t group, uint32_t position) {
  const int32_t out_x = static_cast<int32_t>(DivideAndRest(w.out_w, &position));
  const int32_t out_y = static_cast<int32_t>(DivideAndRest(w.out_h, &position));
  const int32_t y = out_y * w.stride_h - w.pad_top;
  const int32_t x = out_x * w.stride_w - w.pad_left;
  // Unsigned: it may wrap where the coordinates are negative.
  const uint32_t pixel = (position * static_cast<uint32_t>(w.in_h) + static_cast<uint32_t>(y)) *
                             static_cast<uint32_t>(w.in_w) +
                         static_cast<uint32_t>(x);
  return {pixel * static_cast<uint32_t>(w.in_c) + group * w.channels.divisor, y, x};
}

// A tap and a channel of it: what to add to a WindowOrigin.
__device__ inline WindowOrigin OffsetOf(const WindowParams& w, uint32_t tap_channel) {
  const uint32_t channel = DivideAndRest(w.channels, &tap_channel);
  const int32_t tap_w = static_cast<int32_t>(DivideAndRest(w.kernel_w, &tap_channel));
  const int32_t y = static_cast<int32_t>(tap_channel) * w.dilation_h;
  const int32_t x = tap_w * w.dilation_w;
  // Unsigned: taps of windows that begin far outside wrap, and the sum with their base wraps back.
  const uint32_t pixel =
      static_cast<uint32_t>(y) * static_cast<uint32_t>(w.in_w) + static_cast<uint32_t>(x);
  return {pixel * static_cast<uint32_t>(w.in_c) + channel, y, x};
}

__device__ inline bool IsInside(const WindowParams& w, const WindowOrigin& origin,
                                const WindowOrigin& offset) {
  return static_cast<uint32_t>(origin.y + offset.y) < static_cast<uint32_t>(w.in_h) &&
         static_cast<uint32_t>(origin.x + offset.x) < static_cast<uint32_t>(w.in_w);
}

__device__ inline int32_t PlaceOfTap(const WindowParams& w, const WindowOrigin& origin,
                                     const WindowOrigin& offset) {
  return IsInside(w, origin, offset) ? static_cast<int32_t>(origin.base + offset.base) : kPadding;
}

// Four channels of one tap.
__device__ inline Places PlacesOfTap(const WindowParams& w, const WindowOrigin& origin,
                                     const WindowOrigin& offset) {
  return IsInside(w, origin, offset) ? PlacesTogether(origin.base + offset.base)
                                     : PlacesOfAll(kPadding);
}

// Rows of A are windows.
struct WindowRows : PlainChunks {
  template <typename Storage>
  __device__ static TileRow RowAt(const TileProductParams& p, const TileWork& work, uint32_t row,
                                  const Storage&) {
    const WindowOrigin origin = OriginOf(p.windows, work.group, row);
    return {origin.base, origin.y, origin.x, OutOfRow(p, work, row)};
  }

  template <typename TileShape, typename Source, typename Storage>
  __device__ static void Fill(const TileProductParams& p, const TileWork&, const Chunk& chunk,
                              const Source& source, Storage& storage) {
    const WindowParams& w = p.windows;
    FillRows<TileShape>(true, source, storage, [&](uint32_t tile_row, uint32_t k) {
      const TileRow& row = storage.rows[tile_row];
      const WindowOrigin origin = {row.base, row.y, row.x};
      if (k >= chunk.count || row.out == kNoOutput) return PlacesOfAll(kNothing);
      if (w.is_aligned) return PlacesOfTap(w, origin, OffsetOf(w, chunk.k + k));
      const auto at = [&](uint32_t i) {
        if (k + i >= chunk.count) return kNothing;
        return PlaceOfTap(w, origin, OffsetOf(w, chunk.k + k + i));
      };
      return Places{{at(0), at(1), at(2), at(3)}, false};
    });
  }
};

// Rows of A are taps and channels of windows, k are the windows.
struct WindowColumns : PlainChunks {
  template <typename Storage>
  __device__ static TileRow RowAt(const TileProductParams& p, const TileWork& work, uint32_t row,
                                  const Storage&) {
    const WindowOrigin offset = OffsetOf(p.windows, row);
    return {offset.base, offset.y, offset.x, OutOfRow(p, work, row)};
  }

  template <typename TileShape, typename Source, typename Storage>
  __device__ static void Fill(const TileProductParams& p, const TileWork& work, const Chunk& chunk,
                              const Source& source, Storage& storage) {
    const WindowParams& w = p.windows;
    FillRows<TileShape>(false, source, storage, [&](uint32_t tile_row, uint32_t k) {
      if (k >= chunk.count) return PlacesOfAll(kNothing);
      const WindowOrigin origin = OriginOf(w, work.group, chunk.k + k);
      const TileRow* rows = &storage.rows[tile_row];
      // Channels are multiples of four then, and so is the number of rows.
      if (w.is_aligned && rows->out != kNoOutput) {
        return PlacesOfTap(w, origin, {rows->base, rows->y, rows->x});
      }
      const auto at = [&](int i) {
        if (rows[i].out == kNoOutput) return kNothing;
        return PlaceOfTap(w, origin, {rows[i].base, rows[i].y, rows[i].x});
      };
      return Places{{at(0), at(1), at(2), at(3)}, false};
    });
  }
};

}  // namespace axlut::AXLUT_GPU_TARGET
