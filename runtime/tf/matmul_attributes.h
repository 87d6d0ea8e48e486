// SPDX-License-Identifier: MIT
// Which products a batched matrix product is made of: shapes, transposes and broadcast dimensions
// as tf.matmul understands them.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/matmul.h"
#include "runtime/base/result.h"
#include "runtime/nn/lut_matmul.h"

namespace axlut {

// The products of two tensors of matrices.
struct MatmulProblem {
  MatmulShape shape;                      // batch: of the output
  std::vector<int64_t> output;            // its dimensions: [..., m, n]
  std::vector<int64_t> batch_a, batch_b;  // dimensions in front of the matrices,
  std::vector<int64_t> batch_out;         // those of a and b filled up with 1 in front

  // Whether one matrix b is multiplied by all of a's: then the rows of a are those of one matrix.
  bool HasOneB() const;
  // Which matrices make which product of the output, in its order.
  std::vector<MatmulPair> Pairs() const;
};

struct MatmulAttributes {
  bool transpose_a = false;  // a's matrices are stored [k, m]
  bool transpose_b = false;  // b's matrices are stored [n, k]

  // `a`: [..., m, k], `b`: [..., k, n], at least two dimensions each; what stands in front of the
  // last two is broadcast, as in NumPy. Any dimension may be 0. kInvalidInput for shapes that do
  // not fit.
  Result<MatmulProblem> ProblemFor(const std::vector<int64_t>& a,
                                   const std::vector<int64_t>& b) const;
};

}  // namespace axlut
