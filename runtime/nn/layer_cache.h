// SPDX-License-Identifier: MIT
// The last layer that was made, kept for as long as its weights stay the same: a TensorFlow op gets
// them anew with every call and must not pack them every time.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/nn/lut_conv2d.h"

namespace axlut {

class LayerCache {
 public:
  // As LutConv2d::Create, from shape.FilterCount() codes. Returns the layer of the last call if it
  // had the same arguments, however large the batch. Any thread may call.
  Result<std::shared_ptr<const LutConv2d>> Get(const std::shared_ptr<const LutTable>& table,
                                               const Conv2dShape& shape, const uint8_t* filter,
                                               int32_t zero_a, const std::vector<int32_t>& zero_b);

 private:
  struct Key {
    std::shared_ptr<const LutTable> table;
    Conv2dShape shape;
    std::vector<uint8_t> filter;
    int32_t zero_a = 0;
    std::vector<int32_t> zero_b;
  };
  bool Holds(const std::shared_ptr<const LutTable>& table, const Conv2dShape& shape,
             const uint8_t* filter, int32_t zero_a, const std::vector<int32_t>& zero_b) const;

  std::mutex mutex_;
  Key key_;
  std::shared_ptr<const LutConv2d> layer_;
};

}  // namespace axlut
