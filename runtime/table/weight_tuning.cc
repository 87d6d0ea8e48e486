// SPDX-License-Identifier: MIT
#include "runtime/table/weight_tuning.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "runtime/base/check.h"

namespace axlut {
namespace {

// Entries that are summed before a candidate is given up: enough for vectors, few enough to matter.
constexpr size_t kChunk = 64;

Result<void> CheckOptions(const TruthTable& table, const WeightTuningOptions& options) {
  const OperandSpec& a = table.a();
  const std::vector<double>& histogram = options.histogram;
  if (options.zero_a < a.min_value() || options.zero_a > a.max_value()) {
    return Error::InvalidInput(fmt::format("zero point of the {} activation must be {}..{}, got {}",
                                           ToString(a), a.min_value(), a.max_value(),
                                           options.zero_a));
  }
  if (histogram.empty()) return {};
  if (histogram.size() != a.count()) {
    return Error::InvalidInput(fmt::format("histogram of a {} activation needs {} entries, got {}",
                                           ToString(a), a.count(), histogram.size()));
  }
  for (size_t i = 0; i < histogram.size(); ++i) {
    if (!std::isfinite(histogram[i]) || histogram[i] < 0) {
      return Error::InvalidInput(fmt::format(
          "histogram entries must be finite and not negative, got {} at {}", histogram[i], i));
    }
  }
  const double total = std::accumulate(histogram.begin(), histogram.end(), 0.0);
  if (total == 0 || !std::isfinite(total)) {
    return Error::InvalidInput(
        fmt::format("histogram entries must have a finite sum above 0, got {}", total));
  }
  return {};
}

// How often each activation occurs, divided by a power of two so that no sum of errors leaves
// double. That changes no bit of the others.
std::vector<double> ScaledHistogram(const TruthTable& table, const WeightTuningOptions& options) {
  if (options.histogram.empty()) return std::vector<double>(table.a().count(), 1.0);
  int exponent = 0;
  std::frexp(*std::max_element(options.histogram.begin(), options.histogram.end()), &exponent);
  std::vector<double> scaled;
  for (const double count : options.histogram) scaled.push_back(std::ldexp(count, -exponent));
  return scaled;
}

class Tuner {
 public:
  Tuner(const TruthTable& table, const WeightTuningOptions& options)
      : a_(table.a()),
        b_(table.b()),
        zero_a_(options.zero_a),
        left_out_(options.narrow_b ? int64_t{b_.PatternOf(b_.min_value())} : -1),
        columns_(table.Transposed().products()),
        histogram_(ScaledHistogram(table, options)) {}

  double Occurrences() const { return std::accumulate(histogram_.begin(), histogram_.end(), 0.0); }

  struct Choice {
    uint32_t weight = 0;
    double error = 0;         // of the best weight
    double error_before = 0;  // of the weight itself
  };

  Choice Best(uint32_t weight) const {
    // Without zero_a * w', which depends on the candidate.
    std::vector<double> exact(a_.count());
    for (uint32_t a = 0; a < a_.count(); ++a) {
      exact[a] = static_cast<double>((a_.ValueOf(a) - zero_a_) * b_.ValueOf(weight));
    }
    Choice best;
    best.weight = weight;
    best.error = best.error_before = ErrorOf(exact, weight, HUGE_VAL);
    if (weight == left_out_) return best;
    for (uint32_t candidate = 0; candidate < b_.count(); ++candidate) {
      if (candidate == left_out_) continue;
      const double error = ErrorOf(exact, candidate, best.error);
      if (error < best.error) {  // not <=: of equals the first stays, and the weight was first
        best.weight = candidate;
        best.error = error;
      }
    }
    return best;
  }

 private:
  // The error of one candidate, or any number >= limit if it is not below that.
  double ErrorOf(const std::vector<double>& exact, uint32_t candidate, double limit) const {
    const int32_t* const products = columns_.data() + (static_cast<size_t>(candidate) << a_.width);
    const double correction = static_cast<double>(zero_a_ * b_.ValueOf(candidate));
    double error = 0;
    for (size_t first = 0; first < exact.size() && error < limit; first += kChunk) {
      const size_t end = std::min(first + kChunk, exact.size());
      double lanes[4] = {};  // independent sums: vectors, without -ffast-math
      size_t a = first;
      for (; a + 4 <= end; a += 4) {
        for (size_t i = 0; i < 4; ++i) {
          lanes[i] += histogram_[a + i] *
                      std::fabs(exact[a + i] - static_cast<double>(products[a + i]) + correction);
        }
      }
      for (; a < end; ++a) {
        lanes[0] +=
            histogram_[a] * std::fabs(exact[a] - static_cast<double>(products[a]) + correction);
      }
      error += (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
    }
    return error;
  }

  const OperandSpec a_, b_;
  const int64_t zero_a_;
  const int64_t left_out_;              // a pattern of b, or none
  const std::vector<int32_t> columns_;  // [w'][a]
  const std::vector<double> histogram_;
};

}  // namespace

Result<WeightTuning> TuneWeights(const TruthTable& table, const WeightTuningOptions& options) {
  AXLUT_RETURN_IF_ERROR(CheckOptions(table, options));
  const Tuner tuner(table, options);
  const auto weights = static_cast<int64_t>(table.b().count());
  std::vector<Tuner::Choice> choices(static_cast<size_t>(weights));
  options.parallel_for(weights, 1, [&](int64_t begin, int64_t end) {
    for (int64_t w = begin; w < end; ++w) choices[w] = tuner.Best(static_cast<uint32_t>(w));
  });
  WeightTuning tuning;
  for (const Tuner::Choice& choice : choices) {
    tuning.map.push_back(choice.weight);
    tuning.mae_before += choice.error_before;
    tuning.mae_after += choice.error;
  }
  const double occurrences = tuner.Occurrences();
  tuning.mae_before /= occurrences * static_cast<double>(weights);
  tuning.mae_after /= occurrences * static_cast<double>(weights);
  return tuning;
}

TruthTable TunedTable(const TruthTable& table, const std::vector<uint32_t>& map) {
  const OperandSpec &a = table.a(), &b = table.b();
  AXLUT_CHECK_EQ(map.size(), b.count());
  AXLUT_CHECK(std::all_of(map.begin(), map.end(), [&](uint32_t w) { return w < b.count(); }));
  std::vector<int32_t> products;
  products.reserve(table.products().size());
  for (uint32_t i = 0; i < a.count(); ++i) {
    for (const uint32_t weight : map) products.push_back(table.ProductAt(i, weight));
  }
  Result<TruthTable> tuned = TruthTable::Create(a, b, table.product(), std::move(products));
  AXLUT_CHECK(tuned.ok());  // the same products in another order
  return *std::move(tuned);
}

StoredTable TunedTable(const StoredTable& stored, const std::vector<uint32_t>& map) {
  StoredTable tuned{TunedTable(stored.table, map), stored.info};
  if (!tuned.info.name.empty()) tuned.info.name += "_tuned";
  tuned.info.metrics.clear();
  return tuned;
}

}  // namespace axlut
