// SPDX-License-Identifier: MIT
// How a layer's operands lie in the workspace of the tensor kernels (tensor_params.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/ceil_div.h"
#include "kernels/conv2d.h"
#include "kernels/cuda/tensor/tensor_params.h"
#include "kernels/matmul.h"

namespace axlut {

// One operand: `matrices` matrices of `rows` rows, a row being `segments` runs of k.
struct TensorOperandLayout {
  int64_t matrices = 1;
  int64_t rows = 0;
  int64_t zero_rows = 0;  // after those of all matrices
  int64_t segments = 1;
  int64_t segment_depth = 0;
  int64_t segment_bytes = 0;
  bool k_is_outer = false;  // in the operand's memory: neighbours are of different rows

  int64_t RowBytes() const { return segments * segment_bytes; }
  int64_t PlaneBytes() const { return (matrices * rows + zero_rows) * RowBytes(); }
  // Long rows whose k is outer are cut into slices, for more blocks.
  int64_t SliceWords() const;
  int64_t Slices() const { return k_is_outer ? CeilDiv(RowBytes() / 4, SliceWords()) : 1; }
  int64_t SumsBytes() const;
};

struct TensorLayout {
  // Forward. `terms` is not 0.
  TensorLayout(const Conv2dShape& shape, int terms);
  TensorLayout(const MatmulShape& shape, int terms);

  size_t OffsetOfPlanesA() const { return 0; }
  size_t OffsetOfPlanesB() const;
  size_t OffsetOfSumsA() const;
  size_t OffsetOfSumsB() const;
  size_t WorkspaceBytes() const;

  int terms;
  int unit = 4;  // bytes that TensorGemm loads at once
  int64_t matrices = 1;
  TensorOperandLayout a, b;
  TensorGemmParams gemm;  // the sizes
};

}  // namespace axlut
