// SPDX-License-Identifier: MIT
// The attributes `table` and `encoding`, which every op has.
#pragma once

#include <memory>
#include <string>

#include "runtime/tf/table_cache.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace axlut {

class TableAttribute {
 public:
  // Reads both and loads the table: a wrong path should fail when the graph is made, not at its
  // first step.
  absl::Status Read(tensorflow::OpKernelConstruction* context);
  // The table as it is now. Asked for at every step: TensorFlow keeps kernels of eager calls, files
  // may be rewritten.
  absl::Status Get(std::shared_ptr<const LutTable>* table) const;

 private:
  std::string path_;
  OperandEncoding encoding_ = OperandEncoding::kAffine;
};

}  // namespace axlut
