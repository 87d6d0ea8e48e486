// SPDX-License-Identifier: MIT
// An input pixel meets output y through tap i where y * stride + i * dilation == h + pad. Pixels of
// one phase, h + pad modulo the stride, meet the same taps, and moving on by a stride moves y by 1:
// per phase of both axes the gradient is a convolution of the output gradient with stride 1, whose
// filter is the phase's taps in reverse with input and output channels swapped.
//
// Where a tap lies beside the output gradient the convolution reads padding, which goes through the
// table; the gradient has no such products. Their sums depend on nothing but the taps that stick
// out, and are taken out again at the borders.
#include "runtime/nn/lut_conv2d_input_gradient.h"

#include <algorithm>
#include <numeric>
#include <type_traits>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/nn/conv2d_checks.h"

namespace axlut {
namespace {

int64_t CeilDivide(int64_t value, int64_t by) { return (value + by - 1) / by; }

// Pixels first, first + step, ... of one axis that meet the same taps.
struct AxisPhase {
  int64_t first = 0, step = 1, count = 0;
  std::vector<int64_t> taps;  // in the order of the outputs that they meet
  int64_t dilation = 1;       // outputs from one tap to the next
  int64_t first_y = 0;        // the output of tap 0 and pixel 0, which may lie beside the image
  int64_t out_size = 0;

  // What the convolution that starts with output 0 computes in vain before pixel 0, and what it
  // pads.
  int64_t Skipped() const { return std::max<int64_t>(first_y, 0); }
  int64_t Pad() const { return std::max<int64_t>(-first_y, 0); }
  // Taps [begin, end) meet an output at pixel k.
  int64_t TapsBegin(int64_t k) const {
    return std::min(CeilDivide(std::max<int64_t>(-first_y - k, 0), dilation), TapCount());
  }
  int64_t TapsEnd(int64_t k) const {
    const int64_t left = std::max<int64_t>(out_size - first_y - k, 0);
    return std::max(std::min(CeilDivide(left, dilation), TapCount()), TapsBegin(k));
  }
  int64_t TapCount() const { return static_cast<int64_t>(taps.size()); }
};

// The phase of pixel `first`. No taps if none of its pixels meets an output.
AxisPhase PhaseOf(int64_t first, int64_t in_size, int64_t kernel, int64_t out_size, int64_t stride,
                  int64_t dilation, int64_t pad) {
  AxisPhase phase;
  phase.first = first;
  phase.step = stride;
  phase.count = CeilDivide(in_size - first, stride);
  phase.out_size = out_size;
  const int64_t divisor = std::gcd(stride, dilation);
  const int64_t tap_step = stride / divisor;
  phase.dilation = dilation / divisor;
  int64_t first_tap = 0;
  while (first_tap < std::min(kernel, tap_step) &&
         (first + pad - first_tap * dilation) % stride != 0) {
    ++first_tap;
  }
  if (first_tap >= std::min(kernel, tap_step)) return phase;
  // From the last tap, which meets the lowest output, to the first; those that never meet one of
  // the image are left out.
  for (int64_t i = first_tap + (kernel - 1 - first_tap) / tap_step * tap_step; i >= first_tap;
       i -= tap_step) {
    const int64_t y = (first + pad - i * dilation) / stride;
    if (y + phase.count - 1 < 0) continue;
    if (y >= out_size) break;
    if (phase.taps.empty()) phase.first_y = y;
    phase.taps.push_back(i);
  }
  return phase;
}

std::vector<AxisPhase> PhasesOf(int64_t in_size, int64_t kernel, int64_t out_size, int64_t stride,
                                int64_t dilation, int64_t pad) {
  std::vector<AxisPhase> phases;
  for (int64_t first = 0; first < std::min(stride, in_size); ++first) {
    AxisPhase phase = PhaseOf(first, in_size, kernel, out_size, stride, dilation, pad);
    if (!phase.taps.empty()) phases.push_back(std::move(phase));
  }
  return phases;
}

// The convolution of one phase of both axes.
Conv2dShape PhaseShape(const Conv2dShape& s, const AxisPhase& rows, const AxisPhase& columns) {
  Conv2dShape phase;
  phase.batch = s.batch;
  phase.in_h = s.out_h;
  phase.in_w = s.out_w;
  phase.in_c = s.out_c;
  phase.kernel_h = rows.TapCount();
  phase.kernel_w = columns.TapCount();
  phase.out_h = rows.Skipped() + rows.count;
  phase.out_w = columns.Skipped() + columns.count;
  phase.out_c = s.in_c;
  phase.dilation_h = rows.dilation;
  phase.dilation_w = columns.dilation;
  phase.pad_top = rows.Pad();
  phase.pad_left = columns.Pad();
  phase.groups = s.groups;
  return phase;
}

// Its filter, [taps of rows][taps of columns][output channel of the group][input channel].
std::vector<uint8_t> PhaseFilter(const Conv2dShape& s, const AxisPhase& rows,
                                 const AxisPhase& columns, const std::vector<uint8_t>& filter) {
  std::vector<uint8_t> swapped;
  swapped.reserve(
      static_cast<size_t>(rows.TapCount() * columns.TapCount() * s.GroupOutC() * s.in_c));
  for (const int64_t i : rows.taps) {
    for (const int64_t j : columns.taps) {
      const uint8_t* const tap = filter.data() + (i * s.kernel_w + j) * s.GroupInC() * s.out_c;
      for (int64_t o = 0; o < s.GroupOutC(); ++o) {
        for (int64_t group = 0; group < s.groups; ++group) {
          const uint8_t* const weights = tap + group * s.GroupOutC() + o;
          for (int64_t c = 0; c < s.GroupInC(); ++c) swapped.push_back(weights[c * s.out_c]);
        }
      }
    }
  }
  return swapped;
}

// What padding adds to the sums, by the taps that read it. Wraps modulo 2^64.
class PaddingSums {
 public:
  PaddingSums(const TruthTable& table, const Conv2dShape& phase, const std::vector<uint8_t>& filter,
              int32_t zero_a)
      : kernel_h_(phase.kernel_h), kernel_w_(phase.kernel_w), channels_(phase.out_c) {
    // T[a][b] - zero_b*a - zero_a*b + zero_a*zero_b for a = zero_a.
    std::vector<uint64_t> products(table.b().count());
    const uint32_t pad_code = table.a().PatternOf(zero_a);
    for (uint32_t b = 0; b < products.size(); ++b) {
      products[b] = static_cast<uint64_t>(table.ProductAt(pad_code, b) -
                                          int64_t{zero_a} * table.b().ValueOf(b));
    }
    if (std::all_of(products.begin(), products.end(), [](uint64_t p) { return p == 0; })) return;
    // corners_[i][j] holds the sums over taps [0, i) x [0, j).
    corners_.assign(static_cast<size_t>((kernel_h_ + 1) * (kernel_w_ + 1) * channels_), 0);
    const uint8_t* weight = filter.data();
    for (int64_t i = 0; i < kernel_h_; ++i) {
      for (int64_t j = 0; j < kernel_w_; ++j) {
        uint64_t* const corner = Corner(i + 1, j + 1);
        for (int64_t c = 0; c < channels_; ++c) {
          corner[c] = Corner(i, j + 1)[c] + Corner(i + 1, j)[c] - Corner(i, j)[c];
        }
        for (int64_t o = 0; o < phase.GroupInC(); ++o) {
          for (int64_t c = 0; c < channels_; ++c) {
            corner[c] += products[*weight++ & table.b().mask()];
          }
        }
      }
    }
  }

  bool empty() const { return corners_.empty(); }

  // The sum of channel c over all taps but [top, bottom) x [left, right).
  uint64_t Outside(int64_t top, int64_t bottom, int64_t left, int64_t right, int64_t c) const {
    return Corner(kernel_h_, kernel_w_)[c] - Corner(bottom, right)[c] + Corner(top, right)[c] +
           Corner(bottom, left)[c] - Corner(top, left)[c];
  }

 private:
  const uint64_t* Corner(int64_t i, int64_t j) const {
    return corners_.data() + (i * (kernel_w_ + 1) + j) * channels_;
  }
  uint64_t* Corner(int64_t i, int64_t j) {
    return corners_.data() + (i * (kernel_w_ + 1) + j) * channels_;
  }

  int64_t kernel_h_, kernel_w_, channels_;
  std::vector<uint64_t> corners_;
};

struct Phase {
  AxisPhase rows, columns;
  LutConv2d convolution;
  PaddingSums padding;
};

// Copies one position's sums to the pixel that they are for.
template <typename Out>
void StorePixel(const Phase& phase, int64_t row, int64_t column, const Out* sums, int64_t first_c,
                int64_t channels, Out* pixel) {
  const int64_t top = phase.rows.TapsBegin(row), bottom = phase.rows.TapsEnd(row);
  const int64_t left = phase.columns.TapsBegin(column), right = phase.columns.TapsEnd(column);
  const bool is_whole =
      top == 0 && bottom == phase.rows.TapCount() && left == 0 && right == phase.columns.TapCount();
  if (is_whole || phase.padding.empty()) {
    std::copy(sums, sums + channels, pixel);
    return;
  }
  for (int64_t c = 0; c < channels; ++c) {
    const uint64_t outside = phase.padding.Outside(top, bottom, left, right, first_c + c);
    pixel[c] = static_cast<Out>(static_cast<uint64_t>(sums[c]) - outside);
  }
}

template <typename Out>
void RunPhase(const Phase& phase, const Conv2dShape& s, const uint8_t* output_gradient, Out* out,
              const ParallelFor& parallel_for) {
  const Conv2dShape& conv = phase.convolution.shape();
  const SumSink<Out> sink = [&](const SumBlock<Out>& block) {
    for (int64_t p = 0; p < block.positions; ++p) {
      const int64_t position = block.first_position + p;
      const int64_t column = position % conv.out_w - phase.columns.Skipped();
      const int64_t row = position / conv.out_w % conv.out_h - phase.rows.Skipped();
      if (row < 0 || column < 0) continue;
      const int64_t n = position / conv.out_w / conv.out_h;
      const int64_t h = phase.rows.first + row * phase.rows.step;
      const int64_t w = phase.columns.first + column * phase.columns.step;
      StorePixel(phase, row, column, block.sums + p * block.stride, block.first_channel,
                 block.channels,
                 out + ((n * s.in_h + h) * s.in_w + w) * s.in_c + block.first_channel);
    }
  };
  phase.convolution.RunBlocks(output_gradient, s.batch, sink, parallel_for);
}

// Whether every pixel belongs to a phase; the others get no gradient.
bool CoversAxis(int64_t in_size, int64_t stride, const std::vector<AxisPhase>& phases) {
  return static_cast<int64_t>(phases.size()) == std::min(stride, in_size);
}

}  // namespace

struct LutConv2dInputGradient::Impl {
  Conv2dShape shape;
  std::vector<Phase> phases;
  bool covers_all = false;
  bool needs_int64 = false;

  template <typename Out>
  void Run(const uint8_t* output_gradient, Out* out, const ParallelFor& parallel_for) const {
    if (!covers_all) {
      constexpr int64_t kGrain = 1 << 16;
      parallel_for(shape.InputCount(), kGrain,
                   [&](int64_t begin, int64_t end) { std::fill(out + begin, out + end, Out{0}); });
    }
    for (const Phase& phase : phases) {
      RunPhase(phase, shape, output_gradient, out, parallel_for);
    }
  }
};

Result<LutConv2dInputGradient> LutConv2dInputGradient::Create(std::shared_ptr<const LutTable> table,
                                                              const Conv2dShape& s,
                                                              const std::vector<uint8_t>& filter,
                                                              int32_t zero_a, int32_t zero_b,
                                                              const LutConv2dOptions& options) {
  AXLUT_RETURN_IF_ERROR(CheckConv2dArguments(table->table(), s, filter, zero_a, {zero_b}));
  const std::vector<AxisPhase> all_rows =
      PhasesOf(s.in_h, s.kernel_h, s.out_h, s.stride_h, s.dilation_h, s.pad_top);
  const std::vector<AxisPhase> all_columns =
      PhasesOf(s.in_w, s.kernel_w, s.out_w, s.stride_w, s.dilation_w, s.pad_left);
  auto impl = std::make_unique<Impl>();
  impl->shape = s;
  impl->covers_all =
      CoversAxis(s.in_h, s.stride_h, all_rows) && CoversAxis(s.in_w, s.stride_w, all_columns);
  for (const AxisPhase& rows : all_rows) {
    for (const AxisPhase& columns : all_columns) {
      const Conv2dShape phase = PhaseShape(s, rows, columns);
      const std::vector<uint8_t> swapped = PhaseFilter(s, rows, columns, filter);
      AXLUT_ASSIGN_OR_RETURN(LutConv2d convolution,
                             LutConv2d::Create(table, phase, swapped, zero_a, {zero_b}, options));
      impl->needs_int64 = impl->needs_int64 || convolution.NeedsInt64();
      impl->phases.push_back(Phase{rows, columns, std::move(convolution),
                                   PaddingSums(table->table(), phase, swapped, zero_a)});
    }
  }
  return LutConv2dInputGradient(std::move(impl));
}

LutConv2dInputGradient::LutConv2dInputGradient(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
LutConv2dInputGradient::LutConv2dInputGradient(LutConv2dInputGradient&&) noexcept = default;
LutConv2dInputGradient& LutConv2dInputGradient::operator=(LutConv2dInputGradient&&) noexcept =
    default;
LutConv2dInputGradient::~LutConv2dInputGradient() = default;

void LutConv2dInputGradient::Run(const uint8_t* output_gradient, int32_t* out,
                                 const ParallelFor& parallel_for) const {
  AXLUT_CHECK(!NeedsInt64());
  impl_->Run(output_gradient, out, parallel_for);
}

void LutConv2dInputGradient::Run(const uint8_t* output_gradient, int64_t* out,
                                 const ParallelFor& parallel_for) const {
  impl_->Run(output_gradient, out, parallel_for);
}

bool LutConv2dInputGradient::NeedsInt64() const { return impl_->needs_int64; }

}  // namespace axlut
