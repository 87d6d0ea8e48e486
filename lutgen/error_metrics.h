// SPDX-License-Identifier: MIT
// Error metrics of an approximate multiplier, as EvoApproxLib publishes them. e = product - a * b;
// all means and maxima run over all N = 2^(width_a + width_b) operand pairs unless said otherwise.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "frontend/multiplier_model.h"
#include "lutgen/model_rows.h"
#include "runtime/base/result.h"
#include "runtime/table/truth_table.h"

namespace axlut {

struct ErrorMetrics {
  double mae = 0;       // mean of |e|
  double mae_pct = 0;   // 100 * mae / N, for signed operands, too
  uint64_t wce = 0;     // maximum of |e|
  double wce_pct = 0;   // 100 * wce / N
  double wcre_pct = 0;  // 100 * maximum of |e| / |a * b| over the pairs with a * b != 0
  double ep_pct = 0;    // 100 * (number of pairs with e != 0) / N
  double mre_pct = 0;   // 100 * mean of |e| / |a * b| over the pairs with a * b != 0
  double mse = 0;       // mean of e^2
  double bias = 0;      // mean of e

  // (JSON key, value) in the order above.
  std::vector<std::pair<std::string, double>> Items() const;
  std::map<std::string, double> ToMap() const;
};

// Sums are exact integers. The sum of relative errors is a sum of rows, each summed in the same
// order, so the result does not depend on the number of threads.
ErrorMetrics MeasureErrors(const TruthTable& table, const ParallelFor& parallel_for = SerialFor());

// The same without storing a table, which works up to 16x16 bits. kInterrupted if options.progress
// says so, or what the model's evaluation reports.
Result<ErrorMetrics> MeasureErrors(const MultiplierModel& model, const SweepOptions& options = {});

}  // namespace axlut
