// SPDX-License-Identifier: MIT
#include "kernels/plan/product_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace axlut {
namespace {

constexpr int kSteps = 255;      // largest max - min of u and of v
constexpr int kIterations = 16;  // of the power method; only a start for the refinement

using Vector = std::vector<float>;

// A matrix and its transpose, so that every inner loop runs along memory.
struct TwoWayMatrix {
  size_t count_a = 0;
  size_t count_b = 0;
  Vector by_row;     // [a][b]
  Vector by_column;  // [b][a]

  TwoWayMatrix(const std::vector<int64_t>& matrix, size_t rows, size_t columns)
      : count_a(rows), count_b(columns), by_row(matrix.begin(), matrix.end()), by_column(by_row) {
    Transpose();
  }
  void Transpose() {
    for (size_t a = 0; a < count_a; ++a) {
      for (size_t b = 0; b < count_b; ++b) by_column[b * count_a + a] = by_row[a * count_b + b];
    }
  }
};

// result[j] = sum over i of weights[i] * lines[i][j]
Vector WeightedSum(const Vector& lines, const Vector& weights, size_t length) {
  Vector sum(length, 0.0F);
  for (size_t i = 0; i < weights.size(); ++i) {
    for (size_t j = 0; j < length; ++j) sum[j] += weights[i] * lines[i * length + j];
  }
  return sum;
}

// Takes out the means of rows and columns: what f(a) + g(b) can do in the least-squares sense.
void RemoveMeans(TwoWayMatrix* matrix) {
  const size_t rows = matrix->count_a;
  const size_t columns = matrix->count_b;
  Vector row_sum = WeightedSum(matrix->by_column, Vector(columns, 1.0F), rows);
  Vector column_sum = WeightedSum(matrix->by_row, Vector(rows, 1.0F), columns);
  const float total =
      std::accumulate(row_sum.begin(), row_sum.end(), 0.0F) / static_cast<float>(rows * columns);
  for (size_t a = 0; a < rows; ++a) {
    const float row_mean = row_sum[a] / static_cast<float>(columns);
    for (size_t b = 0; b < columns; ++b) {
      matrix->by_row[a * columns + b] -=
          row_mean + column_sum[b] / static_cast<float>(rows) - total;
    }
  }
  matrix->Transpose();
}

// Returns the length that the vector had.
float Normalize(Vector* vector) {
  float squares = 0;
  for (float value : *vector) squares += value * value;
  const float length = std::sqrt(squares);
  for (float& value : *vector) value /= length > 0 ? length : 1;
  return length;
}

float Span(const Vector& values) {
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  return *max - *min;
}

// The dominant singular pair: matrix ~ sigma * u * v.
struct SingularPair {
  float sigma = 0;
  Vector u;
  Vector v;
};

SingularPair DominantPair(const TwoWayMatrix& matrix) {
  SingularPair pair;
  // Start from the row of the largest norm.
  float largest = -1;
  for (size_t a = 0; a < matrix.count_a; ++a) {
    const auto first = matrix.by_row.begin() + static_cast<std::ptrdiff_t>(a * matrix.count_b);
    const auto last = first + static_cast<std::ptrdiff_t>(matrix.count_b);
    const float squares = std::inner_product(first, last, first, 0.0F);
    if (squares <= largest) continue;
    largest = squares;
    pair.v.assign(first, last);
  }
  Normalize(&pair.v);
  for (int i = 0; i < kIterations; ++i) {
    pair.u = WeightedSum(matrix.by_column, pair.v, matrix.count_a);
    Normalize(&pair.u);
    pair.v = WeightedSum(matrix.by_row, pair.u, matrix.count_b);
    pair.sigma = Normalize(&pair.v);
  }
  return pair;
}

std::vector<int64_t> Rounded(const Vector& values, float factor) {
  std::vector<int64_t> rounded;
  for (float value : values) rounded.push_back(std::llround(value * factor));
  const int64_t most = *std::min_element(rounded.begin(), rounded.end()) + kSteps;
  for (int64_t& value : rounded) value = std::min(value, most);
  return rounded;
}

// One half of RefineProduct: u, f fixed; chooses v[j] (and implies g[j]) for every line position j.
class HalfStep {
 public:
  // `lines`: [i][j]
  HalfStep(const Vector& lines, size_t length)
      : lines_(lines), length_(length), low_(length), high_(length) {}

  // Improves *v by steps of 4, 2 and 1 within kSteps, and sets *g to the midranges. Returns the
  // largest range.
  float Run(const Vector& u, const Vector& f, Vector* v, Vector* g) {
    Vector range = RangesOf(u, f, *v);
    const float lowest = *std::min_element(v->begin(), v->end());
    const float highest = *std::max_element(v->begin(), v->end());
    const float slack = static_cast<float>(kSteps) - (highest - lowest);
    const float floor_v = lowest - std::floor(slack / 2);
    for (float step : {4.0F, -4.0F, 2.0F, -2.0F, 1.0F, -1.0F, 1.0F, -1.0F}) {
      Vector candidate = *v;
      for (float& value : candidate) {
        value = std::clamp(value + step, floor_v, floor_v + static_cast<float>(kSteps));
      }
      const Vector candidate_range = RangesOf(u, f, candidate);
      for (size_t j = 0; j < length_; ++j) {
        if (candidate_range[j] >= range[j]) continue;
        range[j] = candidate_range[j];
        (*v)[j] = candidate[j];
      }
    }
    RangesOf(u, f, *v);
    for (size_t j = 0; j < length_; ++j) (*g)[j] = (low_[j] + high_[j]) / 2;
    return *std::max_element(range.begin(), range.end());
  }

 private:
  // range[j] of lines[i][j] - f[i] - u[i] * v[j] over i
  Vector RangesOf(const Vector& u, const Vector& f, const Vector& v) {
    std::fill(low_.begin(), low_.end(), std::numeric_limits<float>::infinity());
    std::fill(high_.begin(), high_.end(), -std::numeric_limits<float>::infinity());
    for (size_t i = 0; i < u.size(); ++i) {
      const float* line = lines_.data() + i * length_;
      for (size_t j = 0; j < length_; ++j) {
        const float value = line[j] - f[i] - u[i] * v[j];
        low_[j] = value < low_[j] ? value : low_[j];
        high_[j] = value > high_[j] ? value : high_[j];
      }
    }
    Vector range(length_);
    for (size_t j = 0; j < length_; ++j) range[j] = high_[j] - low_[j];
    return range;
  }

  const Vector& lines_;
  const size_t length_;
  Vector low_;
  Vector high_;
};

Vector Scaled(const std::vector<int64_t>& values, float factor) {
  Vector scaled;
  for (int64_t value : values) scaled.push_back(static_cast<float>(value) * factor);
  return scaled;
}

// On a matrix whose offsets and gcd are gone.
void Refine(const TwoWayMatrix& matrix, int passes, IntegerProduct* product) {
  const auto scale = static_cast<float>(product->scale);
  Vector u = Scaled(product->u, 1);
  Vector v = Scaled(product->v, 1);
  Vector f(matrix.count_a, 0.0F);
  Vector g(matrix.count_b, 0.0F);
  HalfStep columns(matrix.by_row, matrix.count_b);
  HalfStep rows(matrix.by_column, matrix.count_a);
  float best = std::numeric_limits<float>::infinity();
  for (int pass = 0; pass < passes; ++pass) {
    Vector scaled = u;
    for (float& value : scaled) value *= scale;
    columns.Run(scaled, f, &v, &g);
    scaled = v;
    for (float& value : scaled) value *= scale;
    const float range = rows.Run(scaled, g, &u, &f);
    if (range >= best) break;
    best = range;
    for (size_t a = 0; a < u.size(); ++a) product->u[a] = std::llround(u[a]);
    for (size_t b = 0; b < v.size(); ++b) product->v[b] = std::llround(v[b]);
  }
}

}  // namespace

std::vector<IntegerProduct> FitProducts(const std::vector<int64_t>& matrix, int width_a,
                                        int width_b, const FitParams& params) {
  std::vector<int64_t> centred = matrix;
  const int64_t gcd = Centre(&centred, width_a, width_b);
  if (gcd == 0) return {};
  const TwoWayMatrix exact(centred, size_t{1} << width_a, size_t{1} << width_b);
  TwoWayMatrix without_means = exact;
  RemoveMeans(&without_means);
  const SingularPair pair = DominantPair(without_means);
  const float span_u = Span(pair.u);
  const float span_v = Span(pair.v);
  if (pair.sigma <= 0 || span_u <= 0 || span_v <= 0) return {};
  // sigma * u * v = scale * (factor_u * u) * (factor_v * v), all factors as fine as 8 bits allow.
  const float most_u = kSteps / span_u;
  const float most_v = kSteps / span_v;
  const float scale = std::max(1.0F, std::ceil(pair.sigma / (most_u * most_v)));
  const float both = pair.sigma / scale;  // factor_u * factor_v
  std::vector<IntegerProduct> fits;
  const float wishes[] = {std::sqrt(both * most_u / most_v), most_u, both / most_v};
  for (int i = 0; i < std::min(params.roundings, 3); ++i) {
    const float factor_u = std::clamp(wishes[i], std::min(both / most_v, most_u), most_u);
    IntegerProduct fit{static_cast<int64_t>(scale), Rounded(pair.u, factor_u),
                       Rounded(pair.v, both / factor_u)};
    Refine(exact, params.refine_passes, &fit);
    if (TermsOf(fit) != 1) continue;
    const bool is_new = std::none_of(fits.begin(), fits.end(), [&](const IntegerProduct& other) {
      return other.u == fit.u && other.v == fit.v;
    });
    if (is_new) fits.push_back(std::move(fit));
  }
  for (IntegerProduct& fit : fits) fit.scale *= gcd;
  return fits;
}

void RefineProduct(const std::vector<int64_t>& matrix, int width_a, int width_b, int passes,
                   IntegerProduct* product) {
  std::vector<int64_t> centred = matrix;
  const int64_t gcd = Centre(&centred, width_a, width_b);
  for (int64_t& value : centred) value *= gcd;
  Refine(TwoWayMatrix(centred, product->u.size(), product->v.size()), passes, product);
}

}  // namespace axlut
