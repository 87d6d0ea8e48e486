// SPDX-License-Identifier: MIT
#include "runtime/nn/layer_cache.h"

#include <algorithm>
#include <utility>

namespace axlut {
namespace {

// But for the batch, which a layer takes with every call.
bool SameShape(const Conv2dShape& l, const Conv2dShape& r) {
  return l.in_h == r.in_h && l.in_w == r.in_w && l.in_c == r.in_c && l.kernel_h == r.kernel_h &&
         l.kernel_w == r.kernel_w && l.out_h == r.out_h && l.out_w == r.out_w &&
         l.out_c == r.out_c && l.stride_h == r.stride_h && l.stride_w == r.stride_w &&
         l.dilation_h == r.dilation_h && l.dilation_w == r.dilation_w && l.pad_top == r.pad_top &&
         l.pad_left == r.pad_left && l.groups == r.groups;
}

}  // namespace

bool LayerCache::Holds(const std::shared_ptr<const LutTable>& table, const Conv2dShape& shape,
                       const uint8_t* filter, int32_t zero_a,
                       const std::vector<int32_t>& zero_b) const {
  return layer_ != nullptr && key_.table == table && SameShape(key_.shape, shape) &&
         key_.zero_a == zero_a && key_.zero_b == zero_b &&
         std::equal(key_.filter.begin(), key_.filter.end(), filter);
}

Result<std::shared_ptr<const LutConv2d>> LayerCache::Get(
    const std::shared_ptr<const LutTable>& table, const Conv2dShape& shape, const uint8_t* filter,
    int32_t zero_a, const std::vector<int32_t>& zero_b) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (Holds(table, shape, filter, zero_a, zero_b)) return layer_;
  Key key{table, shape, std::vector<uint8_t>(filter, filter + shape.FilterCount()), zero_a, zero_b};
  AXLUT_ASSIGN_OR_RETURN(LutConv2d layer,
                         LutConv2d::Create(table, shape, key.filter, zero_a, zero_b));
  key_ = std::move(key);
  layer_ = std::make_shared<const LutConv2d>(std::move(layer));
  return layer_;
}

}  // namespace axlut
