// SPDX-License-Identifier: MIT
#include "runtime/tf/matmul_run.h"

#include <utility>

namespace axlut {
namespace {

// Rows of a as images of one pixel, b as the filter.
Conv2dShape DenseShape(const MatmulShape& matmul) {
  Conv2dShape shape;
  shape.batch = matmul.batch * matmul.m;
  shape.in_c = matmul.k;
  shape.out_c = matmul.n;
  return shape;
}

}  // namespace

Result<MatmulRun> MatmulRun::Create(std::shared_ptr<const LutTable> table,
                                    const MatmulProblem& problem, int32_t zero_a,
                                    const std::vector<int32_t>& zero_b, const uint8_t* b,
                                    LayerCache* layers) {
  const MatmulShape& shape = problem.shape;
  MatmulRun run(shape, b);
  if (!problem.HasOneB()) {
    AXLUT_ASSIGN_OR_RETURN(
        LutMatmul matmul,
        LutMatmul::CreateForPairs(std::move(table), shape, problem.Pairs(), zero_a, zero_b));
    run.matmul_.emplace(std::move(matmul));
    return run;
  }
  std::vector<uint8_t> filter;
  if (shape.transpose_b) {
    filter.resize(static_cast<size_t>(shape.k * shape.n));
    TransposePatterns(b, shape.n, shape.k, filter.data());
    b = filter.data();
  }
  AXLUT_ASSIGN_OR_RETURN(run.dense_, layers->Get(table, DenseShape(shape), b, zero_a, zero_b));
  return run;
}

bool MatmulRun::NeedsInt64() const { return dense_ ? dense_->NeedsInt64() : matmul_->NeedsInt64(); }

std::string MatmulRun::kernel_name() const {
  return dense_ ? dense_->kernel_name() : matmul_->kernel_name();
}

template <typename Acc>
void MatmulRun::Run(const uint8_t* a, const SumSink<Acc>& sink,
                    const ParallelFor& parallel_for) const {
  if (matmul_) {
    matmul_->RunBlocks(a, b_, sink, parallel_for);
    return;
  }
  std::vector<uint8_t> rows;
  if (shape_.transpose_a) {
    const int64_t size = shape_.m * shape_.k;
    rows.resize(static_cast<size_t>(shape_.batch * size));
    parallel_for(shape_.batch, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        TransposePatterns(a + i * size, shape_.k, shape_.m, rows.data() + i * size);
      }
    });
    a = rows.data();
  }
  dense_->RunBlocks(a, shape_.batch * shape_.m, sink, parallel_for);
}

template void MatmulRun::Run(const uint8_t*, const SumSink<int32_t>&, const ParallelFor&) const;
template void MatmulRun::Run(const uint8_t*, const SumSink<int64_t>&, const ParallelFor&) const;

}  // namespace axlut
