// SPDX-License-Identifier: MIT
#include "runtime/table/sign_magnitude.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>
#include <vector>

namespace axlut {

Result<TruthTable> SignMagnitudeTable(const TruthTable& table) {
  if (table.a().is_signed() || table.b().is_signed()) {
    return Error::Unsupported(
        fmt::format("sign-magnitude needs a table of unsigned operands, found {} x {}",
                    ToString(table.a()), ToString(table.b())));
  }
  const OperandSpec a{table.a().width, Signedness::kTwosComplement};
  const OperandSpec b{table.b().width, Signedness::kTwosComplement};
  OperandSpec product{a.width + b.width, Signedness::kTwosComplement};
  std::vector<int32_t> products;
  products.reserve(table.products().size());
  for (uint32_t i = 0; i < a.count(); ++i) {
    for (uint32_t j = 0; j < b.count(); ++j) {
      const int64_t value_a = a.ValueOf(i);
      const int64_t value_b = b.ValueOf(j);
      const int64_t magnitude = table.ProductAt(static_cast<uint32_t>(std::abs(value_a)),
                                                static_cast<uint32_t>(std::abs(value_b)));
      const int64_t value = (value_a < 0) != (value_b < 0) ? -magnitude : magnitude;
      while (value < product.min_value() || value > product.max_value()) ++product.width;
      if (product.width > 32) {
        return Error::Unsupported(
            fmt::format("the sign-magnitude product of {} and {} must fit 32 bits, found {}",
                        value_a, value_b, value));
      }
      products.push_back(static_cast<int32_t>(value));
    }
  }
  return TruthTable::Create(a, b, product, std::move(products));
}

}  // namespace axlut
