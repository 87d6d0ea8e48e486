// SPDX-License-Identifier: MIT
#include "runtime/nn/pool_int8.h"

#include <algorithm>

namespace axlut {
namespace {

// The part of a window that lies inside the input.
struct Window {
  int64_t y_begin, y_end, x_begin, x_end;
  int64_t Count() const { return (y_end - y_begin) * (x_end - x_begin); }
};

Window WindowAt(const PoolShape& shape, int64_t out_y, int64_t out_x) {
  const int64_t y = out_y * shape.stride_h - shape.pad_top;
  const int64_t x = out_x * shape.stride_w - shape.pad_left;
  return {std::max<int64_t>(y, 0), std::min(y + shape.filter_h, shape.in_h),
          std::max<int64_t>(x, 0), std::min(x + shape.filter_w, shape.in_w)};
}

// Calls reduce(window, channel) for every output and clamps what it returns.
template <typename Reduce>
void ForEachOutput(const PoolShape& shape, int8_t* output, Reduce reduce) {
  for (int64_t y = 0; y < shape.out_h; ++y) {
    for (int64_t x = 0; x < shape.out_w; ++x) {
      const Window window = WindowAt(shape, y, x);
      for (int64_t c = 0; c < shape.channels; ++c) {
        *output++ = static_cast<int8_t>(Clamp(reduce(window, c), shape.clamp));
      }
    }
  }
}

}  // namespace

void AveragePoolInt8(const PoolShape& shape, const int8_t* input, int8_t* output) {
  ForEachOutput(shape, output, [&](const Window& window, int64_t c) {
    int64_t sum = 0;
    for (int64_t y = window.y_begin; y < window.y_end; ++y) {
      for (int64_t x = window.x_begin; x < window.x_end; ++x) {
        sum += input[(y * shape.in_w + x) * shape.channels + c];
      }
    }
    const int64_t count = window.Count();
    const int64_t rounded = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
    return static_cast<int32_t>(rounded);
  });
}

void MaxPoolInt8(const PoolShape& shape, const int8_t* input, int8_t* output) {
  ForEachOutput(shape, output, [&](const Window& window, int64_t c) {
    int32_t largest = -128;
    for (int64_t y = window.y_begin; y < window.y_end; ++y) {
      for (int64_t x = window.x_begin; x < window.x_end; ++x) {
        largest = std::max<int32_t>(largest, input[(y * shape.in_w + x) * shape.channels + c]);
      }
    }
    return largest;
  });
}

}  // namespace axlut
