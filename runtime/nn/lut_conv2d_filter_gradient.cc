// SPDX-License-Identifier: MIT
// A matrix product per group: a row for each weight of one output channel, with the codes that it
// met at every output position of the batch, times the output gradient, a column for each output
// channel. The rows are made for a tile of positions at a time and the tiles' products summed up,
// so that memory stays bounded. Where a group has few output channels, as in depthwise layers, that
// would waste most of a kernel's lanes: there products are looked up pixel by pixel.
#include "runtime/nn/lut_conv2d_filter_gradient.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/ceil_div.h"
#include "runtime/base/check.h"
#include "runtime/nn/conv2d_checks.h"
#include "runtime/nn/im2col_rows.h"

namespace axlut {
namespace {

// A tile's rows: large enough that packing its columns does not matter, small enough for the caches
// of a server's core to help.
constexpr int64_t kTileBytes = 4 << 20;
constexpr int64_t kMinPositions = 256;
constexpr int64_t kMaxPositions = 16384;
// From this many output channels of a group on the product is the faster way (measured on Zen 4).
constexpr int64_t kMinProductChannels = 4;

// Whether |sum| over `count` products can leave int32_t, before or after the correction.
bool SumsNeedInt64(const TruthTable& table, int64_t zero_a, int64_t zero_b, int64_t count) {
  int64_t largest = 0;
  for (uint32_t a = 0; a < table.a().count(); ++a) {
    const int64_t of_a = zero_b * (table.a().ValueOf(a) - zero_a);
    for (uint32_t b = 0; b < table.b().count(); ++b) {
      const int64_t product = table.ProductAt(a, b);
      const int64_t corrected = product - of_a - zero_a * table.b().ValueOf(b);
      largest = std::max({largest, std::abs(product), std::abs(corrected)});
    }
  }
  return static_cast<double>(largest) * static_cast<double>(count) >
         std::numeric_limits<int32_t>::max();
}

template <typename Acc>
using Wrapping = std::make_unsigned_t<Acc>;

// With the corrections in them, in storage order, so that nothing is left to be corrected.
template <typename Acc>
std::vector<Wrapping<Acc>> CorrectedProducts(const TruthTable& table, int64_t zero_a,
                                             int64_t zero_b) {
  std::vector<Wrapping<Acc>> products;
  products.reserve(table.products().size());
  for (uint32_t a = 0; a < table.a().count(); ++a) {
    for (uint32_t b = 0; b < table.b().count(); ++b) {
      products.push_back(
          static_cast<Wrapping<Acc>>(table.ProductAt(a, b) - zero_b * table.a().ValueOf(a) -
                                     zero_a * table.b().ValueOf(b) + zero_a * zero_b));
    }
  }
  return products;
}

// out[position * stride + channel] += the block's sums.
template <typename Sum, typename Acc>
void AddBlock(const SumBlock<Sum>& block, int64_t stride, Acc* out) {
  for (int64_t p = 0; p < block.positions; ++p) {
    Acc* const sums = out + (block.first_position + p) * stride + block.first_channel;
    for (int64_t c = 0; c < block.channels; ++c) {
      sums[c] = static_cast<Acc>(static_cast<Wrapping<Acc>>(sums[c]) +
                                 static_cast<Wrapping<Acc>>(block.sums[p * block.stride + c]));
    }
  }
}

template <typename Acc>
struct PixelSums {
  const Conv2dShape& s;
  const std::vector<Wrapping<Acc>> products;
  const uint32_t mask_a, mask_b;
  const int width_b;
  const std::vector<uint8_t> padding;  // a pixel

  // Adds to the weights of one tap of groups [first_group, last_group).
  void AddTap(const uint8_t* input, const uint8_t* output_gradient, int64_t tap,
              int64_t first_group, int64_t last_group, Acc* out) const {
    const int64_t top = tap / s.kernel_w * s.dilation_h - s.pad_top;
    const int64_t left = tap % s.kernel_w * s.dilation_w - s.pad_left;
    Acc* const weights = out + tap * s.GroupInC() * s.out_c;
    for (int64_t row = 0; row < s.batch * s.out_h; ++row) {
      const int64_t y = row % s.out_h * s.stride_h + top;
      const int64_t first_pixel = (row / s.out_h * s.in_h + y) * s.in_w;
      for (int64_t out_x = 0; out_x < s.out_w; ++out_x) {
        const int64_t x = out_x * s.stride_w + left;
        const bool inside = y >= 0 && y < s.in_h && x >= 0 && x < s.in_w;
        AddPixel(inside ? input + (first_pixel + x) * s.in_c : padding.data(),
                 output_gradient + (row * s.out_w + out_x) * s.out_c, first_group, last_group,
                 weights);
      }
    }
  }

  void AddPixel(const uint8_t* a, const uint8_t* b, int64_t first_group, int64_t last_group,
                Acc* weights) const {
    if (s.GroupInC() == 1 && s.GroupOutC() == 1) {  // without loops of one step, 3 times as fast
      for (int64_t c = first_group; c < last_group; ++c) {
        const size_t index = (size_t{a[c] & mask_a} << width_b) | (b[c] & mask_b);
        weights[c] = static_cast<Acc>(static_cast<Wrapping<Acc>>(weights[c]) + products[index]);
      }
      return;
    }
    for (int64_t group = first_group; group < last_group; ++group) {
      for (int64_t c = 0; c < s.GroupInC(); ++c) {
        const Wrapping<Acc>* const row =
            products.data() + (size_t{a[group * s.GroupInC() + c] & mask_a} << width_b);
        Acc* const sums = weights + c * s.out_c;
        for (int64_t o = group * s.GroupOutC(); o < (group + 1) * s.GroupOutC(); ++o) {
          sums[o] = static_cast<Acc>(static_cast<Wrapping<Acc>>(sums[o]) + row[b[o] & mask_b]);
        }
      }
    }
  }
};

}  // namespace

Result<LutConv2dFilterGradient> LutConv2dFilterGradient::Create(
    std::shared_ptr<const LutTable> table, const Conv2dShape& shape, int32_t zero_a,
    int32_t zero_b) {
  AXLUT_RETURN_IF_ERROR(CheckConv2dSizes(shape));
  if (shape.Depth() > std::numeric_limits<int32_t>::max()) {
    return Error::Unsupported(
        fmt::format("an output channel whose filter gets a gradient has at most {} weights, got {}",
                    std::numeric_limits<int32_t>::max(), shape.Depth()));
  }
  AXLUT_RETURN_IF_ERROR(CheckZeroPoint("activation", table->table().a(), zero_a));
  AXLUT_RETURN_IF_ERROR(CheckZeroPoint("output gradient", table->table().b(), zero_b));
  const bool needs_int64 =
      SumsNeedInt64(table->table(), zero_a, zero_b, shape.batch * shape.out_h * shape.out_w);
  return LutConv2dFilterGradient(std::move(table), shape, zero_a, zero_b, needs_int64);
}

template <typename Out>
void LutConv2dFilterGradient::RunProducts(const uint8_t* input, const uint8_t* output_gradient,
                                          Out* out, const ParallelFor& parallel_for) const {
  const Conv2dShape& s = shape_;
  const Conv2dInput codes{input, s.batch,
                          static_cast<uint8_t>(table_->table().a().PatternOf(zero_a_))};
  const int64_t total = s.batch * s.out_h * s.out_w;
  const int64_t tile =
      std::min(total, std::clamp(kTileBytes / s.Depth() / 16 * 16, kMinPositions, kMaxPositions));
  std::vector<uint8_t> rows(static_cast<size_t>(s.Depth() * RoundUp(tile, 16)));
  for (int64_t first = 0; first < total; first += tile) {
    // As a 1x1 convolution: weights are pixels, positions their channels.
    Conv2dShape product;
    product.in_w = product.out_w = s.Depth();
    product.in_c = std::min(tile, total - first);
    product.out_c = s.GroupOutC();
    std::vector<uint8_t> columns(static_cast<size_t>(product.FilterCount()));
    for (int64_t group = 0; group < s.groups; ++group) {
      FillIm2colRows(s, codes, group, first, product.in_c, rows.data(), parallel_for);
      const uint8_t* const gradients = output_gradient + first * s.out_c + group * product.out_c;
      for (int64_t k = 0; k < product.in_c; ++k) {
        std::copy_n(gradients + k * s.out_c, product.out_c, columns.data() + k * product.out_c);
      }
      const Result<LutConv2d> layer =
          LutConv2d::Create(table_, product, columns, zero_a_, {zero_b_});
      AXLUT_CHECK(layer.ok());  // Create has checked the arguments
      const auto add = [&](const auto& block) {
        AddBlock(block, s.out_c, out + group * product.out_c);
      };
      if (layer->NeedsInt64()) {
        layer->RunBlocks(rows.data(), 1, SumSink<int64_t>(add), parallel_for);
      } else {
        layer->RunBlocks(rows.data(), 1, SumSink<int32_t>(add), parallel_for);
      }
    }
  }
}

template <typename Out>
void LutConv2dFilterGradient::RunPixels(const uint8_t* input, const uint8_t* output_gradient,
                                        Out* out, const ParallelFor& parallel_for) const {
  constexpr int64_t kTaskChannels = 64;
  const Conv2dShape& s = shape_;
  const TruthTable& table = table_->table();
  PixelSums<Out> sums{s,
                      CorrectedProducts<Out>(table, zero_a_, zero_b_),
                      table.a().mask(),
                      table.b().mask(),
                      table.b().width,
                      std::vector<uint8_t>(static_cast<size_t>(s.in_c),
                                           static_cast<uint8_t>(table.a().PatternOf(zero_a_)))};
  // Every task has weights of its own: one tap of some groups.
  const int64_t groups_per_task = CeilDiv(kTaskChannels, s.GroupOutC());
  const int64_t parts = CeilDiv(s.groups, groups_per_task);
  parallel_for(s.kernel_h * s.kernel_w * parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t first_group = task % parts * groups_per_task;
      sums.AddTap(input, output_gradient, task / parts, first_group,
                  std::min(first_group + groups_per_task, s.groups), out);
    }
  });
}

template <typename Out>
void LutConv2dFilterGradient::RunInto(const uint8_t* input, const uint8_t* output_gradient,
                                      Out* out, const ParallelFor& parallel_for) const {
  std::fill_n(out, shape_.FilterCount(), Out{0});
  if (shape_.batch * shape_.out_h * shape_.out_w == 0) return;
  if (shape_.GroupOutC() < kMinProductChannels) {
    RunPixels(input, output_gradient, out, parallel_for);
  } else {
    RunProducts(input, output_gradient, out, parallel_for);
  }
}

void LutConv2dFilterGradient::Run(const uint8_t* input, const uint8_t* output_gradient,
                                  int32_t* out, const ParallelFor& parallel_for) const {
  AXLUT_CHECK(!NeedsInt64());
  RunInto(input, output_gradient, out, parallel_for);
}

void LutConv2dFilterGradient::Run(const uint8_t* input, const uint8_t* output_gradient,
                                  int64_t* out, const ParallelFor& parallel_for) const {
  RunInto(input, output_gradient, out, parallel_for);
}

}  // namespace axlut
