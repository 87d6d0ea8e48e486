// SPDX-License-Identifier: MIT
// What AxlutMatMul and AxlutMatMulInteger share: attributes, checks, the output, the shape
// function.
#pragma once

#include <memory>

#include "runtime/nn/layer_cache.h"
#include "runtime/tf/kernel_log.h"
#include "runtime/tf/matmul_attributes.h"
#include "runtime/tf/matmul_run.h"
#include "runtime/tf/table_attribute.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace axlut {

// Inputs: a, b; `a_scalars` scalars that belong to a; then scalars or vectors of one element per
// column of b.
absl::Status InferMatmulShape(tensorflow::shape_inference::InferenceContext* context,
                              int a_scalars);

class AxMatmulBase : public tensorflow::OpKernel {
 public:
  explicit AxMatmulBase(tensorflow::OpKernelConstruction* context);
  void Compute(tensorflow::OpKernelContext* context) final;

 protected:
  // Fills an output that is not empty, of sums that are not.
  virtual absl::Status Multiply(tensorflow::OpKernelContext* context,
                                const std::shared_ptr<const LutTable>& table,
                                const MatmulProblem& problem, tensorflow::Tensor* output) = 0;

  absl::Status Table(std::shared_ptr<const LutTable>* table) const { return table_.Get(table); }
  // The dimension of b's tensor that its columns lie along.
  int column_axis() const { return attributes_.transpose_b ? -2 : -1; }
  LayerCache* layers() { return &layers_; }
  // Says in the log what runs, if it was asked for (kernel_log.h).
  void LogKernel(const MatmulShape& shape, const MatmulRun& run);

 private:
  TableAttribute table_;
  MatmulAttributes attributes_;
  LayerCache layers_;
  KernelLog kernel_log_;
};

}  // namespace axlut
