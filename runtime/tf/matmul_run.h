// SPDX-License-Identifier: MIT
// A batched matrix product on bit patterns, by whichever of our layers suits it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/parallel_for.h"
#include "runtime/base/result.h"
#include "runtime/nn/layer_cache.h"
#include "runtime/nn/lut_matmul.h"
#include "runtime/tf/matmul_attributes.h"

namespace axlut {

// With one matrix b the rows of all of a's matrices go through one layer, whose packed weights stay
// in `layers` until they change: a dense layer. Otherwise each matrix b is packed anew.
class MatmulRun {
 public:
  // `b` holds bit patterns as the problem's tensor stores them, and must live as long. Zero points
  // are operand values, one or one per column for b. The problem's sum (k) and output must not be
  // empty. kInvalidInput as LutMatmul.
  static Result<MatmulRun> Create(std::shared_ptr<const LutTable> table,
                                  const MatmulProblem& problem, int32_t zero_a,
                                  const std::vector<int32_t>& zero_b, const uint8_t* b,
                                  LayerCache* layers);

  // True if some input could make a sum leave int32_t: then only the int64_t form may be called.
  bool NeedsInt64() const;
  // What runs, as LutConv2d::kernel_name.
  std::string kernel_name() const;

  // The sums of LutMatmul::Run, block by block: position p, channel c is row p of all the output's
  // rows, column c. `a` holds bit patterns as the problem's tensor stores them.
  template <typename Acc>
  void Run(const uint8_t* a, const SumSink<Acc>& sink, const ParallelFor& parallel_for) const;

 private:
  MatmulRun(const MatmulShape& shape, const uint8_t* b) : shape_(shape), b_(b) {}

  MatmulShape shape_;
  const uint8_t* b_;
  std::shared_ptr<const LutConv2d> dense_;  // or
  std::optional<LutMatmul> matmul_;
};

}  // namespace axlut
