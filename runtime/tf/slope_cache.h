// SPDX-License-Identifier: MIT
// The slopes of tables that a process trains with, so that layers with one table share them.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/nn/lut_conv2d.h"
#include "runtime/table/table_gradient.h"
#include "runtime/tf/file_state.h"

namespace axlut {

// Slopes of products and their means (runtime/table/table_gradient.h).
struct TableSlopes {
  TableGradient gradient;
  std::vector<float> mean_by_a;  // [2^width_b]: dT/da of each b, averaged over a
  std::vector<float> mean_by_b;  // [2^width_a]: dT/db of each a, averaged over b
};

class SlopeCache {
 public:
  // The cache that all ops of this process share.
  static SlopeCache& Global();

  // DifferentiateTable of `table`, made once for every table and window (0 ..
  // kMaxDifferenceWindow). Safe to call from any thread.
  std::shared_ptr<const TableSlopes> Get(const std::shared_ptr<const LutTable>& table, int window);

 private:
  struct Entry {
    std::weak_ptr<const LutTable> table;
    int window = 0;
    std::shared_ptr<const TableSlopes> slopes;
  };
  std::mutex mutex_;
  std::vector<Entry> entries_;  // those of tables that are gone are dropped by the next Get
};

// Slopes by one operand from an .npy file: float32 [2^width_a][2^width_b], by bit patterns.
// kInvalidInput for anything else, and for slopes that are not finite.
Result<std::vector<float>> LoadSlopes(const std::string& path, const OperandSpec& a,
                                      const OperandSpec& b);

// The slopes of one file as it is now.
class SlopeFile {
 public:
  explicit SlopeFile(std::string path) : path_(std::move(path)) {}
  // LoadSlopes, but the file is read again only when it was replaced or written to, or when the
  // operands are others. Any thread may call.
  Result<std::shared_ptr<const std::vector<float>>> Get(const OperandSpec& a, const OperandSpec& b);

 private:
  const std::string path_;
  std::mutex mutex_;
  FileState state_;
  OperandSpec a_, b_;
  std::shared_ptr<const std::vector<float>> slopes_;
};

}  // namespace axlut
