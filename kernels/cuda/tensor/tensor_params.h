// SPDX-License-Identifier: MIT
// Parameters of the tensor family's kernels, and the form that operands have between them.
//
// A layer takes three launches. Each operand becomes a matrix of bytes per term ("plane"), u[a] or
// v[b], whose rows are runs of k; one kernel then multiplies planes as they are. So every code is
// quantized and mapped once, not once per tap and tile that reads it, and its rows are padded until
// they can be loaded in units of 4 or 16 bytes.
#pragma once

#include <cstdint>

#include "kernels/cuda/call_params.h"

namespace axlut {

// Sums along a row of an operand.
struct TensorSums {
  int64_t offsets;  // offset_a[a] or offset_b[b]
  int64_t codes;
};

// planes[t][row][segment][0 .. segment_bytes) = map t of the operand's codes (matrix, row, segment,
// k), and 0 for segment_depth <= k < segment_bytes. Rows of all matrices follow each other.
struct TensorMapParams {
  CallParams call;
  bool is_b = false;  // which operand
  int32_t terms = 0;
  const uint8_t* maps = nullptr;  // [terms][256], u or the bits of v
  const int32_t* offsets = nullptr;
  int32_t segments = 1;       // taps of a filter, else 1
  int32_t segment_depth = 0;  // k of the operand
  int32_t segment_bytes = 0;  // a multiple of 4
  int64_t rows = 0;           // of one matrix; TensorMapRows knows one only
  int64_t zero_rows = 0;      // TensorMapRows: that many more, of zero codes: what padding reads
  int32_t lanes = 32;         // TensorMapRows: threads per row, a power of 2
  bool reads_words = false;   // TensorMapRows: codes lie so that four can be read at once
  int32_t slice_words = 0;    // TensorMapColumns: words of a row per block
  uint8_t* planes = nullptr;
  int64_t plane_bytes = 0;
  // [slice][matrix][row]; TensorMapRows has one slice.
  TensorSums* sums = nullptr;
  int64_t slice_rows = 0;  // rows of all matrices
};

// Where the rows of a product find the codes of a: at the taps of a window on an image. A matrix
// [m][k] is an image of m pixels and k channels in one line, under a window of one tap.
struct TensorWindow {
  int32_t in_h = 1, in_w = 1;
  int32_t out_h = 1, out_w = 1;
  int32_t kernel_h = 1, kernel_w = 1;
  int32_t stride_h = 1, stride_w = 1;
  int32_t dilation_h = 1, dilation_w = 1;
  int32_t pad_top = 0, pad_left = 0;
};

// out[matrix][row][column] = offsets + zero points + sum over terms and k of
// scales[t] * a[t][row][k] * b[t][column][k]. Matrices: groups of a convolution or a batch.
struct TensorGemmParams {
  CallParams call;
  int32_t terms = 0;
  const int32_t* scales = nullptr;

  const uint8_t* a = nullptr;  // planes of pixels
  const uint8_t* b = nullptr;  // planes of columns, bits of int8_t
  int64_t a_plane_bytes = 0, b_plane_bytes = 0;
  const TensorSums* a_sums = nullptr;
  const TensorSums* b_sums = nullptr;
  int32_t a_slices = 1, b_slices = 1;  // sums to be added up
  int64_t a_slice_rows = 0, b_slice_rows = 0;

  int32_t rows = 0, columns = 0;  // of one matrix
  int32_t row_tiles = 0, column_tiles = 0;
  int64_t depth = 0;      // products of an output
  int32_t row_bytes = 0;  // of b: taps * tap_bytes
  int32_t tap_bytes = 0;  // of a, per tap and matrix
  TensorWindow window;
  int32_t pixel_bytes = 0;      // from pixel to pixel in a plane of a
  int64_t a_matrix_bytes = 0;   // from matrix to matrix there
  int32_t zero_pixel = 0;       // what padded taps read
  int32_t pixel_sums = 1;       // from pixel to pixel in a_sums
  int64_t a_matrix_sums = 0;    // from matrix to matrix there
  int64_t b_matrix_rows = 0;    // from matrix to matrix in rows of b; 0: one for all
  int32_t out_pitch = 0;        // from row to row
  int64_t out_matrix = 0;       // from matrix to matrix
  int32_t matrix_channels = 0;  // of scales and zero codes per channel, from matrix to matrix
};

}  // namespace axlut
