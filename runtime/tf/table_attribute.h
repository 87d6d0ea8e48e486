// SPDX-License-Identifier: MIT
// Which table an op uses: the attributes `table` and `encoding`, or `mul_map_file` and `num_bits`
// of the ops that stand in for TFApprox'.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "runtime/tf/table_cache.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace axlut {

class TableAttribute {
 public:
  // Reads what the op has of them and loads the table: a wrong path should fail when the graph is
  // made, not at its first step.
  absl::Status Read(tensorflow::OpKernelConstruction* context);
  // The table as it is now. Asked for at every step: TensorFlow keeps kernels of eager calls, files
  // may be rewritten.
  absl::Status Get(std::shared_ptr<const LutTable>* table) const;

 private:
  std::string path_;
  OperandEncoding encoding_ = OperandEncoding::kAffine;
  std::optional<int64_t> tfapprox_bits_;  // num_bits
};

}  // namespace axlut
