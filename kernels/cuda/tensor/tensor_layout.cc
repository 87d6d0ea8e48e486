// SPDX-License-Identifier: MIT
#include "kernels/cuda/tensor/tensor_layout.h"

#include <algorithm>

#include "kernels/cuda/tensor/tensor_shared.h"

namespace axlut {
namespace {

// 16 bytes per load, unless padding the runs of k to a multiple of that makes the product longer by
// more than a quarter.
int UnitFor(int64_t depth) { return 4 * RoundUp(depth, 16) <= 5 * RoundUp(depth, 4) ? 16 : 4; }

int32_t Int32(int64_t value) { return static_cast<int32_t>(value); }

// Parts of the workspace begin where Gpu::Allocate would begin them.
size_t Part(int64_t bytes) { return static_cast<size_t>(RoundUp(bytes, 256)); }

TensorWindow WindowOf(const Conv2dShape& s) {
  TensorWindow window;
  window.in_h = Int32(s.in_h);
  window.in_w = Int32(s.in_w);
  window.out_h = Int32(s.out_h);
  window.out_w = Int32(s.out_w);
  window.kernel_h = Int32(s.kernel_h);
  window.kernel_w = Int32(s.kernel_w);
  window.stride_h = Int32(s.stride_h);
  window.stride_w = Int32(s.stride_w);
  window.dilation_h = Int32(s.dilation_h);
  window.dilation_w = Int32(s.dilation_w);
  window.pad_top = Int32(s.pad_top);
  window.pad_left = Int32(s.pad_left);
  return window;
}

}  // namespace

int64_t TensorOperandLayout::SliceWords() const {
  constexpr int64_t kLeast = 4 * kTensorMapColumnWords;  // four words per thread
  constexpr int64_t kMostSlices = 32;                    // TensorGemm adds them up
  return std::max(kLeast, CeilDiv(RowBytes() / 4, kMostSlices));
}

int64_t TensorOperandLayout::SumsBytes() const {
  return (Slices() * matrices * rows + zero_rows) * static_cast<int64_t>(sizeof(TensorSums));
}

TensorLayout::TensorLayout(const Conv2dShape& s, int term_count)
    : terms(term_count), unit(UnitFor(s.GroupInC())), matrices(s.groups) {
  const int64_t tap_bytes = RoundUp(s.GroupInC(), unit);
  const int64_t pixels = s.batch * s.in_h * s.in_w;
  a.rows = pixels * s.groups;
  a.zero_rows = s.groups;
  a.segment_depth = s.GroupInC();
  a.segment_bytes = tap_bytes;
  b.rows = s.out_c;
  b.segments = s.kernel_h * s.kernel_w;
  b.segment_depth = s.GroupInC();
  b.segment_bytes = tap_bytes;
  b.k_is_outer = true;

  gemm.window = WindowOf(s);
  gemm.rows = Int32(s.batch * s.out_h * s.out_w);
  gemm.columns = Int32(s.GroupOutC());
  gemm.depth = s.Depth();
  gemm.row_bytes = Int32(b.RowBytes());
  gemm.tap_bytes = Int32(tap_bytes);
  gemm.pixel_bytes = Int32(s.groups * tap_bytes);
  gemm.a_matrix_bytes = tap_bytes;
  gemm.zero_pixel = Int32(pixels);
  gemm.pixel_sums = Int32(s.groups);
  gemm.a_matrix_sums = 1;
  gemm.b_matrix_rows = s.GroupOutC();
  gemm.out_pitch = Int32(s.out_c);
  gemm.out_matrix = s.GroupOutC();
  gemm.matrix_channels = Int32(s.GroupOutC());
}

TensorLayout::TensorLayout(const MatmulShape& s, int term_count)
    : terms(term_count), unit(UnitFor(s.k)), matrices(s.batch) {
  const int64_t row_bytes = RoundUp(s.k, unit);
  a.matrices = s.batch;
  a.rows = s.m;
  a.segment_depth = s.k;
  a.segment_bytes = row_bytes;
  a.k_is_outer = s.transpose_a;
  b.matrices = s.broadcast_b ? 1 : s.batch;
  b.rows = s.n;
  b.segment_depth = s.k;
  b.segment_bytes = row_bytes;
  b.k_is_outer = !s.transpose_b;

  gemm.window.in_w = Int32(s.m);
  gemm.window.out_w = Int32(s.m);
  gemm.rows = Int32(s.m);
  gemm.columns = Int32(s.n);
  gemm.depth = s.k;
  gemm.row_bytes = Int32(row_bytes);
  gemm.tap_bytes = Int32(row_bytes);
  gemm.pixel_bytes = Int32(row_bytes);
  gemm.a_matrix_bytes = s.m * row_bytes;
  gemm.a_matrix_sums = s.m;
  gemm.b_matrix_rows = s.broadcast_b ? 0 : s.n;
  gemm.out_pitch = Int32(s.n);
  gemm.out_matrix = s.m * s.n;
}

size_t TensorLayout::OffsetOfPlanesB() const { return Part(terms * a.PlaneBytes()); }
size_t TensorLayout::OffsetOfSumsA() const {
  return OffsetOfPlanesB() + Part(terms * b.PlaneBytes());
}
size_t TensorLayout::OffsetOfSumsB() const { return OffsetOfSumsA() + Part(a.SumsBytes()); }
size_t TensorLayout::WorkspaceBytes() const { return OffsetOfSumsB() + Part(b.SumsBytes()); }

}  // namespace axlut
