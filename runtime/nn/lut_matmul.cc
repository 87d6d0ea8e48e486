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
    TransposeCodes(pointers, 16, columns, out + r, rows);
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
  return matmul;
}

// With broadcast_b the whole batch, else one product of it.
template <typename Out>
void LutMatmul::RunOne(const uint8_t* a, const uint8_t* b, Out* out,
                       const ParallelFor& parallel_for) const {
  const Conv2dShape conv = ConvShape();
  std::vector<uint8_t> filter(static_cast<size_t>(shape_.k * shape_.n));
  if (shape_.transpose_b) {
    Transpose(b, shape_.n, shape_.k, filter.data());
  } else {
    std::copy(b, b + filter.size(), filter.begin());
  }
  std::vector<uint8_t> rows;
  if (shape_.transpose_a) {
    rows.resize(static_cast<size_t>(conv.batch * shape_.m * shape_.k));
    for (int64_t i = 0; i < conv.batch; ++i) {
      const int64_t start = i * shape_.m * shape_.k;
      Transpose(a + start, shape_.k, shape_.m, rows.data() + start);
    }
    a = rows.data();
  }
  const Result<LutConv2d> product =
      LutConv2d::Create(table_, conv, filter, zero_a_, {zero_b_}, options_);
  AXLUT_CHECK(product.ok());  // Create has checked the arguments
  product->Run(a, conv.batch, out, parallel_for);
}

template <typename Out>
void LutMatmul::RunBatch(const uint8_t* a, const uint8_t* b, Out* out,
                         const ParallelFor& parallel_for) const {
  if (shape_.OutputCount() == 0) return;
  if (shape_.broadcast_b) return RunOne(a, b, out, parallel_for);
  const auto run = [&](int64_t i, const ParallelFor& inside) {
    RunOne(a + i * shape_.m * shape_.k, b + i * shape_.k * shape_.n, out + i * shape_.m * shape_.n,
           inside);
  };
  if (shape_.batch < kSpreadBatch) {
    for (int64_t i = 0; i < shape_.batch; ++i) run(i, parallel_for);
    return;
  }
  parallel_for(shape_.batch, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) run(i, SerialFor());
  });
}

void LutMatmul::Run(const uint8_t* a, const uint8_t* b, int32_t* out,
                    const ParallelFor& parallel_for) const {
  AXLUT_CHECK(!NeedsInt64());
  RunBatch(a, b, out, parallel_for);
}

void LutMatmul::Run(const uint8_t* a, const uint8_t* b, int64_t* out,
                    const ParallelFor& parallel_for) const {
  RunBatch(a, b, out, parallel_for);
}

}  // namespace axlut
