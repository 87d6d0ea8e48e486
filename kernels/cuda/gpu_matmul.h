// SPDX-License-Identifier: MIT
// Batched matrix products and dense layers through a table on a GPU. Their gradients are matrix
// products too, with other operands transposed.
#pragma once

#include <string>

#include "kernels/cuda/gpu_conv2d.h"
#include "kernels/matmul.h"

namespace axlut {

// C[i] = A[i] x B[i] as MatmulReference (kernels/reference/matmul.h). A dense layer is batch 1, or
// broadcast_b.
class GpuMatmul {
 public:
  // As GpuConv2d::Create.
  static GpuStatus Create(const GpuTable* table, const MatmulShape& shape, GpuVariant variant,
                          GpuMatmul* matmul);

  // As GpuConv2d::Run; zero_codes_b and scales_b are per column of B.
  GpuStatus Run(const GpuCall& call) const;

  size_t WorkspaceBytes(const GpuCall& call) const;
  GpuVariant variant() const { return variant_; }
  std::string name() const;
  const MatmulShape& shape() const { return shape_; }

 private:
  bool SumsInWorkspace(const GpuCall& call) const;

  const GpuTable* table_ = nullptr;
  MatmulShape shape_;
  GpuVariant variant_ = GpuVariant::kTexture;
};

}  // namespace axlut
