// SPDX-License-Identifier: MIT
#include "runtime/table/headerless.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/table/name_convention.h"

namespace axlut {
namespace {

constexpr const char* kWidthHelp = "give the widths: --width-a BITS --width-b BITS";
constexpr const char* kSignHelp = "give the signedness: --signed or --unsigned";

Result<void> CheckWidth(int width, const char* operand) {
  if (width >= 1 && width <= kMaxStoredOperandWidth) return {};
  return Error::InvalidInput(fmt::format("width of operand {} must be 1..{} bits, got {}", operand,
                                         kMaxStoredOperandWidth, width))
      .Help(kWidthHelp);
}

// Both widths where at least one is given.
Result<OperandWidths> FromHints(const RawFormatHints& hints, std::optional<int> total_bits) {
  if (!hints.width_a || !hints.width_b) {
    if (!total_bits) {
      return Error::InvalidInput("size of the file fits no table of the width that is given")
          .Help(kWidthHelp);
    }
    return hints.width_a ? OperandWidths{*hints.width_a, *total_bits - *hints.width_a}
                         : OperandWidths{*total_bits - *hints.width_b, *hints.width_b};
  }
  return OperandWidths{*hints.width_a, *hints.width_b};
}

Result<OperandWidths> Widths(const RawFormatHints& hints, const std::string& name,
                             std::optional<int> total_bits) {
  if (hints.width_a || hints.width_b) return FromHints(hints, total_bits);
  if (const auto convention = ParseNameConvention(name)) {
    return OperandWidths{convention->width_a, convention->width_b};
  }
  if (total_bits == 16) return OperandWidths{8, 8};
  if (!total_bits) {
    return Error::InvalidInput("size of the file fits no table of 1..12-bit operands")
        .Help(kWidthHelp);
  }
  return Error::InvalidInput(fmt::format("a table of 2^{} entries can have several widths, and the "
                                         "name '{}' does not say which (as mul8x4u_... does)",
                                         *total_bits, name))
      .Help(kWidthHelp);
}

OperandSpec ProductSpec(OperandWidths widths, Signedness signedness) {
  return {widths.a + widths.b, signedness};
}

}  // namespace

Result<OperandWidths> ResolveWidths(const RawFormatHints& hints, const std::string& name,
                                    std::optional<int> total_bits) {
  AXLUT_ASSIGN_OR_RETURN(const OperandWidths widths, Widths(hints, name, total_bits));
  AXLUT_RETURN_IF_ERROR(CheckWidth(widths.a, "a"));
  AXLUT_RETURN_IF_ERROR(CheckWidth(widths.b, "b"));
  if (total_bits && widths.a + widths.b != *total_bits) {
    const bool from_name = !hints.width_a && !hints.width_b;
    return Error::InvalidInput(fmt::format("a table of {}x{} bits{} must have {} entries, got {}",
                                           widths.a, widths.b, from_name ? " (by its name)" : "",
                                           uint64_t{1} << (widths.a + widths.b),
                                           uint64_t{1} << *total_bits))
        .Help(kWidthHelp);
  }
  return widths;
}

std::optional<Signedness> ResolveSignedness(const RawFormatHints& hints, const std::string& name,
                                            const std::vector<int64_t>& entries,
                                            OperandWidths widths) {
  if (hints.signedness) return hints.signedness;
  if (const auto convention = ParseNameConvention(name)) return convention->signedness;
  if (entries.empty()) return std::nullopt;
  const auto [smallest, largest] = std::minmax_element(entries.begin(), entries.end());
  if (*smallest < 0) return Signedness::kTwosComplement;
  if (*largest > ProductSpec(widths, Signedness::kTwosComplement).max_value()) {
    return Signedness::kUnsigned;
  }
  return std::nullopt;
}

Error SignednessIsOpen(OperandWidths widths) {
  return Error::InvalidInput(fmt::format("neither name nor entries of this table of {}x{} bits say "
                                         "whether its operands are signed",
                                         widths.a, widths.b))
      .Help(kSignHelp);
}

Result<TruthTable> TableOfEntries(OperandWidths widths, Signedness signedness,
                                  const std::vector<int64_t>& entries) {
  const OperandSpec product = ProductSpec(widths, signedness);
  std::vector<int32_t> products(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i] < product.min_value() || entries[i] > product.max_value()) {
      return Error::InvalidInput(
                 fmt::format("entry {} of a table of {}x{} bits must be a product of {} {} "
                             "bits, got {}",
                             i, widths.a, widths.b, product.width,
                             product.is_signed() ? "signed" : "unsigned", entries[i]))
          .Help(
              "if widths or signedness are wrong, give --width-a, --width-b, --signed, --unsigned");
    }
    products[i] = static_cast<int32_t>(entries[i]);
  }
  return TruthTable::Create({widths.a, signedness}, {widths.b, signedness}, product,
                            std::move(products));
}

Result<void> CheckHeaderless(const TruthTable& table, const char* format) {
  if (table.a().signedness != table.b().signedness ||
      table.a().signedness != table.product().signedness) {
    return Error::Unsupported(
               fmt::format(
                   "operands and product in a {} file must be all signed or all unsigned, got a "
                   "{} a, a {} b and a {} product",
                   format, ToString(table.a()), ToString(table.b()), ToString(table.product())))
        .Help("write an .axt file");
  }
  const OperandSpec product =
      ProductSpec({table.a().width, table.b().width}, table.product().signedness);
  for (size_t i = 0; i < table.products().size(); ++i) {
    if (table.products()[i] < product.min_value() || table.products()[i] > product.max_value()) {
      return Error::Unsupported(fmt::format("products in a {} file must fit the operands' {} bits "
                                            "together, got {} at entry {}",
                                            format, product.width, table.products()[i], i))
          .Help("write an .axt file");
    }
  }
  return {};
}

}  // namespace axlut
