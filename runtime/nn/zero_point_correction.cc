// SPDX-License-Identifier: MIT
#include "runtime/nn/zero_point_correction.h"

#include <algorithm>
#include <type_traits>

namespace axlut {
namespace {

// Groups whose window sums are held at a time.
constexpr int64_t kGroupBlock = 64;

// *out -= value, wrapping.
template <typename Out>
void SubtractWrapping(Out* out, std::make_unsigned_t<Out> value) {
  *out = static_cast<Out>(static_cast<std::make_unsigned_t<Out>>(*out) - value);
}

}  // namespace

ZeroPointCorrection::ZeroPointCorrection(const OperandSpec& a, const OperandSpec& b,
                                         const Conv2dShape& shape,
                                         const std::vector<uint8_t>& filter, int32_t zero_a,
                                         const std::vector<int32_t>& zero_b)
    : shape_(shape),
      mask_(static_cast<int32_t>(a.mask())),
      sign_bit_(a.is_signed() ? 1 << (a.width - 1) : 0),
      zero_a_(zero_a),
      filter_term_(static_cast<size_t>(shape.out_c)) {
  zero_b_.assign(static_cast<size_t>(shape.out_c), zero_b.front());
  if (zero_b.size() > 1) zero_b_ = zero_b;
  needs_pixel_sums_ =
      std::any_of(zero_b_.begin(), zero_b_.end(), [](int32_t zero) { return zero != 0; });
  for (size_t i = 0; i < filter.size(); ++i) {
    filter_term_[i % filter_term_.size()] += zero_a * b.ValueOf(filter[i]);
  }
}

void ZeroPointCorrection::SumPixels(const uint8_t* input, int64_t first, int64_t last,
                                    int32_t* sums) const {
  const int64_t group_in_c = shape_.GroupInC();
  const uint8_t* codes = input + first * shape_.in_c;
  sums += first * shape_.groups;
  const int64_t count = (last - first) * shape_.groups;
  // Locals: the loops below must not reload members after every store.
  const int32_t mask = mask_;
  const int32_t sign_bit = sign_bit_;
  const auto offset = static_cast<int32_t>(group_in_c * (sign_bit_ + zero_a_));
  if (group_in_c == 1) {
    for (int64_t i = 0; i < count; ++i) sums[i] = ((codes[i] & mask) ^ sign_bit) - offset;
    return;
  }
  for (int64_t i = 0; i < count; ++i, codes += group_in_c) {
    int32_t sum = 0;
    for (int64_t c = 0; c < group_in_c; ++c) sum += (codes[c] & mask) ^ sign_bit;
    sums[i] = sum - offset;
  }
}

template <typename Wrapping>
void ZeroPointCorrection::SumWindow(int64_t position, int64_t first_group, int64_t groups,
                                    const int32_t* pixel_sums, Wrapping* sums) const {
  const Conv2dShape& s = shape_;
  std::fill(sums, sums + groups, Wrapping{0});
  const int64_t image = position / (s.out_h * s.out_w) * s.in_h;
  const int64_t y0 = position / s.out_w % s.out_h * s.stride_h - s.pad_top;
  const int64_t x0 = position % s.out_w * s.stride_w - s.pad_left;
  for (int64_t i = 0; i < s.kernel_h; ++i) {
    const int64_t y = y0 + i * s.dilation_h;
    if (y < 0 || y >= s.in_h) continue;
    for (int64_t j = 0; j < s.kernel_w; ++j) {
      const int64_t x = x0 + j * s.dilation_w;
      if (x < 0 || x >= s.in_w) continue;
      const int32_t* pixel = pixel_sums + ((image + y) * s.in_w + x) * s.groups + first_group;
      for (int64_t g = 0; g < groups; ++g) sums[g] += static_cast<Wrapping>(pixel[g]);
    }
  }
}

template <typename Out>
void ZeroPointCorrection::Apply(const Conv2dTile& tile, const int32_t* pixel_sums, Out* out) const {
  using Wrapping = std::make_unsigned_t<Out>;
  const int64_t group_out_c = shape_.GroupOutC();
  const int64_t end_channel = tile.first_channel + tile.channels;
  Wrapping sums[kGroupBlock];
  for (int64_t p = tile.first_position; p < tile.first_position + tile.positions; ++p) {
    Out* row = out + p * shape_.out_c;
    for (int64_t o = tile.first_channel; o < end_channel; ++o) {
      SubtractWrapping(&row[o], static_cast<Wrapping>(filter_term_[static_cast<size_t>(o)]));
    }
    if (!needs_pixel_sums_) continue;
    const int64_t last_group = (end_channel - 1) / group_out_c;
    for (int64_t g0 = tile.first_channel / group_out_c; g0 <= last_group; g0 += kGroupBlock) {
      const int64_t groups = std::min(kGroupBlock, last_group + 1 - g0);
      SumWindow(p, g0, groups, pixel_sums, sums);
      if (group_out_c == 1) {
        const int32_t* zeros = zero_b_.data() + g0;
        for (int64_t g = 0; g < groups; ++g) {
          SubtractWrapping(&row[g0 + g], static_cast<Wrapping>(zeros[g]) * sums[g]);
        }
        continue;
      }
      for (int64_t g = 0; g < groups; ++g) {
        const Wrapping sum = sums[g];
        const int64_t begin = std::max(tile.first_channel, (g0 + g) * group_out_c);
        const int64_t end = std::min(end_channel, (g0 + g + 1) * group_out_c);
        for (int64_t o = begin; o < end; ++o) {
          SubtractWrapping(&row[o], static_cast<Wrapping>(zero_b_[static_cast<size_t>(o)]) * sum);
        }
      }
    }
  }
}

template void ZeroPointCorrection::Apply(const Conv2dTile&, const int32_t*, int32_t*) const;
template void ZeroPointCorrection::Apply(const Conv2dTile&, const int32_t*, int64_t*) const;

}  // namespace axlut
