// SPDX-License-Identifier: MIT
// One block of a depthwise layer's input, turned from NHWC into a plane per channel.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/conv2d.h"
#include "kernels/cpu/conv2d_kernel.h"

namespace axlut {

// Output positions of a block: whole images, or whole rows of one image, or a part of one row.
struct DepthwiseBlock {
  int64_t first_image = 0;
  int64_t images = 0;
  int64_t first_row = 0;
  int64_t rows = 0;
  int64_t first_column = 0;
  int64_t columns = 0;
};

// A plane holds, padding included, what the windows of a block read. With strides it is cut into
// phases: the pixels whose row and column leave the same remainders lie together, so that
// neighbouring positions read neighbouring bytes at any stride. Dilation is only another offset.
// Rows share the padding between them, and so do images: the columns behind one row are those
// before the next.
class DepthwisePlanes {
 public:
  // whole_rows: no block will be a part of a row.
  DepthwisePlanes(const Conv2dShape& shape, bool whole_rows);

  // Lane of a position = image * ImageLanes + row * Pitch + column within the block: also the
  // distance of their windows in a plane.
  int64_t Pitch(int64_t columns) const { return columns + reach_w_ - shared_w_; }
  int64_t ImageLanes(int64_t rows, int64_t columns) const {
    return (rows + reach_h_ - shared_h_) * Pitch(columns);
  }
  // Lanes from the block's first position to behind its last one.
  int64_t Lanes(const DepthwiseBlock& block) const {
    return (block.images - 1) * ImageLanes(block.rows, block.columns) +
           (block.rows - 1) * Pitch(block.columns) + block.columns;
  }
  // How far apart in a plane the windows' rows of one phase begin, at most.
  int64_t RowReach(int64_t columns) const { return reach_h_ * Pitch(columns); }
  // Bytes of one plane, of which lanes up to a multiple of `lane_unit` can be read at any offset.
  int64_t PlaneBytes(const DepthwiseBlock& block, int64_t lane_unit) const;
  // Pixels of a plane.
  int64_t Pixels(const DepthwiseBlock& block) const { return phases() * PhasePixels(block); }
  // Where tap k (i * kernel_w + j) of position 0 lies in a plane; kernel_h * kernel_w offsets.
  void FindOffsets(const DepthwiseBlock& block, int64_t* offsets) const;
  // pointers[...] = channel `first_channel` of every pixel of a plane, in its order, or `padding`.
  // There are RoundUp(Pixels(), 16) of them.
  void FindPixels(const Conv2dInput& input, const DepthwiseBlock& block, int64_t first_channel,
                  const uint8_t* padding, const uint8_t** pointers) const;

 private:
  int64_t PhasePixels(const DepthwiseBlock& block) const {
    return (block.images - 1) * ImageLanes(block.rows, block.columns) +
           (block.rows + reach_h_) * Pitch(block.columns) + shared_w_;
  }
  int64_t phases() const { return static_cast<int64_t>(phases_h_.size() * phases_w_.size()); }

  const Conv2dShape shape_;
  int64_t reach_h_;  // rows and columns of a phase beyond those of the positions
  int64_t reach_w_;
  std::vector<int64_t> phases_h_;  // remainders that some tap has
  std::vector<int64_t> phases_w_;
  // Rows and columns of padding that neighbouring images and rows share.
  int64_t shared_h_;
  int64_t shared_w_;
};

}  // namespace axlut
