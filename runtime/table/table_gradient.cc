// SPDX-License-Identifier: MIT
#include "runtime/table/table_gradient.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace axlut {
namespace {

// Slopes of the entries on one line of the table, given and returned in the order of values.
class LineDifference {
 public:
  LineDifference(int64_t count, int window)
      : count_(count), window_(std::min<int64_t>(window, count / 2 - 1)), sums_(count + 1) {}

  template <typename EntryAt, typename StoreSlope>
  void Run(const EntryAt& entry_at, const StoreSlope& store) {
    for (int64_t v = 0; v < count_; ++v) {
      sums_[static_cast<size_t>(v + 1)] = sums_[static_cast<size_t>(v)] + entry_at(v);
    }
    for (int64_t v = 0; v < count_; ++v) {
      const int64_t above = std::min(count_ - 1, v + 1), below = std::max<int64_t>(0, v - 1);
      store(v, static_cast<float>((Mean(above) - Mean(below)) / (Centre(above) - Centre(below))));
    }
  }

 private:
  int64_t First(int64_t v) const { return std::max<int64_t>(0, v - window_); }
  int64_t Last(int64_t v) const { return std::min(count_ - 1, v + window_); }
  double Centre(int64_t v) const { return static_cast<double>(First(v) + Last(v)) / 2; }
  double Mean(int64_t v) const {
    const int64_t sum =
        sums_[static_cast<size_t>(Last(v) + 1)] - sums_[static_cast<size_t>(First(v))];
    return static_cast<double>(sum) / static_cast<double>(Last(v) - First(v) + 1);
  }

  const int64_t count_, window_;
  std::vector<int64_t> sums_;  // of the first v entries
};

}  // namespace

TableGradient DifferentiateTable(const TruthTable& table, int window) {
  const OperandSpec& a_spec = table.a();
  const OperandSpec& b_spec = table.b();
  TableGradient gradient;
  gradient.by_a.resize(table.products().size());
  gradient.by_b.resize(table.products().size());
  const auto index = [&](uint64_t a, uint64_t b) { return (a << b_spec.width) | b; };
  const auto pattern = [](const OperandSpec& spec, int64_t v) {
    return uint64_t{spec.PatternOf(spec.min_value() + v)};
  };
  LineDifference by_a(static_cast<int64_t>(a_spec.count()), window);
  for (uint64_t b = 0; b < b_spec.count(); ++b) {
    by_a.Run([&](int64_t v) { return table.products()[index(pattern(a_spec, v), b)]; },
             [&](int64_t v, float slope) { gradient.by_a[index(pattern(a_spec, v), b)] = slope; });
  }
  LineDifference by_b(static_cast<int64_t>(b_spec.count()), window);
  for (uint64_t a = 0; a < a_spec.count(); ++a) {
    by_b.Run([&](int64_t v) { return table.products()[index(a, pattern(b_spec, v))]; },
             [&](int64_t v, float slope) { gradient.by_b[index(a, pattern(b_spec, v))] = slope; });
  }
  return gradient;
}

std::vector<float> MeanOverA(const std::vector<float>& slopes, size_t count_a, size_t count_b) {
  std::vector<float> means;
  for (size_t b = 0; b < count_b; ++b) {
    double sum = 0;
    for (size_t a = 0; a < count_a; ++a) sum += slopes[a * count_b + b];
    means.push_back(static_cast<float>(sum / static_cast<double>(count_a)));
  }
  return means;
}

std::vector<float> MeanOverB(const std::vector<float>& slopes, size_t count_a, size_t count_b) {
  std::vector<float> means;
  for (size_t a = 0; a < count_a; ++a) {
    double sum = 0;
    for (size_t b = 0; b < count_b; ++b) sum += slopes[a * count_b + b];
    means.push_back(static_cast<float>(sum / static_cast<double>(count_b)));
  }
  return means;
}

}  // namespace axlut
