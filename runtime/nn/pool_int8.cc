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

// Channels that are reduced together: their numbers stay in registers or the first-level cache, and
// the compiler makes vectors of them.
constexpr int64_t kChannelBlock = 64;

// Calls finish(state, count) for every output of the rows, `state` being what accumulate(state,
// code) made of `initial` over the `count` codes of its window, and clamps what it returns.
template <typename Accumulate, typename Finish>
void ForEachOutput(const PoolShape& shape, int64_t first_row, int64_t end_row, int32_t initial,
                   const int8_t* input, int8_t* output, Accumulate accumulate, Finish finish) {
  for (int64_t y = first_row; y < end_row; ++y) {
    for (int64_t x = 0; x < shape.out_w; ++x) {
      const Window window = WindowAt(shape, y, x);
      int8_t* out = output + (y * shape.out_w + x) * shape.channels;
      for (int64_t c0 = 0; c0 < shape.channels; c0 += kChannelBlock) {
        const int64_t channels = std::min(kChannelBlock, shape.channels - c0);
        int32_t state[kChannelBlock];
        std::fill(state, state + channels, initial);
        for (int64_t in_y = window.y_begin; in_y < window.y_end; ++in_y) {
          for (int64_t in_x = window.x_begin; in_x < window.x_end; ++in_x) {
            const int8_t* codes = input + (in_y * shape.in_w + in_x) * shape.channels + c0;
            for (int64_t c = 0; c < channels; ++c) state[c] = accumulate(state[c], codes[c]);
          }
        }
        for (int64_t c = 0; c < channels; ++c) {
          out[c0 + c] = static_cast<int8_t>(Clamp(finish(state[c], window.Count()), shape.clamp));
        }
      }
    }
  }
}

}  // namespace

void AveragePoolInt8(const PoolShape& shape, int64_t first_row, int64_t end_row,
                     const int8_t* input, int8_t* output) {
  // A window has less than 2^24 positions (MakePoolLayer): their sum fits.
  const auto add = [](int32_t sum, int8_t code) { return sum + code; };
  const auto divide = [](int32_t sum, int64_t count) {
    const int64_t rounded = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
    return static_cast<int32_t>(rounded);
  };
  ForEachOutput(shape, first_row, end_row, 0, input, output, add, divide);
}

void MaxPoolInt8(const PoolShape& shape, int64_t first_row, int64_t end_row, const int8_t* input,
                 int8_t* output) {
  const auto largest = [](int32_t state, int8_t code) { return std::max<int32_t>(state, code); };
  const auto same = [](int32_t state, int64_t) { return state; };
  ForEachOutput(shape, first_row, end_row, -128, input, output, largest, same);
}

}  // namespace axlut
