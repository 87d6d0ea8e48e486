// SPDX-License-Identifier: MIT
#include "runtime/table/truth_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace axlut {
namespace {

Result<void> CheckSpecs(const OperandSpec& a, const OperandSpec& b, const OperandSpec& product) {
  for (const OperandSpec* operand : {&a, &b}) {
    if (operand->width < 1 || operand->width > kMaxStoredOperandWidth) {
      return Error::InvalidInput(
          fmt::format("operand width of a stored truth table must be 1..{}, got {}",
                      kMaxStoredOperandWidth, operand->width));
    }
  }
  if (product.width < 1 || product.width > 32) {
    return Error::InvalidInput(
        fmt::format("product width of a truth table must be 1..32, got {}", product.width));
  }
  if (product.width == 32 && !product.is_signed()) {
    return Error::Unsupported(
        "a stored truth table holds 32-bit signed values, got a 32-bit unsigned product");
  }
  return {};
}

}  // namespace

Result<TruthTable> TruthTable::Create(OperandSpec a, OperandSpec b, OperandSpec product,
                                      std::vector<int32_t> products) {
  AXLUT_RETURN_IF_ERROR(CheckSpecs(a, b, product));
  const uint64_t needed = a.count() * b.count();
  if (products.size() != needed) {
    return Error::InvalidInput(
        fmt::format("truth table of a {}x{}-bit multiplier needs {} products, got {}", a.width,
                    b.width, needed, products.size()));
  }
  for (size_t i = 0; i < products.size(); ++i) {
    if (products[i] < product.min_value() || products[i] > product.max_value()) {
      return Error::InvalidInput(fmt::format("product at entry {} must fit a {} number, got {}", i,
                                             ToString(product), products[i]));
    }
  }
  return TruthTable(a, b, product, std::move(products));
}

bool TruthTable::IsCommutative() const {
  if (a_ != b_) return false;
  for (uint32_t a = 0; a < a_.count(); ++a) {
    for (uint32_t b = 0; b < a; ++b) {
      if (ProductAt(a, b) != ProductAt(b, a)) return false;
    }
  }
  return true;
}

TruthTable TruthTable::Transposed() const {
  std::vector<int32_t> swapped(products_.size());
  for (uint32_t a = 0; a < a_.count(); ++a) {
    for (uint32_t b = 0; b < b_.count(); ++b) {
      swapped[(static_cast<size_t>(b) << a_.width) | a] = ProductAt(a, b);
    }
  }
  return TruthTable(b_, a_, product_, std::move(swapped));
}

Result<TruthTable> TableOfProducts(OperandSpec a, OperandSpec b, std::vector<int32_t> products) {
  const auto [least, most] = std::minmax_element(products.begin(), products.end());
  const bool is_signed = a.is_signed() || b.is_signed() || (!products.empty() && *least < 0);
  OperandSpec product{std::clamp(a.width + b.width, 1, 32),
                      is_signed ? Signedness::kTwosComplement : Signedness::kUnsigned};
  const auto fits = [&](int64_t value) {
    return value >= product.min_value() && value <= product.max_value();
  };
  while (!products.empty() && !(fits(*least) && fits(*most))) ++product.width;
  return TruthTable::Create(a, b, product, std::move(products));
}

Result<TruthTable> ExactTable(OperandSpec a, OperandSpec b) {
  const bool is_signed = a.is_signed() || b.is_signed();
  const OperandSpec product{a.width + b.width,
                            is_signed ? Signedness::kTwosComplement : Signedness::kUnsigned};
  AXLUT_RETURN_IF_ERROR(CheckSpecs(a, b, product));
  std::vector<int32_t> products;
  products.reserve(a.count() * b.count());
  for (uint32_t i = 0; i < a.count(); ++i) {
    for (uint32_t j = 0; j < b.count(); ++j) {
      products.push_back(static_cast<int32_t>(a.ValueOf(i) * b.ValueOf(j)));
    }
  }
  return TruthTable::Create(a, b, product, std::move(products));
}

}  // namespace axlut
