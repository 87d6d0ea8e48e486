// SPDX-License-Identifier: MIT
// The activations that a few output positions read, mapped: instead of writing out every window
// (im2col), each input pixel is mapped once, in place of the image, padding included. Tap t of
// position p then lies at rows[p] + TapOffset(t), whatever p is.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/conv2d.h"
#include "kernels/cpu/aligned_array.h"
#include "kernels/cpu/conv2d_kernel.h"
#include "kernels/cpu/terms/gemm_int8.h"

namespace axlut {

using ByteMap = std::array<uint8_t, 256>;  // by code

// Sums of `factor` * a map's values.
struct MapFactor {
  size_t map = 0;
  int64_t factor = 1;
};

// The geometry for one layer. A region has one plane per map, and a plane has the layout of an
// image: rows of pixels of GroupInC elements. Only input rows and columns that some window reads
// are kept.
class TermRegion {
 public:
  // The most positions that are handled at once.
  static constexpr int64_t kMaxPositions = 512;

  TermRegion(const Conv2dShape& shape, const GemmMethod& method, const std::vector<ByteMap>& maps);

  // Scratch memory of Fill() and SumWindows().
  int64_t Bytes() const { return region_bytes_; }
  int64_t ScratchBytes() const;

  // Taps whose activations are neighbours count as one: those of a row of the kernel, if possible.
  int64_t TapCount() const { return merged_ ? shape_.kernel_h : shape_.kernel_h * shape_.kernel_w; }
  int64_t TapDepth() const { return merged_ ? shape_.kernel_w * channels_ : channels_; }
  int64_t TapOffset(size_t map, int64_t tap) const;

  // How many of the positions [first, first + count) a region takes.
  int64_t StepPositions(int64_t first, int64_t count) const;

  // Maps what `count` = StepPositions() positions read in `group`; finds rows[position].
  void Fill(const Conv2dInput& input, int64_t group, int64_t first, int64_t count, uint8_t* region,
            const uint8_t** rows) const;

  // sums[position] = sum over the window of the maps' values times factors, modulo Sum's range.
  // Sum is uint32_t or uint64_t. To be called after Fill() with the same arguments.
  template <typename Sum>
  void SumWindows(const std::vector<MapFactor>& factors, int64_t first, int64_t count,
                  const uint8_t* region, const uint8_t* const* rows, uint8_t* scratch,
                  Sum* sums) const;

 private:
  // Positions of one output row, and the region's row that their windows start in.
  struct OutputRow {
    int64_t image, y, x, count;
    int64_t region_row;
    int64_t rows_end;  // of the region, after this row
  };
  class OutputRows;

  int64_t RegionRows(int64_t output_rows) const;
  int64_t RegionColumns(int64_t positions) const;
  void ChooseStep(size_t map_count);
  // The columns of the output that the region serves.
  struct OutputColumns {
    int64_t first, count;
  };
  OutputColumns ColumnsOf(int64_t first, int64_t count) const;
  void FillRow(const Conv2dInput& input, int64_t group, int64_t image, int64_t y, int64_t first_x,
               int64_t columns, uint8_t* row) const;
  // What the sums of a region's row are made of: its pixels, or short windows of it.
  struct RowEntries {
    int64_t count, elements, stride_bytes;
  };
  template <typename Sum>
  void SumRow(const std::vector<MapFactor>& factors, const RowEntries& entries, const uint8_t* row,
              uint32_t* scratch, Sum* sums) const;
  template <typename Sum>
  void SumDirect(const std::vector<MapFactor>& factors, int64_t first, int64_t count,
                 const uint8_t* const* rows, uint32_t* scratch, Sum* sums) const;

  const Conv2dShape shape_;
  const GemmMethod& method_;
  AlignedArray<uint8_t> tables_;  // the maps
  std::vector<bool> is_identity_;
  int64_t channels_;  // of a group
  int64_t pixel_bytes_;
  // Input rows and columns between neighbours in the region.
  int64_t step_h_, step_w_;
  // Whether neighbouring output rows share input rows; else each has kernel_h rows of its own.
  bool shares_rows_;
  int64_t window_rows_;  // rows of the region from the first to the last of a window
  bool direct_;          // the input serves as the region
  bool merged_;
  int64_t rows_per_step_ = 0;  // whole output rows; 0: steps are parts of a row
  int64_t step_positions_ = 0;
  int64_t max_rows_ = 0;
  int64_t max_columns_ = 0;
  int64_t row_bytes_ = 0;
  int64_t plane_bytes_ = 0;
  int64_t region_bytes_ = 0;
};

}  // namespace axlut
