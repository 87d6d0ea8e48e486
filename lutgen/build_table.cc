// SPDX-License-Identifier: MIT
#include "lutgen/build_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/base/version.h"

namespace axlut {
namespace {

TableInfo DescribeModel(const MultiplierModel& model) {
  TableInfo info;
  info.name = model.name;
  info.ports = {model.ports.a.name, model.ports.b.name, model.ports.product.name};
  info.source = model.source;
  info.tools = model.tools;
  info.tools["axlut"] = AXLUT_VERSION;
  return info;
}

}  // namespace

Result<StoredTable> BuildTable(const MultiplierModel& model, const SweepOptions& options) {
  const OperandSpec& a = model.ports.a.spec;
  const OperandSpec& b = model.ports.b.spec;
  if (a.width > kMaxStoredOperandWidth || b.width > kMaxStoredOperandWidth) {
    return Error::Unsupported(
               fmt::format("operands of a stored table have at most {} bits, '{}' is a {}x{}-bit "
                           "multiplier",
                           kMaxStoredOperandWidth, model.name, a.width, b.width))
        .Help("'lutgen metrics' measures it without a table");
  }
  AXLUT_ASSIGN_OR_RETURN(const ModelRows rows, ModelRows::Create(model, options.isa));
  std::vector<int32_t> products(static_cast<size_t>(rows.pair_count()));
  const size_t columns = b.count();
  const OperandSpec& spec = model.ports.product.spec;
  // A value that int32_t cannot hold cannot be the product's, either, except for a 32-bit unsigned
  // product: TruthTable::Create refuses both.
  const auto clamp = [](int64_t value) {
    return static_cast<int32_t>(std::clamp<int64_t>(value, INT32_MIN, INT32_MAX));
  };
  AXLUT_RETURN_IF_ERROR(VisitRows(rows, options, [&](uint32_t row, const int64_t* values) {
    std::transform(values, values + columns,
                   products.begin() + static_cast<ptrdiff_t>(row * columns), clamp);
  }));
  AXLUT_ASSIGN_OR_RETURN(TruthTable table, TruthTable::Create(a, b, spec, std::move(products)));
  return StoredTable{std::move(table), DescribeModel(model)};
}

}  // namespace axlut
