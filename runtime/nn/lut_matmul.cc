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

// From this many matrices of B on, threads take whole ones; below, they share each.
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

}  // namespace

void TransposePatterns(const uint8_t* in, int64_t rows, int64_t columns, uint8_t* out) {
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

Conv2dShape LutMatmul::ConvShape(int64_t count) const {
  Conv2dShape conv;
  conv.batch = count;
  conv.in_w = conv.out_w = shape_.m;
  conv.in_c = shape_.k;
  conv.out_c = shape_.n;
  return conv;
}

Result<LutMatmul> LutMatmul::Create(std::shared_ptr<const LutTable> table, const MatmulShape& shape,
                                    int32_t zero_a, std::vector<int32_t> zero_b,
                                    const LutConv2dOptions& options) {
  AXLUT_RETURN_IF_ERROR(CheckSizes(shape));
  LutMatmul matmul(std::move(table), shape, zero_a, std::move(zero_b), options);
  std::vector<Stretch> stretches;
  if (shape.broadcast_b && shape.batch > 0) {
    stretches = {{0, 0, 0, shape.batch}};
  } else {
    for (int64_t i = 0; i < shape.batch; ++i) stretches.push_back({i, i, i, 1});
  }
  AXLUT_RETURN_IF_ERROR(matmul.Prepare(std::move(stretches)));
  return matmul;
}

Result<LutMatmul> LutMatmul::CreateForPairs(std::shared_ptr<const LutTable> table,
                                            const MatmulShape& shape,
                                            const std::vector<MatmulPair>& pairs, int32_t zero_a,
                                            std::vector<int32_t> zero_b,
                                            const LutConv2dOptions& options) {
  MatmulShape checked = shape;
  checked.batch = static_cast<int64_t>(pairs.size());
  AXLUT_RETURN_IF_ERROR(CheckSizes(checked));
  LutMatmul matmul(std::move(table), checked, zero_a, std::move(zero_b), options);
  std::vector<Stretch> stretches;
  for (const MatmulPair& pair : pairs) {
    const auto out = static_cast<int64_t>(&pair - pairs.data());
    if (!stretches.empty() && stretches.back().b == pair.b &&
        stretches.back().a + stretches.back().count == pair.a) {
      ++stretches.back().count;
    } else {
      stretches.push_back({pair.b, pair.a, out, 1});
    }
  }
  std::stable_sort(stretches.begin(), stretches.end(),
                   [](const Stretch& l, const Stretch& r) { return l.b < r.b; });
  AXLUT_RETURN_IF_ERROR(matmul.Prepare(std::move(stretches)));
  return matmul;
}

Result<void> LutMatmul::Prepare(std::vector<Stretch> stretches) {
  stretches_ = std::move(stretches);
  int64_t longest = 1;
  for (size_t i = 0; i < stretches_.size(); ++i) {
    if (i == 0 || stretches_[i].b != stretches_[i - 1].b) groups_.push_back({i, i});
    ++groups_.back().end;
    longest = std::max(longest, stretches_[i].count);
  }
  // What does not depend on B's codes is asked of any B.
  AXLUT_ASSIGN_OR_RETURN(
      const LutConv2d any,
      LutConv2d::Create(table_, ConvShape(longest),
                        std::vector<uint8_t>(static_cast<size_t>(shape_.k * shape_.n)), zero_a_,
                        zero_b_, options_));
  needs_int64_ = any.NeedsInt64();
  kernel_name_ = any.kernel_name();
  const int64_t rows = shape_.transpose_a ? longest * shape_.m * shape_.k : 0;
  thread_bytes_ = any.BlockBytes(longest) + shape_.k * shape_.n + rows;
  return {};
}

template <typename RunProduct>
void LutMatmul::PackAndRun(const Group& group, const uint8_t* a, const uint8_t* b,
                           const ParallelFor& parallel_for, const RunProduct& run) const {
  b += stretches_[group.begin].b * shape_.k * shape_.n;
  std::vector<uint8_t> filter(static_cast<size_t>(shape_.k * shape_.n));
  if (shape_.transpose_b) {
    TransposePatterns(b, shape_.n, shape_.k, filter.data());
  } else {
    std::copy(b, b + filter.size(), filter.begin());
  }
  const Result<LutConv2d> product = LutConv2d::Create(
      table_, ConvShape(stretches_[group.begin].count), filter, zero_a_, zero_b_, options_);
  AXLUT_CHECK(product.ok());  // Create has checked the arguments
  std::vector<uint8_t> rows;
  for (size_t i = group.begin; i < group.end; ++i) {
    const Stretch& stretch = stretches_[i];
    const int64_t size = shape_.m * shape_.k;
    const uint8_t* matrices = a + stretch.a * size;
    if (shape_.transpose_a) {
      rows.resize(static_cast<size_t>(stretch.count * size));
      for (int64_t n = 0; n < stretch.count; ++n) {
        TransposePatterns(matrices + n * size, shape_.k, shape_.m, rows.data() + n * size);
      }
      matrices = rows.data();
    }
    run(stretch.out, *product, matrices, stretch.count, parallel_for);
  }
}

template <typename RunProduct>
void LutMatmul::ForEachStretch(const uint8_t* a, const uint8_t* b, const ParallelFor& parallel_for,
                               const RunProduct& run) const {
  if (shape_.OutputCount() == 0) return;
  const auto groups = static_cast<int64_t>(groups_.size());
  if (groups < kSpreadBatch) {
    for (const Group& group : groups_) PackAndRun(group, a, b, parallel_for, run);
    return;
  }
  parallel_for(groups, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) PackAndRun(groups_[i], a, b, SerialFor(), run);
  });
}

template <typename Out>
void LutMatmul::RunInto(const uint8_t* a, const uint8_t* b, Out* out,
                        const ParallelFor& parallel_for) const {
  ForEachStretch(a, b, parallel_for,
                 [&](int64_t first, const LutConv2d& product, const uint8_t* rows, int64_t count,
                     const ParallelFor& inside) {
                   product.Run(rows, count, out + first * shape_.m * shape_.n, inside);
                 });
}

template <typename Out>
void LutMatmul::RunToSink(const uint8_t* a, const uint8_t* b, const SumSink<Out>& sink,
                          const ParallelFor& parallel_for) const {
  ForEachStretch(a, b, parallel_for,
                 [&](int64_t first, const LutConv2d& product, const uint8_t* rows, int64_t count,
                     const ParallelFor& inside) {
                   const SumSink<Out> shifted = [&](SumBlock<Out> block) {
                     block.first_position += first * shape_.m;
                     sink(block);
                   };
                   product.RunBlocks(rows, count, shifted, inside);
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
