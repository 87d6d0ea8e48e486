// SPDX-License-Identifier: MIT
#include "runtime/bench/rival_loops.h"

#include <algorithm>
#include <numeric>

#include "runtime/base/check.h"

namespace axlut {
namespace {

// AdaPT's dot product over one row of columns and one of weights.
int32_t DotProduct(const uint16_t* table, const uint8_t* weights, const uint8_t* codes,
                   int64_t depth) {
  int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
  int64_t k = 0;
  for (; k + 8 <= depth; k += 8) {
    s0 += table[(weights[k] << 8) | codes[k]];
    s1 += table[(weights[k + 1] << 8) | codes[k + 1]];
    s2 += table[(weights[k + 2] << 8) | codes[k + 2]];
    s3 += table[(weights[k + 3] << 8) | codes[k + 3]];
    s4 += table[(weights[k + 4] << 8) | codes[k + 4]];
    s5 += table[(weights[k + 5] << 8) | codes[k + 5]];
    s6 += table[(weights[k + 6] << 8) | codes[k + 6]];
    s7 += table[(weights[k + 7] << 8) | codes[k + 7]];
  }
  for (; k < depth; ++k) s0 += table[(weights[k] << 8) | codes[k]];
  return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
}

}  // namespace

RivalLayer::RivalLayer(const TruthTable& table, const Conv2dShape& shape,
                       const LayerOperands& operands)
    : shape_(shape),
      zero_b_(operands.zero_b),
      bias_(static_cast<size_t>(shape.out_c)),
      padding_(static_cast<size_t>(shape.in_c), static_cast<uint8_t>(operands.zero_a)) {
  AXLUT_CHECK(table.a() == OperandSpec{} && table.b() == OperandSpec{});
  for (size_t i = 0; i < operands.filter.size(); ++i) {
    bias_[i % bias_.size()] -= operands.zero_a * operands.filter[i];
  }
  const int32_t constant = static_cast<int32_t>(shape.Depth()) * operands.zero_a * zero_b_;
  for (int32_t& bias : bias_) bias += constant;
}

TfApproxOrderLayer::TfApproxOrderLayer(const TruthTable& table, const Conv2dShape& shape,
                                       const LayerOperands& operands)
    : RivalLayer(table, shape, operands), table_(table.products()), filter_(operands.filter) {}

int32_t TfApproxOrderLayer::Sum(const uint8_t* image, int64_t y, int64_t x, int64_t o) const {
  const int64_t group_in_c = shape_.GroupInC();
  const int64_t first_c = o / shape_.GroupOutC() * group_in_c;
  const uint8_t* weight = filter_.data() + o;
  int32_t sum = 0;
  for (int64_t i = 0; i < shape_.kernel_h; ++i) {
    for (int64_t j = 0; j < shape_.kernel_w; ++j) {
      const uint8_t* pixel = Pixel(image, y, x, i, j) + first_c;
      for (int64_t c = 0; c < group_in_c; ++c, weight += shape_.out_c) {
        sum += table_[static_cast<size_t>((pixel[c] << 8) | *weight)];
      }
    }
  }
  return sum;
}

int32_t TfApproxOrderLayer::CodeSum(const uint8_t* image, int64_t y, int64_t x,
                                    int64_t group) const {
  int32_t sum = 0;
  for (int64_t i = 0; i < shape_.kernel_h; ++i) {
    for (int64_t j = 0; j < shape_.kernel_w; ++j) {
      const uint8_t* pixel = Pixel(image, y, x, i, j) + group * shape_.GroupInC();
      for (int64_t c = 0; c < shape_.GroupInC(); ++c) sum += pixel[c];
    }
  }
  return sum;
}

void TfApproxOrderLayer::Run(const uint8_t* input, int32_t* out) {
  const int64_t group_out_c = shape_.GroupOutC();
  for (int64_t n = 0; n < shape_.batch; ++n) {
    const uint8_t* image = input + n * shape_.in_h * shape_.in_w * shape_.in_c;
    for (int64_t y = 0; y < shape_.out_h; ++y) {
      for (int64_t x = 0; x < shape_.out_w; ++x) {
        for (int64_t group = 0; group < shape_.groups; ++group) {
          const int32_t code_sum = CodeSum(image, y, x, group);
          for (int64_t o = group * group_out_c; o < (group + 1) * group_out_c; ++o) {
            *out++ = Corrected(o, Sum(image, y, x, o), code_sum);
          }
        }
      }
    }
  }
}

TfApprox2OrderLayer::TfApprox2OrderLayer(const TruthTable& table, const Conv2dShape& shape,
                                         const LayerOperands& operands)
    : RivalLayer(table, shape, operands),
      table_(table.products()),
      filter_(operands.filter.begin(), operands.filter.end()),
      columns_(static_cast<size_t>(shape.out_h * shape.out_w * shape.Depth())),
      code_sums_(static_cast<size_t>(shape.out_h * shape.out_w)) {}

void TfApprox2OrderLayer::Unfold(const uint8_t* image, int64_t group) {
  const int64_t depth = shape_.Depth();
  const int64_t group_in_c = shape_.GroupInC();
  std::fill(code_sums_.begin(), code_sums_.end(), 0);
  for (size_t at = 0; at < columns_.size(); ++at) {
    const int64_t position = static_cast<int64_t>(at) / depth;
    const int64_t k = static_cast<int64_t>(at) % depth;
    const int64_t tap = k / group_in_c;
    const uint8_t* pixel = Pixel(image, position / shape_.out_w, position % shape_.out_w,
                                 tap / shape_.kernel_w, tap % shape_.kernel_w);
    columns_[at] = pixel[group * group_in_c + k % group_in_c];
    code_sums_[static_cast<size_t>(position)] += columns_[at];
  }
}

void TfApprox2OrderLayer::Run(const uint8_t* input, int32_t* out) {
  const int64_t depth = shape_.Depth();
  const int64_t positions = shape_.out_h * shape_.out_w;
  const int64_t group_out_c = shape_.GroupOutC();
  for (int64_t n = 0; n < shape_.batch; ++n) {
    for (int64_t group = 0; group < shape_.groups; ++group) {
      Unfold(input + n * shape_.in_h * shape_.in_w * shape_.in_c, group);
      for (int64_t o = group * group_out_c; o < (group + 1) * group_out_c; ++o) {
        for (int64_t p = 0; p < positions; ++p) {
          const uint8_t* codes = columns_.data() + p * depth;
          const float* weight = filter_.data() + o;
          float sum = 0;
          for (int64_t k = 0; k < depth; ++k, weight += shape_.out_c) {
            const auto code = static_cast<uint8_t>((*weight - filter_min_) * inverse_scale_ + 0.5F);
            sum += static_cast<float>(table_[static_cast<size_t>((codes[k] << 8) | code)]);
          }
          out[(n * positions + p) * shape_.out_c + o] =
              Corrected(o, static_cast<int32_t>(sum), code_sums_[static_cast<size_t>(p)]);
        }
      }
    }
  }
}

AdaptOrderLayer::AdaptOrderLayer(const TruthTable& table, const Conv2dShape& shape,
                                 const LayerOperands& operands)
    : RivalLayer(table, shape, operands),
      table_(65536),
      filter_(operands.filter.size()),
      columns_(static_cast<size_t>(shape.out_h * shape.out_w * shape.Depth())),
      code_sums_(static_cast<size_t>(shape.out_h * shape.out_w)) {
  for (uint32_t a = 0; a < 256; ++a) {
    for (uint32_t b = 0; b < 256; ++b) {
      const int32_t product = table.ProductAt(a, b);
      AXLUT_CHECK(product >= 0 && product <= 65535);
      table_[(b << 8) | a] = static_cast<uint16_t>(product);
    }
  }
  const auto depth = static_cast<size_t>(shape.Depth());
  const auto out_c = static_cast<size_t>(shape.out_c);
  for (size_t k = 0; k < depth; ++k) {
    for (size_t o = 0; o < out_c; ++o) {
      filter_[o * depth + k] = operands.filter[k * out_c + o];
    }
  }
}

void AdaptOrderLayer::Unfold(const uint8_t* image, int64_t group) {
  const int64_t group_in_c = shape_.GroupInC();
  uint8_t* column = columns_.data();
  int32_t* code_sum = code_sums_.data();
  for (int64_t y = 0; y < shape_.out_h; ++y) {
    for (int64_t x = 0; x < shape_.out_w; ++x, ++code_sum) {
      const uint8_t* begin = column;
      for (int64_t i = 0; i < shape_.kernel_h; ++i) {
        for (int64_t j = 0; j < shape_.kernel_w; ++j) {
          const uint8_t* pixel = Pixel(image, y, x, i, j) + group * group_in_c;
          column = std::copy(pixel, pixel + group_in_c, column);
        }
      }
      *code_sum = std::accumulate(begin, static_cast<const uint8_t*>(column), 0);
    }
  }
}

void AdaptOrderLayer::Run(const uint8_t* input, int32_t* out) {
  const Conv2dShape& s = shape_;
  const int64_t depth = s.Depth();
  const int64_t positions = s.out_h * s.out_w;
  const int64_t group_out_c = s.GroupOutC();
  for (int64_t n = 0; n < s.batch; ++n) {
    for (int64_t group = 0; group < s.groups; ++group) {
      Unfold(input + n * s.in_h * s.in_w * s.in_c, group);
      for (int64_t o = group * group_out_c; o < (group + 1) * group_out_c; ++o) {
        const uint8_t* weights = filter_.data() + o * depth;
        for (int64_t p = 0; p < positions; ++p) {
          const int32_t sum =
              DotProduct(table_.data(), weights, columns_.data() + p * depth, depth);
          out[(n * positions + p) * s.out_c + o] =
              Corrected(o, sum, code_sums_[static_cast<size_t>(p)]);
        }
      }
    }
  }
}

}  // namespace axlut
