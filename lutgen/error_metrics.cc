// SPDX-License-Identifier: MIT
#include "lutgen/error_metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace axlut {
namespace {

// |e| < 2^33 and 2^32 pairs: sums of e need 65 bits, sums of e^2 need 98.
__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

struct RowErrors {
  uint64_t wrong = 0;    // pairs with e != 0
  uint64_t sum_abs = 0;  // at most 2^16 * 2^33
  int64_t sum = 0;
  UInt128 sum_squares = 0;
  uint64_t max_abs = 0;
  double sum_relative = 0;  // of |e| / |a * b| where a * b != 0
  double max_relative = 0;
};

RowErrors MeasureRow(const OperandSpec& a, const OperandSpec& b, uint32_t row,
                     const int64_t* products) {
  RowErrors errors;
  const int64_t value_a = a.ValueOf(row);
  const uint64_t columns = b.count();
  for (uint64_t column = 0; column < columns; ++column) {
    const int64_t exact = value_a * b.ValueOf(column);
    const int64_t e = products[column] - exact;
    if (e == 0) continue;
    const uint64_t abs_e = static_cast<uint64_t>(std::abs(e));
    ++errors.wrong;
    errors.sum_abs += abs_e;
    errors.sum += e;
    errors.sum_squares += UInt128{abs_e} * abs_e;
    errors.max_abs = std::max(errors.max_abs, abs_e);
    if (exact == 0) continue;
    // Both fit 53 bits, so the quotient is the correctly rounded one and its maximum is exact.
    const double relative = static_cast<double>(abs_e) / std::abs(static_cast<double>(exact));
    errors.sum_relative += relative;
    errors.max_relative = std::max(errors.max_relative, relative);
  }
  return errors;
}

// Pairs with a * b != 0: every operand has exactly one pattern of value 0.
double NonZeroPairs(const OperandSpec& a, const OperandSpec& b) {
  return static_cast<double>(a.count() - 1) * static_cast<double>(b.count() - 1);
}

ErrorMetrics Summarize(const OperandSpec& a, const OperandSpec& b,
                       const std::vector<RowErrors>& rows) {
  uint64_t wrong = 0;
  uint64_t max_abs = 0;
  UInt128 sum_abs = 0;
  UInt128 sum_squares = 0;
  Int128 sum = 0;
  long double sum_relative = 0;
  double max_relative = 0;
  for (const RowErrors& row : rows) {
    wrong += row.wrong;
    sum_abs += row.sum_abs;
    sum += row.sum;
    sum_squares += row.sum_squares;
    max_abs = std::max(max_abs, row.max_abs);
    sum_relative += row.sum_relative;
    max_relative = std::max(max_relative, row.max_relative);
  }
  const long double pairs = static_cast<long double>(a.count() * b.count());
  ErrorMetrics metrics;
  metrics.mae = static_cast<double>(static_cast<long double>(sum_abs) / pairs);
  metrics.mae_pct = static_cast<double>(100 * static_cast<long double>(sum_abs) / pairs / pairs);
  metrics.wce = max_abs;
  metrics.wce_pct = static_cast<double>(100 * static_cast<long double>(max_abs) / pairs);
  metrics.wcre_pct = 100 * max_relative;
  metrics.ep_pct = static_cast<double>(100 * static_cast<long double>(wrong) / pairs);
  metrics.mre_pct = static_cast<double>(100 * sum_relative / NonZeroPairs(a, b));
  metrics.mse = static_cast<double>(static_cast<long double>(sum_squares) / pairs);
  metrics.bias = static_cast<double>(static_cast<long double>(sum) / pairs);
  return metrics;
}

Result<ErrorMetrics> MeasureRows(const ModelRows& rows, const SweepOptions& options) {
  std::vector<RowErrors> errors(rows.a().count());
  AXLUT_RETURN_IF_ERROR(VisitRows(rows, options, [&](uint32_t row, const int64_t* products) {
    errors[row] = MeasureRow(rows.a(), rows.b(), row, products);
  }));
  return Summarize(rows.a(), rows.b(), errors);
}

}  // namespace

std::vector<std::pair<std::string, double>> ErrorMetrics::Items() const {
  return {{"mae", mae},         {"mae_pct", mae_pct},   {"wce", static_cast<double>(wce)},
          {"wce_pct", wce_pct}, {"wcre_pct", wcre_pct}, {"ep_pct", ep_pct},
          {"mre_pct", mre_pct}, {"mse", mse},           {"bias", bias}};
}

std::map<std::string, double> ErrorMetrics::ToMap() const {
  std::map<std::string, double> map;
  for (const auto& [key, value] : Items()) map[key] = value;
  return map;
}

ErrorMetrics MeasureErrors(const TruthTable& table, const ParallelFor& parallel_for) {
  SweepOptions options;
  options.parallel_for = parallel_for;
  // Reading a table and a sweep without progress cannot fail.
  return MeasureRows(ModelRows(table), options).value();
}

Result<ErrorMetrics> MeasureErrors(const MultiplierModel& model, const SweepOptions& options) {
  AXLUT_ASSIGN_OR_RETURN(const ModelRows rows, ModelRows::Create(model, options.isa));
  return MeasureRows(rows, options);
}

}  // namespace axlut
