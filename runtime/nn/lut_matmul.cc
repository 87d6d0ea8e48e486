// SPDX-License-Identifier: MIT
#include "runtime/nn/lut_matmul.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "kernels/cpu/window.h"
#include "runtime/base/check.h"

namespace axlut {
namespace {

// From this many products of a batch on, threads take whole products; below, they share each.
constexpr int64_t kSpreadBatch = 8;

Result<void> CheckSizes(const MatmulShape& shape) {
  const struct {
    const char* name;
    int64_t value, min;
  } sizes[] = {{"batch", shape.batch, 0}, {"m", shape.m, 0}, {"k", shape.k, 1}, {"n", shape.n, 1}};
  for (const auto& size : sizes) {
    if (size.value < size.min || size.value > std::numeric_limits<int32_t>::max()) {
      return Error::InvalidInput(fmt::format("{} of a matrix product must be {}..{}, got {}",
                                             size.name, size.min,
                                             std::numeric_limits<int32_t>::max(), size.value));
    }
  }
  return {};
}

// out[c][r] = in[r][c].
void Transpose(const uint8_t* in, int64_t rows, int64_t columns, uint8_t* out) {
  int64_t r = 0;
  for (; r + 16 <= rows; r += 16) {
    const uint8_t* pointers[16];
    for (int64_t i = 0; i < 16; ++i) pointers[i] = in + (r + i) * columns;
    TransposeCodes(pointers, 16, 0, columns, out + r, rows);
  }
  for (; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) out[c * rows + r] = in[r * columns + c];
  }
}

}  // namespace

Conv2dShape LutMatmul::ConvShape() const {
  Conv2dShape conv;
  conv.batch = shape_.broadcast_b ? shape_.batch : 1;
  conv.in_w = conv.out_w = shape_.m;
  conv.in_c = shape_.k;
  conv.out_c = shape_.n;
  return conv;
}

Result<LutMatmul> LutMatmul::Create(std::shared_ptr<const LutTable> table, const MatmulShape& shape,
                                    int32_t zero_a, int32_t zero_b,
                                    const LutConv2dOptions& options) {
  AXLUT_RETURN_IF_ERROR(CheckSizes(shape));
  LutMatmul matmul(std::move(table), shape, zero_a, zero_b, options);
  // What does not depend on B's codes is asked of any B.
  AXLUT_ASSIGN_OR_RETURN(
      const LutConv2d any,
      LutConv2d::Create(matmul.table_, matmul.ConvShape(),
                        std::vector<uint8_t>(static_cast<size_t>(shape.k * shape.n)), zero_a,
                        {zero_b}, options));
  matmul.needs_int64_ = any.NeedsInt64();
  matmul.kernel_name_ = any.kernel_name();
  const int64_t rows = shape.transpose_a ? any.shape().batch * shape.m * shape.k : 0;
  matmul.thread_bytes_ = any.BlockBytes(any.shape().batch) + shape.k * shape.n + rows;
  return matmul;
}

// Product i of the batch; with broadcast_b the whole batch.
template <typename RunProduct>
void LutMatmul::PackAndRun(int64_t i, const uint8_t* a, const uint8_t* b,
                           const ParallelFor& parallel_for, const RunProduct& run) const {
  const Conv2dShape conv = ConvShape();
  a += i * shape_.m * shape_.k;
  b += i * shape_.k * shape_.n;
  std::vector<uint8_t> filter(static_cast<size_t>(shape_.k * shape_.n));
  if (shape_.transpose_b) {
    Transpose(b, shape_.n, shape_.k, filter.data());
  } else {
    std::copy(b, b + filter.size(), filter.begin());
  }
  std::vector<uint8_t> rows;
  if (shape_.transpose_a) {
    rows.resize(static_cast<size_t>(conv.batch * shape_.m * shape_.k));
    for (int64_t n = 0; n < conv.batch; ++n) {
      const int64_t start = n * shape_.m * shape_.k;
      Transpose(a + start, shape_.k, shape_.m, rows.data() + start);
    }
    a = rows.data();
  }
  const Result<LutConv2d> product =
      LutConv2d::Create(table_, conv, filter, zero_a_, {zero_b_}, options_);
  AXLUT_CHECK(product.ok());  // Create has checked the arguments
  run(i, *product, a, conv.batch, parallel_for);
}

template <typename RunProduct>
void LutMatmul::ForEachProduct(const uint8_t* a, const uint8_t* b, const ParallelFor& parallel_for,
                               const RunProduct& run) const {
  if (shape_.OutputCount() == 0) return;
  const int64_t products = shape_.broadcast_b ? 1 : shape_.batch;
  if (products < kSpreadBatch) {
    for (int64_t i = 0; i < products; ++i) PackAndRun(i, a, b, parallel_for, run);
    return;
  }
  parallel_for(products, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) PackAndRun(i, a, b, SerialFor(), run);
  });
}

template <typename Out>
void LutMatmul::RunInto(const uint8_t* a, const uint8_t* b, Out* out,
                        const ParallelFor& parallel_for) const {
  ForEachProduct(a, b, parallel_for,
                 [&](int64_t i, const LutConv2d& product, const uint8_t* rows, int64_t batch,
                     const ParallelFor& inside) {
                   product.Run(rows, batch, out + i * shape_.m * shape_.n, inside);
                 });
}

template <typename Out>
void LutMatmul::RunToSink(const uint8_t* a, const uint8_t* b, const SumSink<Out>& sink,
                          const ParallelFor& parallel_for) const {
  ForEachProduct(a, b, parallel_for,
                 [&](int64_t i, const LutConv2d& product, const uint8_t* rows, int64_t batch,
                     const ParallelFor& inside) {
                   const SumSink<Out> shifted = [&](SumBlock<Out> block) {
                     block.first_position += i * shape_.m;
                     sink(block);
                   };
                   product.RunBlocks(rows, batch, shifted, inside);
                 });
}

void LutMatmul::Run(const uint8_t* a, const uint8_t* b, int32_t* out,
                    const ParallelFor& parallel_for) const {
  AXLUT_CHECK(!NeedsInt64());
  RunInto(a, b, out, parallel_for);
}

void LutMatmul::Run(const uint8_t* a, const uint8_t* b, int64_t* out,
                    const ParallelFor& parallel_for) const {
  RunInto(a, b, out, parallel_for);
}

void LutMatmul::RunBlocks(const uint8_t* a, const uint8_t* b, const SumSink<int32_t>& sink,
                          const ParallelFor& parallel_for) const {
  AXLUT_CHECK(!NeedsInt64());
  RunToSink(a, b, sink, parallel_for);
}

void LutMatmul::RunBlocks(const uint8_t* a, const uint8_t* b, const SumSink<int64_t>& sink,
                          const ParallelFor& parallel_for) const {
  RunToSink(a, b, sink, parallel_for);
}

}  // namespace axlut
