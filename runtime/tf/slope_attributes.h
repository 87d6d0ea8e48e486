// SPDX-License-Identifier: MIT
// The attributes `window` and `slopes` of the ops that differentiate by a table's slopes.
#pragma once

#include <memory>
#include <vector>

#include "runtime/tf/slope_cache.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace axlut {

class SlopeAttributes {
 public:
  absl::Status Read(tensorflow::OpKernelConstruction* context);

  // dT/da or dT/db: the table's, or those of the file that `slopes` names, as it is now.
  // In storage order; shared with other ops.
  absl::Status GetByA(const std::shared_ptr<const LutTable>& table,
                      std::shared_ptr<const std::vector<float>>* slopes);
  absl::Status GetByB(const std::shared_ptr<const LutTable>& table,
                      std::shared_ptr<const std::vector<float>>* slopes);
  // Their means over the operand that they are slopes by: one per code of the other operand.
  absl::Status GetMeanByA(const std::shared_ptr<const LutTable>& table,
                          std::shared_ptr<const std::vector<float>>* slopes);
  absl::Status GetMeanByB(const std::shared_ptr<const LutTable>& table,
                          std::shared_ptr<const std::vector<float>>* slopes);

 private:
  // The file's content; null if there is none.
  absl::Status GetFile(const LutTable& table, std::shared_ptr<const std::vector<float>>* slopes);
  std::shared_ptr<const TableSlopes> OfTable(const std::shared_ptr<const LutTable>& table) const;

  int32_t window_ = 0;
  std::unique_ptr<SlopeFile> file_;  // or null
};

}  // namespace axlut
