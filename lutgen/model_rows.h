// SPDX-License-Identifier: MIT
// Rows of products from any model or table, and the loop over all rows with threads, progress and
// cancellation that building a table and measuring its errors share.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "frontend/multiplier_model.h"
#include "lutgen/bit_parallel.h"
#include "runtime/base/parallel_for.h"
#include "runtime/base/result.h"
#include "runtime/table/truth_table.h"

namespace axlut {

// Called with the operand pairs done and in all, on the calling thread; false cancels the work.
using PairProgress = std::function<bool(int64_t done, int64_t total)>;

// How long work over all pairs is done. Defaults: on this thread, silently.
struct SweepOptions {
  ParallelFor parallel_for = SerialFor();
  PairProgress progress;  // may be empty
  Isa isa = ActiveIsa();  // for netlists
};

// Products by rows. The model or table must outlive it.
class ModelRows {
 public:
  static Result<ModelRows> Create(const MultiplierModel& model, Isa isa);
  explicit ModelRows(const TruthTable& table);
  ModelRows(ModelRows&&) noexcept = default;

  const OperandSpec& a() const { return a_; }
  const OperandSpec& b() const { return b_; }
  int64_t pair_count() const { return static_cast<int64_t>(a_.count() * b_.count()); }
  // True if Read may be called from several threads at once (then it cannot fail, either).
  bool is_thread_safe() const { return function_ == nullptr; }

  // Writes the products (values) of row_count rows from first_row on, in storage order.
  Result<void> Read(uint32_t first_row, uint32_t row_count, int64_t* products) const;

 private:
  ModelRows(const OperandSpec& a, const OperandSpec& b, const OperandSpec& product)
      : a_(a), b_(b), product_(product) {}

  OperandSpec a_;
  OperandSpec b_;
  OperandSpec product_;
  // Exactly one of the three.
  std::unique_ptr<BitParallelEvaluator> evaluator_;
  ProductFunction* function_ = nullptr;
  const TruthTable* table_ = nullptr;
};

// Calls visit(row, products) once for every row, from several threads at once; products holds the
// row's 2^width_b values. kInterrupted if options.progress says so, or the model's Error.
using RowVisitor = std::function<void(uint32_t row, const int64_t* products)>;
Result<void> VisitRows(const ModelRows& rows, const SweepOptions& options, const RowVisitor& visit);

}  // namespace axlut
