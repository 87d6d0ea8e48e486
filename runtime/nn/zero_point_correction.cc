// SPDX-License-Identifier: MIT
#include "runtime/nn/zero_point_correction.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

namespace axlut {
namespace {

// Window sums held at a time: positions of a row, or groups of one position.
constexpr int64_t kPositionBlock = 256;
constexpr int64_t kGroupBlock = 32;
// Taps whose addresses are held at a time.
constexpr int64_t kTapBlock = 64;

template <typename Out>
using Wrapping = std::make_unsigned_t<Out>;

// *out -= value, modulo 2^32 or 2^64.
template <typename Out>
void Subtract(Out* out, Wrapping<Out> value) {
  *out = static_cast<Out>(static_cast<Wrapping<Out>>(*out) - value);
}

// sums[i] = sum of taps[t][first + i] over all t, i < kGroupBlock.
void SumBlock(const int32_t* const* taps, int64_t tap_count, int64_t first, uint32_t* sums) {
  using Words = uint32_t __attribute__((vector_size(16)));
  Words total[kGroupBlock / 4] = {};
  for (int64_t t = 0; t < tap_count; ++t) {
    for (int i = 0; i < kGroupBlock / 4; ++i) {
      Words part;
      std::memcpy(&part, taps[t] + first + 4 * i, sizeof part);
      total[i] += part;
    }
  }
  std::memcpy(sums, total, sizeof total);
}

void SumBlock(const int32_t* const* taps, int64_t tap_count, int64_t first, uint64_t* sums) {
  std::fill(sums, sums + kGroupBlock, uint64_t{0});
  for (int64_t t = 0; t < tap_count; ++t) {
    for (int64_t i = 0; i < kGroupBlock; ++i) {
      sums[i] += static_cast<uint64_t>(int64_t{taps[t][first + i]});
    }
  }
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
      bias_(static_cast<size_t>(shape.out_c)) {
  const auto differs = [&](int32_t zero) { return zero != zero_b.front(); };
  const bool uniform = std::none_of(zero_b.begin(), zero_b.end(), differs);
  needs_pixel_sums_ = !uniform || zero_b.front() != 0;
  // |a'| <= 255 and |zero_b| <= 255, so a factor in the pixel sums leaves room for 2^15 channels.
  if (uniform && shape.GroupInC() < std::numeric_limits<int32_t>::max() / (255 * 255)) {
    pixel_factor_ = zero_b.front();
  } else if (uniform) {
    zero_b_.assign(static_cast<size_t>(shape.out_c), zero_b.front());
  } else {
    zero_b_ = zero_b;
  }
  if (zero_a == 0) return;
  const uint8_t* row = filter.data();
  for (int64_t k = 0; k < shape.Depth(); ++k, row += shape.out_c) {
    for (size_t o = 0; o < bias_.size(); ++o) bias_[o] -= zero_a * b.ValueOf(row[o]);
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
  const int32_t factor = pixel_factor_;
  const auto offset = static_cast<int32_t>(group_in_c * (sign_bit_ + zero_a_));
  if (group_in_c == 1) {
    for (int64_t i = 0; i < count; ++i) {
      sums[i] = factor * (((codes[i] & mask) ^ sign_bit) - offset);
    }
    return;
  }
  for (int64_t i = 0; i < count; ++i, codes += group_in_c) {
    int32_t sum = 0;
    for (int64_t c = 0; c < group_in_c; ++c) sum += (codes[c] & mask) ^ sign_bit;
    sums[i] = factor * (sum - offset);
  }
}

// One group: the windows of neighbouring positions are summed together.
template <typename Out>
void ZeroPointCorrection::ApplyToRun(const Conv2dTile& tile, const Run& run,
                                     const int32_t* pixel_sums, Out* out) const {
  const Conv2dShape& s = shape_;
  Wrapping<Out> sums[kPositionBlock] = {};
  for (int64_t i = 0; i < s.kernel_h; ++i) {
    const int64_t y = run.y + i * s.dilation_h;
    if (y < 0 || y >= s.in_h) continue;
    const int32_t* row = pixel_sums + run.first_pixel + y * s.in_w;
    for (int64_t j = 0; j < s.kernel_w; ++j) {
      const int64_t x = run.x + j * s.dilation_w;
      // Positions [first, last) of the run see a pixel at this tap.
      const int64_t first = x >= 0 ? 0 : (-x + s.stride_w - 1) / s.stride_w;
      const int64_t last =
          x >= s.in_w ? 0 : std::min(run.count, (s.in_w - x + s.stride_w - 1) / s.stride_w);
      for (int64_t p = first; p < last; ++p) {
        sums[p] += static_cast<Wrapping<Out>>(row[x + p * s.stride_w]);
      }
    }
  }
  for (int64_t p = 0; p < run.count; ++p) {
    Out* row = out + (run.first_position + p) * s.out_c + tile.first_channel;
    const Wrapping<Out> sum = sums[p];
    if (zero_b_.empty()) {
      for (int64_t o = 0; o < tile.channels; ++o) Subtract(&row[o], sum);
    } else {
      const int32_t* zeros = zero_b_.data() + tile.first_channel;
      for (int64_t o = 0; o < tile.channels; ++o) {
        Subtract(&row[o], static_cast<Wrapping<Out>>(zeros[o]) * sum);
      }
    }
  }
}

// Several groups: the windows of neighbouring groups are summed together.
template <typename Out>
void ZeroPointCorrection::ApplyToRunOfGroups(const Conv2dTile& tile, const Run& run,
                                             const int32_t* pixel_sums, Out* out) const {
  const Conv2dShape& s = shape_;
  const int32_t* taps[kTapBlock];
  for (int64_t p = 0; p < run.count; ++p) {
    Out* row = out + (run.first_position + p) * s.out_c;
    int64_t tap_count = 0;
    for (int64_t i = 0; i < s.kernel_h; ++i) {
      const int64_t y = run.y + i * s.dilation_h;
      if (y < 0 || y >= s.in_h) continue;
      for (int64_t j = 0; j < s.kernel_w; ++j) {
        const int64_t x = run.x + p * s.stride_w + j * s.dilation_w;
        if (x < 0 || x >= s.in_w) continue;
        taps[tap_count++] = pixel_sums + (run.first_pixel + y * s.in_w + x) * s.groups;
        if (tap_count == kTapBlock) {
          SubtractTaps(tile, taps, tap_count, row);
          tap_count = 0;
        }
      }
    }
    SubtractTaps(tile, taps, tap_count, row);
  }
}

// row[o] -= zero_b * (sum of the taps of o's group).
template <typename Out>
void ZeroPointCorrection::SubtractTaps(const Conv2dTile& tile, const int32_t* const* taps,
                                       int64_t tap_count, Out* row) const {
  const int64_t group_out_c = shape_.GroupOutC();
  const int64_t end_channel = tile.first_channel + tile.channels;
  const int64_t end_group = (end_channel - 1) / group_out_c + 1;
  Wrapping<Out> sums[kGroupBlock];
  for (int64_t g0 = tile.first_channel / group_out_c; g0 < end_group; g0 += kGroupBlock) {
    const int64_t groups = std::min(kGroupBlock, end_group - g0);
    if (groups == kGroupBlock) {
      SumBlock(taps, tap_count, g0, sums);
    } else {
      std::fill(sums, sums + groups, Wrapping<Out>{0});
      for (int64_t t = 0; t < tap_count; ++t) {
        for (int64_t g = 0; g < groups; ++g) {
          sums[g] += static_cast<Wrapping<Out>>(taps[t][g0 + g]);
        }
      }
    }
    if (group_out_c == 1 && zero_b_.empty()) {
      for (int64_t g = 0; g < groups; ++g) Subtract(&row[g0 + g], sums[g]);
      continue;
    }
    for (int64_t g = 0; g < groups; ++g) {
      const int64_t begin = std::max(tile.first_channel, (g0 + g) * group_out_c);
      const int64_t end = std::min(end_channel, (g0 + g + 1) * group_out_c);
      for (int64_t o = begin; o < end; ++o) {
        const int32_t factor = zero_b_.empty() ? 1 : zero_b_[static_cast<size_t>(o)];
        Subtract(&row[o], static_cast<Wrapping<Out>>(factor) * sums[g]);
      }
    }
  }
}

template <typename Out>
void ZeroPointCorrection::Apply(const Conv2dTile& tile, const int32_t* pixel_sums, Out* out) const {
  const Conv2dShape& s = shape_;
  const int64_t end = tile.first_position + tile.positions;
  for (int64_t p = tile.first_position; p < end;) {
    const int64_t x = p % s.out_w;
    const int64_t y = p / s.out_w % s.out_h;
    const int64_t image = p / s.out_w / s.out_h;
    Run run;
    run.first_position = p;
    run.count = std::min({kPositionBlock, s.out_w - x, end - p});
    run.first_pixel = image * s.in_h * s.in_w;
    run.y = y * s.stride_h - s.pad_top;
    run.x = x * s.stride_w - s.pad_left;
    if (s.groups == 1) {
      ApplyToRun(tile, run, pixel_sums, out);
    } else {
      ApplyToRunOfGroups(tile, run, pixel_sums, out);
    }
    p += run.count;
  }
}

template void ZeroPointCorrection::Apply(const Conv2dTile&, const int32_t*, int32_t*) const;
template void ZeroPointCorrection::Apply(const Conv2dTile&, const int32_t*, int64_t*) const;

}  // namespace axlut
