// SPDX-License-Identifier: MIT
#include "kernels/plan/plan_builder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace axlut {
namespace {

// values[i] = offset + gcd * (digits[0][i] + 256 * digits[1][i] + ...), digits in 0..255.
struct Factor {
  int64_t gcd = 0;  // 0: constant
  std::vector<std::vector<uint8_t>> digits;
};

Factor SplitIntoBytes(const std::vector<int64_t>& values) {
  Factor factor;
  const int64_t min = *std::min_element(values.begin(), values.end());
  const int64_t max = *std::max_element(values.begin(), values.end());
  for (int64_t value : values) factor.gcd = std::gcd(factor.gcd, value - min);
  if (factor.gcd == 0) return factor;
  for (int64_t rest = (max - min) / factor.gcd, shift = 0; rest > 0; rest >>= 8, shift += 8) {
    std::vector<uint8_t>& digit = factor.digits.emplace_back();
    for (int64_t value : values) {
      digit.push_back(static_cast<uint8_t>(((value - min) / factor.gcd) >> shift & 0xFF));
    }
  }
  return factor;
}

int ByteCount(const std::vector<int64_t>& values) {
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  int64_t gcd = 0;
  for (int64_t value : values) gcd = std::gcd(gcd, value - *min);
  int bytes = 0;
  for (int64_t rest = gcd == 0 ? 0 : (*max - *min) / gcd; rest > 0; rest >>= 8) ++bytes;
  return bytes;
}

// A byte as int8_t, moved so that the largest magnitude is as small as possible: sums of two
// products then saturate 16 bits as rarely as possible (AVX2's vpmaddubsw).
std::vector<int8_t> ToSigned(const std::vector<uint8_t>& digit) {
  const int max = *std::max_element(digit.begin(), digit.end());
  const int middle = (max + (max == 255 ? 1 : 0)) / 2;
  std::vector<int8_t> moved;
  moved.reserve(digit.size());
  for (uint8_t value : digit) moved.push_back(static_cast<int8_t>(value - middle));
  return moved;
}

template <typename T>
bool Fits(int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

// Offsets f and g for which max - min of c[a][b] - f[a] - g[b] is small.
struct Levels {
  std::vector<int64_t> f;
  std::vector<int64_t> g;
};

// Alternating midranges [Diliberto, Straus, On the approximation of a function of several variables
// by the sum of functions of fewer variables, Pacific J. Math. 1951]: g becomes the middle of each
// column of c - f, f the middle of each row of c - g, until nothing improves. Single precision, as
// only the search needs it: the offsets become integers in the end.
class Leveller {
 public:
  Leveller(const std::vector<int64_t>& matrix, size_t count_a, size_t count_b)
      : matrix_(matrix),
        count_a_(count_a),
        count_b_(count_b),
        by_row_(matrix.begin(), matrix.end()),
        by_column_(matrix.size()),
        f_(count_a, 0),
        g_(count_b, 0) {
    for (size_t a = 0; a < count_a; ++a) {
      for (size_t b = 0; b < count_b; ++b) by_column_[b * count_a + a] = by_row_[a * count_b + b];
    }
  }

  Levels Run(int passes) {
    constexpr int kPatience = 6;          // passes without ...
    constexpr float kImprovement = 0.5F;  // ... this much of a smaller range end the search
    float best = std::numeric_limits<float>::infinity();
    for (int pass = 0, idle = 0; pass < passes && idle < kPatience; ++pass) {
      MidrangesOf(by_row_, f_, &g_);
      const float range = MidrangesOf(by_column_, g_, &f_);
      idle = range < best - kImprovement ? 0 : idle + 1;
      best = std::min(best, range);
    }
    return Rounded();
  }

 private:
  // middle[j] = midrange over i of lines[i][j] - level[i]; the largest range. The inner loop runs
  // over j, so that it is a loop of vector minima and maxima.
  float MidrangesOf(const std::vector<float>& lines, const std::vector<float>& level,
                    std::vector<float>* middle) {
    const size_t length = middle->size();
    low_.assign(length, std::numeric_limits<float>::infinity());
    high_.assign(length, -std::numeric_limits<float>::infinity());
    for (size_t i = 0; i < level.size(); ++i) {
      const float* line = lines.data() + i * length;
      const float shift = level[i];
      for (size_t j = 0; j < length; ++j) {
        const float value = line[j] - shift;
        low_[j] = value < low_[j] ? value : low_[j];
        high_[j] = value > high_[j] ? value : high_[j];
      }
    }
    float range = 0;
    for (size_t j = 0; j < length; ++j) {
      (*middle)[j] = (low_[j] + high_[j]) / 2;
      range = std::max(range, high_[j] - low_[j]);
    }
    return range;
  }

  // The offsets as integers: g rounded, f the exact midranges given g.
  Levels Rounded() const {
    Levels levels;
    for (float value : g_) levels.g.push_back(std::llround(value));
    for (size_t a = 0; a < count_a_; ++a) {
      int64_t low = std::numeric_limits<int64_t>::max();
      int64_t high = std::numeric_limits<int64_t>::min();
      for (size_t b = 0; b < count_b_; ++b) {
        const int64_t value = matrix_[a * count_b_ + b] - levels.g[b];
        low = std::min(low, value);
        high = std::max(high, value);
      }
      levels.f.push_back((low + high) >> 1);
    }
    return levels;
  }

  const std::vector<int64_t>& matrix_;
  const size_t count_a_;
  const size_t count_b_;
  std::vector<float> by_row_;     // [a][b]
  std::vector<float> by_column_;  // [b][a]
  std::vector<float> f_;
  std::vector<float> g_;
  std::vector<float> low_;
  std::vector<float> high_;
};

Levels LevelsOf(const std::vector<int64_t>& matrix, size_t count_a, size_t count_b, int passes) {
  return Leveller(matrix, count_a, count_b).Run(passes);
}

// Whether matrix[high << 4 | low][y] = matrix[high << 4][y] + matrix[low][y] for a centred matrix,
// x and y being steps of `step_x` and `step_y` in it.
bool IsNibbleSum(const std::vector<int64_t>& matrix, size_t count_x, size_t step_x, size_t count_y,
                 size_t step_y) {
  if (count_x <= 16) return false;
  for (size_t x = 17; x < count_x; ++x) {
    const int64_t* line = matrix.data() + x * step_x;
    const int64_t* high = matrix.data() + (x & ~size_t{15}) * step_x;
    const int64_t* low = matrix.data() + (x & 15) * step_x;
    for (size_t y = 0; y < count_y; ++y) {
      if (line[y * step_y] != high[y * step_y] + low[y * step_y]) return false;
    }
  }
  return true;
}

// Levels of the high and of the low nibble's part of such a matrix, added. x indexes the rows.
Levels NibbleLevels(const std::vector<int64_t>& matrix, size_t count_a, size_t count_b,
                    int passes) {
  std::vector<int64_t> high_part;
  for (size_t a = 0; a < count_a; a += 16) {
    const int64_t* row = matrix.data() + a * count_b;
    high_part.insert(high_part.end(), row, row + count_b);
  }
  const std::vector<int64_t> low_part(matrix.begin(),
                                      matrix.begin() + static_cast<std::ptrdiff_t>(16 * count_b));
  const Levels high = LevelsOf(high_part, count_a / 16, count_b, passes);
  const Levels low = LevelsOf(low_part, 16, count_b, passes);
  Levels levels;
  for (size_t a = 0; a < count_a; ++a) levels.f.push_back(high.f[a >> 4] + low.f[a & 15]);
  for (size_t b = 0; b < count_b; ++b) levels.g.push_back(high.g[b] + low.g[b]);
  return levels;
}

// Of a centred matrix.
std::optional<Levels> ChosenLevels(const std::vector<int64_t>& matrix, int width_a, int width_b,
                                   int passes, OffsetChoice choice) {
  const size_t count_a = size_t{1} << width_a;
  const size_t count_b = size_t{1} << width_b;
  if (choice == OffsetChoice::kSmallestRange) return LevelsOf(matrix, count_a, count_b, passes);
  if (choice == OffsetChoice::kNibblesOfA) {
    if (!IsNibbleSum(matrix, count_a, count_b, count_b, 1)) return std::nullopt;
    return NibbleLevels(matrix, count_a, count_b, passes);
  }
  if (!IsNibbleSum(matrix, count_b, 1, count_a, count_b)) return std::nullopt;
  std::vector<int64_t> transposed(matrix.size());
  for (size_t a = 0; a < count_a; ++a) {
    for (size_t b = 0; b < count_b; ++b) transposed[b * count_a + a] = matrix[a * count_b + b];
  }
  Levels levels = NibbleLevels(transposed, count_b, count_a, passes);
  std::swap(levels.f, levels.g);
  return levels;
}

}  // namespace

std::vector<int64_t> OperandValues(int width, bool is_signed) {
  const int64_t count = int64_t{1} << width;
  std::vector<int64_t> values;
  for (int64_t pattern = 0; pattern < count; ++pattern) {
    values.push_back(is_signed && pattern >= count / 2 ? pattern - count : pattern);
  }
  return values;
}

int TermsOf(const IntegerProduct& product) { return ByteCount(product.u) * ByteCount(product.v); }

int64_t Centre(std::vector<int64_t>* matrix, int width_a, int width_b) {
  const size_t count_a = size_t{1} << width_a;
  const size_t count_b = size_t{1} << width_b;
  const std::vector<int64_t> first(matrix->begin(),
                                   matrix->begin() + static_cast<std::ptrdiff_t>(count_b));
  int64_t gcd = 0;
  for (size_t a = 0; a < count_a; ++a) {
    int64_t* row = matrix->data() + a * count_b;
    const int64_t shift = row[0] - first[0];
    for (size_t b = 0; b < count_b; ++b) {
      row[b] -= shift + first[b];
      // One division, where the whole algorithm would take many steps to find what is known.
      if (gcd == 0 || (gcd != 1 && row[b] % gcd != 0)) gcd = std::gcd(gcd, row[b]);
    }
  }
  if (gcd > 1) {
    for (int64_t& value : *matrix) value /= gcd;
  }
  return gcd;
}

bool MayGainFromNibbles(const KernelPlan& plan) {
  return plan.residual && plan.residual->count_a > 16 && plan.residual->count_b > 16;
}

PlanBuilder::PlanBuilder(const LutView& lut)
    : remainder_(lut.products, lut.products + (size_t{1} << (lut.width_a + lut.width_b))) {
  plan_.width_a = lut.width_a;
  plan_.width_b = lut.width_b;
}

void PlanBuilder::AddProduct(const IntegerProduct& product) {
  centred_.clear();
  const Factor u = SplitIntoBytes(product.u);
  const Factor v = SplitIntoBytes(product.v);
  if (u.digits.empty() || v.digits.empty()) return;
  // The highest term's scale must fit; the others' are smaller.
  const size_t shift = 8 * (u.digits.size() + v.digits.size() - 2);
  int64_t scale = 0;
  fits_ = fits_ && shift < 32 && !__builtin_mul_overflow(u.gcd, v.gcd, &scale) &&
          !__builtin_mul_overflow(scale, product.scale, &scale) && Fits<int32_t>(scale) &&
          Fits<int32_t>(scale * (int64_t{1} << shift));
  if (!fits_) return;
  for (size_t i = 0; i < u.digits.size(); ++i) {
    for (size_t j = 0; j < v.digits.size(); ++j) {
      const int64_t term_scale = scale * (int64_t{1} << (8 * (i + j)));
      PlanTerm term{static_cast<int32_t>(term_scale), u.digits[i], ToSigned(v.digits[j])};
      int64_t* entry = remainder_.data();
      for (uint8_t u_value : term.u) {
        const int64_t row = term_scale * u_value;
        for (int8_t v_value : term.v) *entry++ -= row * v_value;
      }
      plan_.terms.push_back(std::move(term));
    }
  }
}

std::optional<KernelPlan> PlanBuilder::Finish(int passes, OffsetChoice choice) {
  if (!fits_) return std::nullopt;
  const size_t count_a = size_t{1} << plan_.width_a;
  const size_t count_b = size_t{1} << plan_.width_b;
  if (centred_.empty()) {
    centred_ = remainder_;
    gcd_ = Centre(&centred_, plan_.width_a, plan_.width_b);
  }
  const int64_t gcd = gcd_;
  std::optional<Levels> chosen =
      Levels{std::vector<int64_t>(count_a, 0), std::vector<int64_t>(count_b, 0)};
  if (gcd != 0) chosen = ChosenLevels(centred_, plan_.width_a, plan_.width_b, passes, choice);
  if (!chosen) return std::nullopt;
  const Levels& levels = *chosen;
  std::vector<int64_t> rest = centred_;
  for (size_t a = 0; a < count_a; ++a) {
    for (size_t b = 0; b < count_b; ++b) rest[a * count_b + b] -= levels.f[a] + levels.g[b];
  }
  KernelPlan plan = plan_;
  int64_t min = 0;
  plan.residual = MakeResidual(rest, plan_.width_a, plan_.width_b, &min);
  if (!plan.residual && gcd != 0) return std::nullopt;
  if (plan.residual) {
    if (!Fits<int32_t>(plan.residual->scale * gcd)) return std::nullopt;
    plan.residual->scale *= static_cast<int32_t>(gcd);
  }
  bool fits = true;
  for (size_t a = 0; a < count_a; ++a) {
    const int64_t offset = remainder_[a * count_b] + gcd * levels.f[a];
    fits = fits && Fits<int32_t>(offset);
    plan.offset_a.push_back(static_cast<int32_t>(offset));
  }
  for (size_t b = 0; b < count_b; ++b) {
    const int64_t offset = remainder_[b] - remainder_[0] + gcd * (levels.g[b] + min);
    fits = fits && Fits<int32_t>(offset);
    plan.offset_b.push_back(static_cast<int32_t>(offset));
  }
  if (!fits) return std::nullopt;
  return plan;
}

}  // namespace axlut
