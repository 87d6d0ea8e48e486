// SPDX-License-Identifier: MIT
#include "kernels/cpu/terms/term_region.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "kernels/cpu/blocking.h"

namespace axlut {
namespace {

// What a region may take of a level 2 cache, besides weights and output.
constexpr int64_t kRegionBudget = 192 * 1024;
// So few positions are always taken together: they share each load of weights.
constexpr int64_t kMinPositions = 12;
// A matrix product reads up to this many bytes beyond the last pixel (and multiplies them by 0).
constexpr int64_t kOverread = 64;
// Elements that are summed up as quickly as a single pixel of them.
constexpr int64_t kMaxShortTap = 64;

// Nearest multiple of a cache line, but not of a large power of two: windows would keep few sets of
// the cache busy.
int64_t RowBytes(int64_t bytes) {
  const int64_t rounded = RoundUp(bytes, 64);
  return rounded % 1024 == 0 ? rounded + 64 : rounded;
}

}  // namespace

// Walks over the output rows of positions [first, first + count).
class TermRegion::OutputRows {
 public:
  OutputRows(const TermRegion& region, int64_t first, int64_t count)
      : region_(region), left_(count), row_{} {
    const Conv2dShape& s = region.shape_;
    row_.image = first / (s.out_h * s.out_w);
    row_.y = first / s.out_w % s.out_h;
    row_.x = first % s.out_w;
    row_.count = std::min(left_, s.out_w - row_.x);
    row_.rows_end = region.window_rows_;
  }
  bool Done() const { return left_ == 0; }
  const OutputRow& operator*() const { return row_; }
  void Next() {
    const Conv2dShape& s = region_.shape_;
    left_ -= row_.count;
    row_.x = 0;
    row_.count = std::min(left_, s.out_w);
    ++row_.y;
    if (row_.y == s.out_h) {
      row_.y = 0;
      ++row_.image;
    }
    const bool shares = region_.shares_rows_ && row_.y != 0;
    row_.region_row = shares ? row_.region_row + s.stride_h / region_.step_h_ : row_.rows_end;
    row_.rows_end = row_.region_row + region_.window_rows_;
  }

 private:
  const TermRegion& region_;
  int64_t left_;
  OutputRow row_;
};

TermRegion::TermRegion(const Conv2dShape& shape, const GemmMethod& method,
                       const std::vector<ByteMap>& maps)
    : shape_(shape),
      method_(method),
      tables_(256 * static_cast<int64_t>(maps.size())),
      channels_(shape.GroupInC()),
      pixel_bytes_(channels_ * method.element_bytes) {
  ByteMap identity;
  std::iota(identity.begin(), identity.end(), uint8_t{0});
  for (size_t m = 0; m < maps.size(); ++m) {
    std::copy(maps[m].begin(), maps[m].end(), tables_.data() + 256 * m);
    is_identity_.push_back(maps[m] == identity);
  }
  step_h_ = shape.kernel_h == 1 ? shape.stride_h : std::gcd(shape.stride_h, shape.dilation_h);
  step_w_ = shape.kernel_w == 1 ? shape.stride_w : std::gcd(shape.stride_w, shape.dilation_w);
  // Which way four output rows take fewer input rows.
  const int64_t extent = (shape.kernel_h - 1) * shape.dilation_h / step_h_ + 1;
  shares_rows_ = 3 * shape.stride_h / step_h_ + extent <= 4 * shape.kernel_h;
  window_rows_ = shares_rows_ ? extent : shape.kernel_h;

  const auto last = [](int64_t outputs, int64_t stride, int64_t kernel, int64_t dilation) {
    return (outputs - 1) * stride + (kernel - 1) * dilation;
  };
  const bool padded =
      shape.pad_top > 0 || shape.pad_left > 0 ||
      last(shape.out_h, shape.stride_h, shape.kernel_h, shape.dilation_h) >= shape.in_h ||
      last(shape.out_w, shape.stride_w, shape.kernel_w, shape.dilation_w) >= shape.in_w;
  const bool input_is_mapped = maps.size() == 1 && is_identity_[0] && method.element_bytes == 1;
  direct_ = input_is_mapped && !padded;
  if (direct_) {
    merged_ = shape.kernel_w == 1 || (shape.dilation_w == 1 && shape.groups == 1);
    // Nothing may be read beyond the input's end.
    direct_ = TapDepth() % (method.depth_unit * method.depth_multiple) == 0;
  }
  if (!direct_) merged_ = shape.kernel_w == 1 || shape.dilation_w == step_w_;
  ChooseStep(maps.size());
}

int64_t TermRegion::RegionRows(int64_t output_rows) const {
  if (!shares_rows_) return output_rows * shape_.kernel_h;
  // The rows may belong to as many images as possible or to as few.
  const int64_t stride = shape_.stride_h / step_h_;
  const int64_t most_images = CeilDiv(output_rows - 1, shape_.out_h) + 1;
  const int64_t one_image = (output_rows - 1) * stride + window_rows_;
  return std::max(one_image, (output_rows - most_images) * stride + most_images * window_rows_);
}

int64_t TermRegion::RegionColumns(int64_t positions) const {
  return ((positions - 1) * shape_.stride_w + (shape_.kernel_w - 1) * shape_.dilation_w) / step_w_ +
         1;
}

void TermRegion::ChooseStep(size_t map_count) {
  const auto planes = static_cast<int64_t>(map_count);
  const auto fits = [&](int64_t rows, int64_t columns) {
    return planes * RegionRows(rows) * RowBytes(RegionColumns(columns) * pixel_bytes_) <=
           kRegionBudget;
  };
  const int64_t out_w = shape_.out_w;
  step_positions_ = kMaxPositions;
  if (direct_ || planes == 0) return;
  if (out_w <= kMaxPositions && (fits(1, out_w) || out_w <= kMinPositions)) {
    rows_per_step_ = CeilDiv(kMinPositions, out_w);
    while ((rows_per_step_ + 1) * out_w <= kMaxPositions && fits(rows_per_step_ + 1, out_w)) {
      ++rows_per_step_;
    }
    step_positions_ = rows_per_step_ * out_w;
  } else {
    step_positions_ = std::min(out_w, kMinPositions);
    while (step_positions_ < std::min(out_w, kMaxPositions) && fits(1, step_positions_ + 1)) {
      ++step_positions_;
    }
  }
  max_rows_ = RegionRows(std::max<int64_t>(1, rows_per_step_));
  max_columns_ = RegionColumns(std::min(out_w, step_positions_));
  row_bytes_ = RowBytes(max_columns_ * pixel_bytes_);
  plane_bytes_ = max_rows_ * row_bytes_;
  region_bytes_ = RoundUp(planes * plane_bytes_ + kOverread, 64);
}

int64_t TermRegion::ScratchBytes() const {
  // Sums of one row's pixels, then sums of all pixels.
  return RoundUp(std::max(max_columns_, kMaxPositions) * 4, 64) + max_rows_ * max_columns_ * 8;
}

int64_t TermRegion::TapOffset(size_t map, int64_t tap) const {
  const int64_t i = merged_ ? tap : tap / shape_.kernel_w;
  const int64_t j = merged_ ? 0 : tap % shape_.kernel_w;
  if (direct_) {
    return (i * shape_.dilation_h * shape_.in_w + j * shape_.dilation_w) * shape_.in_c;
  }
  const int64_t row = shares_rows_ ? i * shape_.dilation_h / step_h_ : i;
  const int64_t column = j * shape_.dilation_w / step_w_;
  return static_cast<int64_t>(map) * plane_bytes_ + row * row_bytes_ + column * pixel_bytes_;
}

int64_t TermRegion::StepPositions(int64_t first, int64_t count) const {
  const int64_t x = first % shape_.out_w;
  if (rows_per_step_ > 0) return std::min(count, step_positions_ - x);
  if (max_rows_ > 0) return std::min({count, step_positions_, shape_.out_w - x});
  return std::min(count, step_positions_);  // there is no region
}

TermRegion::OutputColumns TermRegion::ColumnsOf(int64_t first, int64_t count) const {
  const int64_t x = first % shape_.out_w;
  if (x + count <= shape_.out_w) return {x, count};
  return {0, shape_.out_w};
}

void TermRegion::FillRow(const Conv2dInput& input, int64_t group, int64_t image, int64_t y,
                         int64_t first_x, int64_t columns, uint8_t* row) const {
  // Columns [left, right) are pixels of the image.
  int64_t left = columns;
  int64_t right = columns;
  if (y >= 0 && y < shape_.in_h) {
    left = first_x >= 0 ? 0 : std::min(columns, CeilDiv(-first_x, step_w_));
    right = first_x >= shape_.in_w ? 0 : CeilDiv(shape_.in_w - first_x, step_w_);
    right = std::max(left, std::min(columns, right));
  }
  CodeSpan span;
  span.count = right - left;
  span.channels = channels_;
  span.stride = step_w_ * shape_.in_c;
  if (span.count > 0) {
    span.codes =
        input.codes +
        ((image * shape_.in_h + y) * shape_.in_w + first_x + left * step_w_) * shape_.in_c +
        group * channels_;
  }
  if (span.stride == channels_) {  // neighbours in memory are neighbours in the region
    span.channels *= span.count;
    span.count = span.count > 0 ? 1 : 0;
  }
  for (size_t map = 0; map < is_identity_.size(); ++map, row += plane_bytes_) {
    const uint8_t* table = tables_.data() + 256 * map;
    uint8_t* pixels = row + left * pixel_bytes_;
    if (is_identity_[map] && span.count == 1 && method_.element_bytes == 1) {
      std::memcpy(pixels, span.codes, static_cast<size_t>(span.channels));
    } else if (span.count > 0) {
      method_.map(table, span, pixels);
    }
    const uint8_t pad = table[input.pad_code];
    const auto fill = [&](int64_t from, int64_t to) {
      if (method_.element_bytes == 1) {
        std::fill(row + from * channels_, row + to * channels_, pad);
      } else {
        auto* elements = reinterpret_cast<uint16_t*>(row);
        std::fill(elements + from * channels_, elements + to * channels_, uint16_t{pad});
      }
    };
    fill(0, left);
    fill(right, columns);
  }
}

void TermRegion::Fill(const Conv2dInput& input, int64_t group, int64_t first, int64_t count,
                      uint8_t* region, const uint8_t** rows) const {
  if (is_identity_.empty()) return;
  const OutputColumns served = ColumnsOf(first, count);
  const int64_t columns = RegionColumns(served.count);
  const int64_t first_x = served.first * shape_.stride_w - shape_.pad_left;
  const int64_t row_step = shares_rows_ ? step_h_ : shape_.dilation_h;
  int64_t filled = 0;
  for (OutputRows it(*this, first, count); !it.Done(); it.Next()) {
    const OutputRow& out = *it;
    const uint8_t* position;
    int64_t position_step;
    if (direct_) {
      position = input.codes +
                 ((out.image * shape_.in_h + out.y * shape_.stride_h) * shape_.in_w +
                  out.x * shape_.stride_w) *
                     shape_.in_c +
                 group * channels_;
      position_step = shape_.stride_w * shape_.in_c;
    } else {
      for (int64_t r = std::max(filled, out.region_row); r < out.rows_end; ++r) {
        const int64_t y =
            out.y * shape_.stride_h - shape_.pad_top + (r - out.region_row) * row_step;
        FillRow(input, group, out.image, y, first_x, columns, region + r * row_bytes_);
      }
      filled = out.rows_end;
      position_step = shape_.stride_w / step_w_ * pixel_bytes_;
      position = region + out.region_row * row_bytes_ + (out.x - served.first) * position_step;
    }
    for (int64_t i = 0; i < out.count; ++i) *rows++ = position + i * position_step;
  }
}

// Without a region there is one map, the identity, and windows are summed one by one.
template <typename Sum>
void TermRegion::SumDirect(const std::vector<MapFactor>& factors, int64_t first, int64_t count,
                           const uint8_t* const* rows, uint32_t* scratch, Sum* sums) const {
  Sum factor = 0;
  for (const MapFactor& f : factors) factor += static_cast<Sum>(f.factor);
  for (OutputRows it(*this, first, count); !it.Done(); it.Next()) {
    const int64_t positions = (*it).count;
    for (int64_t tap = 0; tap < TapCount(); ++tap) {
      method_.sum(rows[0] + TapOffset(0, tap), positions, TapDepth(), shape_.stride_w * shape_.in_c,
                  scratch);
      for (int64_t p = 0; p < positions; ++p) sums[p] += factor * scratch[p];
    }
    rows += positions;
    sums += positions;
  }
}

// sums[i] = sum over the factors' maps of entry i of region row `row`.
template <typename Sum>
void TermRegion::SumRow(const std::vector<MapFactor>& factors, const RowEntries& entries,
                        const uint8_t* row, uint32_t* scratch, Sum* sums) const {
  std::fill(sums, sums + entries.count, Sum{0});
  for (const MapFactor& f : factors) {
    method_.sum(row + static_cast<int64_t>(f.map) * plane_bytes_, entries.count, entries.elements,
                entries.stride_bytes, scratch);
    const auto factor = static_cast<Sum>(f.factor);
    for (int64_t i = 0; i < entries.count; ++i) sums[i] += factor * scratch[i];
  }
}

template <typename Sum>
void TermRegion::SumWindows(const std::vector<MapFactor>& factors, int64_t first, int64_t count,
                            const uint8_t* region, const uint8_t* const* rows, uint8_t* scratch,
                            Sum* sums) const {
  auto* plane_sums = reinterpret_cast<uint32_t*>(scratch);
  std::fill(sums, sums + count, Sum{0});
  if (factors.empty()) return;
  if (direct_) return SumDirect(factors, first, count, rows, plane_sums, sums);
  auto* entry_sums =
      reinterpret_cast<Sum*>(scratch + RoundUp(std::max(max_columns_, kMaxPositions) * 4, 64));
  const OutputColumns served = ColumnsOf(first, count);
  const int64_t row_step = shares_rows_ ? shape_.dilation_h / step_h_ : 1;
  int64_t position_step = shape_.stride_w / step_w_;
  RowEntries entries = {RegionColumns(served.count), channels_, pixel_bytes_};
  int64_t taps = shape_.kernel_w;
  if (merged_ && TapDepth() <= kMaxShortTap) {
    entries = {served.count, TapDepth(), position_step * pixel_bytes_};
    position_step = 1;
    taps = 1;
  }
  int64_t summed = 0;
  for (OutputRows it(*this, first, count); !it.Done(); it.Next()) {
    const OutputRow& out = *it;
    for (int64_t r = std::max(summed, out.region_row); r < out.rows_end; ++r) {
      SumRow(factors, entries, region + r * row_bytes_, plane_sums, entry_sums + r * max_columns_);
    }
    summed = out.rows_end;
    for (int64_t i = 0; i < shape_.kernel_h; ++i) {
      const Sum* entry = entry_sums + (out.region_row + i * row_step) * max_columns_ +
                         (out.x - served.first) * position_step;
      for (int64_t j = 0; j < taps; ++j, entry += shape_.dilation_w / step_w_) {
        if (position_step == 1) {  // apart, because it vectorises better
          for (int64_t p = 0; p < out.count; ++p) sums[p] += entry[p];
        } else {
          for (int64_t p = 0; p < out.count; ++p) sums[p] += entry[p * position_step];
        }
      }
    }
    sums += out.count;
  }
}

template void TermRegion::SumWindows(const std::vector<MapFactor>&, int64_t, int64_t,
                                     const uint8_t*, const uint8_t* const*, uint8_t*,
                                     uint32_t*) const;
template void TermRegion::SumWindows(const std::vector<MapFactor>&, int64_t, int64_t,
                                     const uint8_t*, const uint8_t* const*, uint8_t*,
                                     uint64_t*) const;

}  // namespace axlut
