// SPDX-License-Identifier: MIT
#include "runtime/nn/conv2d_slope_gradients.h"

#include <algorithm>
#include <vector>

#include "kernels/ceil_div.h"
#include "runtime/nn/im2col_rows.h"
#include "runtime/nn/slope_dot.h"

namespace axlut {
namespace {

uint8_t MaskOf(int width) { return static_cast<uint8_t>((1 << width) - 1); }

// An output coordinate and the tap through which an input coordinate meets it.
struct Meeting {
  int64_t tap, out;
};

// meetings[in] by ascending tap, for one axis.
std::vector<std::vector<Meeting>> MeetingsOf(int64_t in_size, int64_t kernel, int64_t out_size,
                                             int64_t stride, int64_t dilation, int64_t pad) {
  std::vector<std::vector<Meeting>> meetings(static_cast<size_t>(in_size));
  for (int64_t in = 0; in < in_size; ++in) {
    for (int64_t tap = 0; tap < kernel; ++tap) {
      const int64_t scaled = in + pad - tap * dilation;
      if (scaled < 0) break;
      if (scaled % stride != 0 || scaled / stride >= out_size) continue;
      meetings[static_cast<size_t>(in)].push_back({tap, scaled / stride});
    }
  }
  return meetings;
}

// Offsets of a tap in the filter and of the output position that a pixel meets through it.
struct Tap {
  int64_t filter, output;
};

struct InputGradient {
  const Conv2dShape& s;
  const SlopeView& view;
  const SlopeDot dot;
  const uint8_t* input;
  const uint8_t* filter;
  const float* zero_b;
  const float* output_gradient;

  void Run(int64_t pixel, const std::vector<Tap>& taps, float* out) const {
    const uint8_t mask_a = MaskOf(view.width_a), mask_b = MaskOf(view.width_b);
    for (int64_t c = 0; c < s.in_c; ++c) {
      const int64_t first_o = c / s.GroupInC() * s.GroupOutC();
      const int64_t code = input[pixel * s.in_c + c] & mask_a;
      const int64_t weights = c % s.GroupInC() * s.out_c + first_o;
      float lanes[kSlopeLanes] = {};
      for (const Tap& tap : taps) {
        dot(view.slopes + (code << view.width_b), mask_b, filter + tap.filter + weights,
            output_gradient + tap.output + first_o, zero_b + first_o, s.GroupOutC(), lanes);
      }
      out[c] = SumOfLanes(lanes);
    }
  }

  // One partial sum is all that there is.
  void RunDepthwise(int64_t pixel, const std::vector<Tap>& taps, float* out) const {
    const uint8_t mask_a = MaskOf(view.width_a), mask_b = MaskOf(view.width_b);
    const uint8_t* const codes = input + pixel * s.in_c;
    std::fill_n(out, s.in_c, 0.0f);
    for (const Tap& tap : taps) {
      for (int64_t c = 0; c < s.in_c; ++c) {
        const int64_t row = int64_t{codes[c]} & mask_a, column = filter[tap.filter + c] & mask_b;
        out[c] += output_gradient[tap.output + c] *
                  (view.slopes[(row << view.width_b) | column] - zero_b[c]);
      }
    }
  }
};

}  // namespace

void Conv2dSlopeInputGradient(const Conv2dShape& s, const SlopeView& view, const uint8_t* input,
                              const uint8_t* filter, const float* zero_b,
                              const float* output_gradient, float* out,
                              const ParallelFor& parallel_for, KernelIsa isa) {
  const InputGradient gradient{s,      view,   ChooseSlopeDot(isa), input,
                               filter, zero_b, output_gradient};
  const auto rows = MeetingsOf(s.in_h, s.kernel_h, s.out_h, s.stride_h, s.dilation_h, s.pad_top);
  const auto columns =
      MeetingsOf(s.in_w, s.kernel_w, s.out_w, s.stride_w, s.dilation_w, s.pad_left);
  parallel_for(s.batch * s.in_h * s.in_w, 1, [&](int64_t begin, int64_t end) {
    std::vector<Tap> taps;
    for (int64_t pixel = begin; pixel < end; ++pixel) {
      taps.clear();
      for (const Meeting& row : rows[static_cast<size_t>(pixel / s.in_w % s.in_h)]) {
        for (const Meeting& column : columns[static_cast<size_t>(pixel % s.in_w)]) {
          taps.push_back(
              {(row.tap * s.kernel_w + column.tap) * s.GroupInC() * s.out_c,
               ((pixel / s.in_w / s.in_h * s.out_h + row.out) * s.out_w + column.out) * s.out_c});
        }
      }
      if (s.GroupInC() == 1 && s.GroupOutC() == 1) {
        gradient.RunDepthwise(pixel, taps, out + pixel * s.in_c);
      } else {
        gradient.Run(pixel, taps, out + pixel * s.in_c);
      }
    }
  });
}

void Conv2dSlopeFilterGradient(const Conv2dShape& s, const SlopeView& view, uint8_t pad_code,
                               const uint8_t* input, const uint8_t* filter, float zero_a,
                               const float* output_gradient, float* out,
                               const ParallelFor& parallel_for, KernelIsa isa) {
  std::fill_n(out, s.FilterCount(), 0.0f);
  const int64_t total = s.batch * s.out_h * s.out_w;
  if (total == 0) return;
  const SlopeDot dot = ChooseSlopeDot(isa);
  const int64_t count_a = int64_t{1} << view.width_a, count_b = int64_t{1} << view.width_b;
  const uint8_t mask_a = MaskOf(view.width_a), mask_b = MaskOf(view.width_b);
  std::vector<float> by_weight(static_cast<size_t>(count_a * count_b));  // [b][a]
  for (int64_t i = 0; i < count_a * count_b; ++i) {
    by_weight[static_cast<size_t>(i % count_b * count_a + i / count_b)] = view.slopes[i];
  }
  const int64_t tile = std::min(kSlopeTile, total);
  std::vector<uint8_t> codes(static_cast<size_t>(s.Depth() * RoundUp(tile, 16)));
  std::vector<float> gradients(static_cast<size_t>(s.GroupOutC() * tile));  // [o][position]
  const std::vector<float> zeros(static_cast<size_t>(tile), zero_a);
  for (int64_t first = 0; first < total; first += tile) {
    const int64_t count = std::min(tile, total - first);
    for (int64_t group = 0; group < s.groups; ++group) {
      FillIm2colRows(s, {input, s.batch, pad_code}, group, first, count, codes.data(),
                     parallel_for);
      const int64_t first_o = group * s.GroupOutC();
      for (int64_t p = 0; p < count; ++p) {
        const float* const from = output_gradient + (first + p) * s.out_c + first_o;
        for (int64_t o = 0; o < s.GroupOutC(); ++o) {
          gradients[static_cast<size_t>(o * count + p)] = from[o];
        }
      }
      parallel_for(s.Depth(), 1, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          for (int64_t o = 0; o < s.GroupOutC(); ++o) {
            const int64_t weight = row * s.out_c + first_o + o;
            float lanes[kSlopeLanes] = {};
            dot(by_weight.data() + (filter[weight] & mask_b) * count_a, mask_a,
                codes.data() + row * count, gradients.data() + o * count, zeros.data(), count,
                lanes);
            out[weight] += SumOfLanes(lanes);
          }
        }
      });
    }
  }
}

}  // namespace axlut
