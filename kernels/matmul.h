// SPDX-License-Identifier: MIT
// A batch of matrix products, both operands of which vary from call to call.
#pragma once

#include <cstdint>

namespace axlut {

// C[i] = A[i] x B[i], for i < batch: [m][k] times [k][n] gives [m][n], all row-major and dense.
struct MatmulShape {
  int64_t batch = 1;
  int64_t m = 1, k = 1, n = 1;
  bool broadcast_b = false;  // one B for the whole batch
  bool transpose_a = false;  // A[i] is stored [k][m]
  bool transpose_b = false;  // B[i] is stored [n][k]

  int64_t ACount() const { return batch * m * k; }
  int64_t BCount() const { return (broadcast_b ? 1 : batch) * k * n; }
  int64_t OutputCount() const { return batch * m * n; }
  int64_t Macs() const { return batch * m * k * n; }
};

}  // namespace axlut
