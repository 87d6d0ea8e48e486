// SPDX-License-Identifier: MIT
#include "lutgen/model_rows.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

namespace axlut {
namespace {

// Pairs between two progress reports: tens of milliseconds.
constexpr uint64_t kPairsPerSlab = uint64_t{1} << 22;
// Pairs that one thread reads at a time: 128 KiB of products stay in the second-level cache.
constexpr uint64_t kPairsPerRead = uint64_t{1} << 14;

// Rows of 2^width_b pairs in `pairs`, at least one.
uint32_t RowsIn(uint64_t pairs, int width_b) {
  return static_cast<uint32_t>(std::max<uint64_t>(pairs >> width_b, 1));
}

void ReadAndVisit(const ModelRows& rows, uint32_t begin, uint32_t end, const RowVisitor& visit) {
  const uint32_t columns = static_cast<uint32_t>(rows.b().count());
  const uint32_t step = std::min(RowsIn(kPairsPerRead, rows.b().width), end - begin);
  std::vector<int64_t> products(size_t{step} * columns);
  for (uint32_t row = begin; row < end; row += step) {
    const uint32_t count = std::min(step, end - row);
    const Result<void> read = rows.Read(row, count, products.data());
    AXLUT_CHECK(read.ok());
    for (uint32_t i = 0; i < count; ++i) visit(row + i, products.data() + size_t{i} * columns);
  }
}

// A slab of a model that must be read on one thread.
Result<void> ReadThenVisit(const ModelRows& rows, uint32_t begin, uint32_t end,
                           const SweepOptions& options, const RowVisitor& visit,
                           std::vector<int64_t>& products) {
  const size_t columns = rows.b().count();
  products.resize((end - begin) * columns);
  AXLUT_RETURN_IF_ERROR(rows.Read(begin, end - begin, products.data()));
  options.parallel_for(end - begin, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      visit(begin + static_cast<uint32_t>(i), products.data() + static_cast<size_t>(i) * columns);
    }
  });
  return {};
}

}  // namespace

Result<ModelRows> ModelRows::Create(const MultiplierModel& model, Isa isa) {
  ModelRows rows(model.ports.a.spec, model.ports.b.spec, model.ports.product.spec);
  if (const Netlist* netlist = std::get_if<Netlist>(&model.behaviour)) {
    AXLUT_ASSIGN_OR_RETURN(
        BitParallelEvaluator evaluator,
        BitParallelEvaluator::Create(*netlist, rows.a_, rows.b_, rows.product_, isa));
    rows.evaluator_ = std::make_unique<BitParallelEvaluator>(std::move(evaluator));
  } else {
    rows.function_ = std::get<std::unique_ptr<ProductFunction>>(model.behaviour).get();
    AXLUT_CHECK(rows.function_ != nullptr);
  }
  return rows;
}

ModelRows::ModelRows(const TruthTable& table)
    : a_(table.a()), b_(table.b()), product_(table.product()), table_(&table) {}

Result<void> ModelRows::Read(uint32_t first_row, uint32_t row_count, int64_t* products) const {
  if (function_ != nullptr) return function_->EvaluateRows(first_row, row_count, products);
  const uint64_t first = uint64_t{first_row} << b_.width;
  const uint64_t count = uint64_t{row_count} << b_.width;
  if (table_ != nullptr) {
    std::copy_n(table_->products().begin() + static_cast<ptrdiff_t>(first), count, products);
    return {};
  }
  std::vector<int32_t> narrow(count);
  evaluator_->Evaluate(first, count, narrow.data());
  if (product_.width == 32 && !product_.is_signed()) {
    std::transform(narrow.begin(), narrow.end(), products,
                   [](int32_t value) { return int64_t{static_cast<uint32_t>(value)}; });
  } else {
    std::copy(narrow.begin(), narrow.end(), products);
  }
  return {};
}

Result<void> VisitRows(const ModelRows& rows, const SweepOptions& options,
                       const RowVisitor& visit) {
  const uint32_t row_count = static_cast<uint32_t>(rows.a().count());
  const uint32_t slab = RowsIn(kPairsPerSlab, rows.b().width);
  std::vector<int64_t> products;
  for (uint32_t begin = 0; begin < row_count; begin += std::min(slab, row_count - begin)) {
    const uint32_t end = begin + std::min(slab, row_count - begin);
    if (rows.is_thread_safe()) {
      const int64_t grain = RowsIn(kPairsPerRead, rows.b().width);
      options.parallel_for(end - begin, grain, [&](int64_t first, int64_t last) {
        ReadAndVisit(rows, begin + static_cast<uint32_t>(first),
                     begin + static_cast<uint32_t>(last), visit);
      });
    } else {
      AXLUT_RETURN_IF_ERROR(ReadThenVisit(rows, begin, end, options, visit, products));
    }
    const int64_t done = static_cast<int64_t>(uint64_t{end} << rows.b().width);
    if (options.progress && !options.progress(done, rows.pair_count())) {
      return Error(ErrorCode::kInterrupted, "interrupted");
    }
  }
  return {};
}

}  // namespace axlut
