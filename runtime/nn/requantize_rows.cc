// SPDX-License-Identifier: MIT
#include "runtime/nn/requantize_rows.h"

#include <algorithm>
#include <numeric>

namespace axlut {
namespace {

constexpr int64_t kLanes = 16;  // of an AVX-512 register

}  // namespace

Requantizer::Requantizer(std::vector<int32_t> bias, std::vector<FixedPointMultiplier> multipliers,
                         Rounding rounding, int32_t zero_out, CodeRange clamp)
    : bias_(std::move(bias)),
      multipliers_(std::move(multipliers)),
      rounding_(rounding),
      zero_out_(zero_out),
      clamp_(clamp) {
  const int64_t channels = this->channels();
  if (channels == 0) return;
  // Whole registers and whole rows: rows without gaps are then one long row.
  period_ = std::lcm(channels, kLanes);
  const int64_t entries = period_ + kLanes;
  lanes_ = AlignedArray<int32_t>(5 * entries);
  int32_t* const lanes = lanes_.data();
  for (int64_t i = 0; i < entries; ++i) {
    const FixedPointMultiplier m = multipliers_[static_cast<size_t>(i % channels)];
    lanes[i] = bias_[static_cast<size_t>(i % channels)];
    lanes[entries + i] = m.mantissa;
    lanes[2 * entries + i] = std::max(m.shift, 0);
    lanes[3 * entries + i] = std::max(-m.shift, 0);
    lanes[4 * entries + i] = static_cast<int32_t>((1u << std::max(-m.shift, 0)) - 1);
    shifts_left_ = shifts_left_ || m.shift > 0;
  }
}

template <typename Sum>
int64_t Requantizer::RunScalar(const Sum* sums, const RequantizeBlock& block,
                               int8_t* output) const {
  int64_t wrapped = 0;
  for (int64_t row = 0; row < block.rows; ++row) {
    for (int64_t i = 0; i < block.channels; ++i) {
      const size_t c = static_cast<size_t>(block.first_channel + i);
      const int64_t bias = bias_[c];
      const Sum from = sums[row * block.sum_stride + i];
      // In 64 bits without overflow of their own: an int64_t sum may be next to the end.
      const int32_t sum =
          static_cast<int32_t>(static_cast<uint32_t>(from) + static_cast<uint32_t>(bias));
      int64_t wide;
      wrapped += __builtin_add_overflow(int64_t{from}, bias, &wide) || sum != wide;
      const int32_t rescaled = rounding_ == Rounding::kOnce
                                   ? MultiplyRoundingOnce(sum, multipliers_[c])
                                   : MultiplyByQuantizedMultiplier(sum, multipliers_[c]);
      const int64_t code = int64_t{rescaled} + zero_out_;
      output[row * block.output_stride + i] =
          static_cast<int8_t>(std::clamp<int64_t>(code, clamp_.min, clamp_.max));
    }
  }
  return wrapped;
}

// Seldom needed: the vector forms only tell that there is something to count.
int64_t Requantizer::CountWrapped(const int32_t* sums, const RequantizeBlock& block) const {
  int64_t wrapped = 0;
  for (int64_t row = 0; row < block.rows; ++row) {
    for (int64_t i = 0; i < block.channels; ++i) {
      int32_t sum;
      wrapped += __builtin_add_overflow(sums[row * block.sum_stride + i],
                                        bias_[static_cast<size_t>(block.first_channel + i)], &sum);
    }
  }
  return wrapped;
}

int64_t Requantizer::Run(const int64_t* sums, const RequantizeBlock& block, int8_t* output) const {
  return RunScalar(sums, block, output);
}

int64_t Requantizer::Run(const int32_t* sums, const RequantizeBlock& block, int8_t* output,
                         KernelIsa isa) const {
  if (isa < KernelIsa::kAvx2 || channels() == 0) return RunScalar(sums, block, output);
  const int64_t entries = period_ + kLanes;
  RequantizeLanes lanes;
  lanes.bias = lanes_.data();
  lanes.mantissa = lanes_.data() + entries;
  lanes.left = lanes_.data() + 2 * entries;
  lanes.right = lanes_.data() + 3 * entries;
  lanes.mask = lanes_.data() + 4 * entries;
  lanes.period = period_;
  lanes.shifts_left = shifts_left_;
  lanes.rounding = rounding_;
  lanes.low = clamp_.min - zero_out_;
  lanes.high = clamp_.max - zero_out_;
  lanes.zero_out = zero_out_;
  RequantizeBlock rows = block;
  const bool gapless = block.channels == channels() && block.sum_stride == block.channels &&
                       block.output_stride == block.channels;
  if (gapless) {
    rows.channels *= rows.rows;
    rows.rows = 1;
  }
  bool wrapped = false;
  for (int64_t row = 0; row < rows.rows; ++row) {
    const int32_t* from = sums + row * rows.sum_stride;
    int8_t* to = output + row * rows.output_stride;
    if (isa >= KernelIsa::kAvx512) {
      wrapped |= RequantizeAvx512(lanes, from, rows.first_channel, rows.channels, to);
      continue;
    }
    wrapped |= RequantizeAvx2(lanes, from, rows.first_channel, rows.channels, to);
    const int64_t done = rows.channels / 8 * 8;
    for (int64_t i = done; i < rows.channels; ++i) {
      const RequantizeBlock one{1, (rows.first_channel + i) % channels(), 1, 1, 1};
      wrapped |= RunScalar(from + i, one, to + i) > 0;
    }
  }
  return wrapped ? CountWrapped(sums, block) : 0;
}

}  // namespace axlut
