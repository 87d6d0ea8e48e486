// SPDX-License-Identifier: MIT
// Parameters of the kernels in lookup/: plain structs for nvcc, the host emulation, and launchers.
#pragma once

#include <cstdint>

#include "kernels/cuda/call_params.h"
#include "kernels/cuda/lookup/fast_divider.h"

namespace axlut {

// A matrix per group. One of its dimensions is contiguous in memory: k, or the rows (columns, for
// the right-hand matrix).
struct MatrixParams {
  uint32_t group_stride = 0;  // elements, as all strides
  uint32_t stride = 0;        // of the dimension that is not contiguous
  bool k_is_contiguous = true;
  bool is_aligned = false;  // four neighbours from a multiple of four on can be read at once
};

// The input of a convolution as the matrix of its windows: positions (n, y, x) of the output by
// (tap, channel).
struct WindowParams {
  FastDivider out_h, out_w;
  FastDivider kernel_w;
  FastDivider channels;  // of a group
  int32_t in_h = 0, in_w = 0, in_c = 0;
  int32_t stride_h = 1, stride_w = 1;
  int32_t dilation_h = 1, dilation_w = 1;
  int32_t pad_top = 0, pad_left = 0;
  bool is_aligned = false;  // as in MatrixParams, of channels
};

// One dimension of the gradient by the input. Input coordinates that are equal modulo the stride
// form a phase. Tap i meets the outputs of a phase if i * dilation == phase + pad modulo the
// stride: every period-th tap from the first such, so that within a phase no lookup is wasted.
struct GradientDimension {
  int32_t in_size = 1, out_size = 1, kernel_size = 1;
  int32_t stride = 1, dilation = 1, pad = 0;
  int32_t period = 1;       // stride / gcd(stride, dilation)
  int32_t step = 1;         // dilation / gcd: how far apart the outputs of neighbouring taps are
  FastDivider phase_size;   // coordinates of a phase; the last ones of some phases are outside
  FastDivider phase_count;  // min(stride, in_size)
};

// The gradient by the input as a matrix product per phase: positions by (tap, output channel).
struct GradientParams {
  GradientDimension h, w;
  FastDivider blocks_per_tap;  // chunks of kTileDepth channels
  int32_t in_c = 0, out_c = 0;
  int32_t group_in_c = 0, group_out_c = 0;
  bool is_aligned = false;  // of output channels
};

// How the work is divided: items of one tile of one group, phase, and part of the chunks. Item
// ((phase * groups + group) * splits + split) * tiles_m + tile_m) * tiles_n + tile_n.
struct TileGrid {
  FastDivider tiles_n, tiles_m, splits, groups;
  uint32_t items = 0;
  uint32_t chunks = 0;            // of kTileDepth products along k; per phase at most
  uint32_t chunks_per_split = 0;  // 0 < splits: sums are added atomically
};

// C = A x B for every group: C is m x n, k products are summed up.
struct TileProductParams {
  CallParams call;
  LookupParams table;
  int32_t width_a = 8, width_b = 8;  // of the table
  uint32_t table_rows = 0;           // of a table in shared memory: 2^width_b
  uint32_t table_columns = 0;        // 2^width_a
  uint32_t table_pitch = 0;          // SharedTablePitch of them
  uint32_t m = 0, n = 0, k = 0;
  TileGrid grid;
  MatrixParams a;           // of MatrixRows
  WindowParams windows;     // of WindowRows and WindowColumns
  GradientParams gradient;  // of GradientRows and GradientColumns
  MatrixParams b;
  uint32_t out_stride = 0;  // of rows, in elements
  uint32_t out_group_stride = 0;
  uint32_t channel_group_stride = 0;  // of the channels of zero codes and scales
};

// Sums in call.out, added up by several blocks, become call.out's floats.
struct SumsToFloatInPlaceParams {
  CallParams call;
  uint32_t count = 0;
  FastDivider channels;  // the last dimension, for scales per channel
};

}  // namespace axlut
