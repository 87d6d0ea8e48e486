// SPDX-License-Identifier: MIT
#include "frontend/formula/formula.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "frontend/diagnostics.h"
#include "frontend/formula/products.h"
#include "frontend/read_multiplier.h"
#include "runtime/base/cli.h"

namespace axlut {
namespace {

constexpr int kMaxWidth = 16;

// A formula taken apart: operands A and B as written, before anything is swapped.
struct Formula {
  std::string kind;
  OperandSpec a;
  OperandSpec b;
  std::vector<int> numbers;
};

// Calls `product` for patterns of A and B; the row operand is one of the two.
template <typename Product>
class FormulaFunction : public ProductFunction {
 public:
  FormulaFunction(Product product, int column_width, bool row_is_b)
      : product_(product), columns_(uint32_t{1} << column_width), row_is_b_(row_is_b) {}

  Result<void> EvaluateRows(uint32_t first_row, uint32_t row_count, int64_t* products) override {
    for (uint32_t row = first_row; row < first_row + row_count; ++row) {
      for (uint32_t column = 0; column < columns_; ++column) {
        *products++ = row_is_b_ ? product_(column, row) : product_(row, column);
      }
    }
    return {};
  }

 private:
  Product product_;
  uint32_t columns_;
  bool row_is_b_;
};

Error Malformed(const std::string& text, const std::string& problem) {
  return Diagnose(Diagnostic::kFormula, fmt::format("formula '{}': {}", text, problem));
}

std::vector<std::string> SplitAtColons(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(':', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::optional<int> ToInt(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && text[0] != '-' ? std::optional<int>(value) : std::nullopt;
}

// "8x8", "8x4s", "8x8u" -> both operands.
Result<void> ParseWidths(const std::string& text, const std::string& part,
                         const PortMapOptions& options, Formula& formula) {
  std::string widths = part;
  std::optional<Signedness> suffix;
  if (!widths.empty() && (widths.back() == 's' || widths.back() == 'u')) {
    suffix = widths.back() == 's' ? Signedness::kTwosComplement : Signedness::kUnsigned;
    widths.pop_back();
  }
  const size_t cross = widths.find('x');
  const std::optional<int> a = ToInt(std::string_view(widths).substr(0, cross));
  const std::optional<int> b =
      cross == std::string::npos ? std::nullopt : ToInt(std::string_view(widths).substr(cross + 1));
  if (!a || !b) {
    return Malformed(text, fmt::format("widths are written 8x8, 8x4 or, for signed operands, 8x8s; "
                                       "found '{}'",
                                       part));
  }
  // value_or, not *: GCC 12 wrongly warns that *b may be uninitialized.
  const int width_a = a.value_or(0);
  const int width_b = b.value_or(0);
  for (const int width : {width_a, width_b}) {
    if (width < 1 || width > kMaxWidth) {
      return Malformed(text, fmt::format("operands have 1 to {} bits; found {}", kMaxWidth, width));
    }
  }
  if (suffix && options.signedness && *suffix != *options.signedness) {
    return Malformed(text, fmt::format("'{}' contradicts --{}", part,
                                       *suffix == Signedness::kUnsigned ? "signed" : "unsigned"));
  }
  const Signedness signedness = suffix.value_or(options.signedness.value_or(Signedness::kUnsigned));
  formula.a = {width_a, signedness};
  formula.b = {width_b, signedness};
  return {};
}

// Kind, widths and numbers; that the numbers are in range is Check()'s business.
Result<Formula> Parse(const std::string& text, const PortMapOptions& options) {
  const std::vector<std::string> parts = SplitAtColons(text);
  Formula formula;
  formula.kind = parts[0];
  std::vector<std::string> names;
  const FormulaKind* kind = nullptr;
  for (const FormulaKind& known : FormulaKinds()) {
    names.push_back(known.name);
    if (known.name == formula.kind) kind = &known;
  }
  if (kind == nullptr) {
    const std::string near = cli::DidYouMean(formula.kind, names);
    Error error = Malformed(text, fmt::format("there is no formula '{}'; known are {}",
                                              formula.kind, fmt::join(names, ", ")));
    if (near.empty()) return error;
    return std::move(error).Help(fmt::format("did you mean '{}'?", near));
  }
  const auto expected = static_cast<size_t>(std::count(kind->form.begin(), kind->form.end(), ':'));
  if (parts.size() != expected + 1) {
    return Malformed(text,
                     fmt::format("the form is {}, for example {}", kind->form, kind->example));
  }
  AXLUT_RETURN_IF_ERROR(ParseWidths(text, parts[1], options, formula));
  for (size_t i = 2; i < parts.size(); ++i) {
    const std::optional<int> number = ToInt(parts[i]);
    if (!number) {
      return Malformed(text,
                       fmt::format("'{}' is not a number; the form is {}", parts[i], kind->form));
    }
    formula.numbers.push_back(*number);
  }
  return formula;
}

Result<void> CheckNumber(const std::string& text, const char* what, int number, int low, int high) {
  if (number >= low && number <= high) return {};
  return Malformed(text, fmt::format("{} must be {} to {}; found {}", what, low, high, number));
}

Result<void> RequireUnsigned(const std::string& text, const Formula& formula) {
  if (!formula.a.is_signed()) return {};
  return Diagnose(
      Diagnostic::kFormulaSigned,
      fmt::format("formula '{}': '{}' is defined for unsigned operands only", text, formula.kind));
}

// Baugh and Wooley's signed array complements the terms of the sign rows and adds constants in
// columns min(width) - 1 and above. Below them all arrays agree on what omitting a cell means.
Result<void> CheckSignedBreak(const std::string& text, const Formula& formula, int row,
                              int column) {
  const int first_sign_column = std::min(formula.a.width, formula.b.width) - 1;
  if (!formula.a.is_signed() || (row == 0 && column <= first_sign_column)) return {};
  return Diagnose(Diagnostic::kFormulaSigned,
                  fmt::format("formula '{}': of a signed array only columns without sign bits, at "
                              "most {} of them and no "
                              "rows, can be omitted; signed arrays differ in the others",
                              text, first_sign_column));
}

template <typename Product>
std::unique_ptr<ProductFunction> Make(Product product, const PortMap& ports) {
  return std::make_unique<FormulaFunction<Product>>(product, ports.b.spec.width,
                                                    ports.a.name == "B");
}

Result<std::unique_ptr<ProductFunction>> MakeFunction(const std::string& text,
                                                      const Formula& formula,
                                                      const PortMap& ports) {
  const OperandSpec& a = formula.a;
  const OperandSpec& b = formula.b;
  const int columns = a.width + b.width - 1;
  if (formula.kind == "exact") return Make(formula::Exact{a, b}, ports);
  if (formula.kind == "truncated") {
    const int column = formula.numbers[0];
    AXLUT_RETURN_IF_ERROR(CheckNumber(text, "the number of omitted columns", column, 0, columns));
    AXLUT_RETURN_IF_ERROR(CheckSignedBreak(text, formula, 0, column));
    return Make(formula::BrokenArray{a, b, 0, column}, ports);
  }
  if (formula.kind == "broken-array") {
    const int row = formula.numbers[0];
    const int column = formula.numbers[1];
    AXLUT_RETURN_IF_ERROR(CheckNumber(text, "the number of omitted rows", row, 0, b.width));
    AXLUT_RETURN_IF_ERROR(CheckNumber(text, "the number of omitted columns", column, 0, columns));
    AXLUT_RETURN_IF_ERROR(CheckSignedBreak(text, formula, row, column));
    return Make(formula::BrokenArray{a, b, row, column}, ports);
  }
  AXLUT_RETURN_IF_ERROR(RequireUnsigned(text, formula));
  if (formula.kind == "mitchell") return Make(formula::Mitchell{}, ports);
  AXLUT_CHECK(formula.kind == "drum");
  const int bits = formula.numbers[0];
  AXLUT_RETURN_IF_ERROR(
      CheckNumber(text, "the number of kept bits", bits, 2, std::max(a.width, b.width)));
  return Make(formula::Drum{bits}, ports);
}

}  // namespace

const std::vector<FormulaKind>& FormulaKinds() {
  static const std::vector<FormulaKind> kinds = {
      {"exact", "exact:WxW", "exact:8x8s", "the exact product"},
      {"truncated", "truncated:WxW:N", "truncated:8x8:4",
       "the partial products of the N lowest columns omitted"},
      {"broken-array", "broken-array:WxW:H:V", "broken-array:8x8:2:6",
       "the partial products of the H lowest bits of B and of the V lowest columns omitted"},
      {"drum", "drum:WxW:K", "drum:8x8:4",
       "both operands rounded to K significant bits (DRUM, Hashemi 2015)"},
      {"mitchell", "mitchell:WxW", "mitchell:8x8",
       "the sum of approximate logarithms (Mitchell 1962)"},
  };
  return kinds;
}

std::string FormulaHelp() {
  std::string help;
  for (const FormulaKind& kind : FormulaKinds()) {
    help += fmt::format("  {:<22}{}\n", kind.form, kind.meaning);
  }
  return help +
         "WxW are the widths of operands A and B in bits, followed by s if both are signed.\n";
}

Result<MultiplierModel> ParseFormula(const std::string& text, const FrontendOptions& options) {
  AXLUT_ASSIGN_OR_RETURN(const Formula formula, Parse(text, options.ports));
  const bool is_signed = formula.a.is_signed();
  const std::vector<DeclaredPort> declared = {
      {"A", formula.a.width, true, is_signed, {}},
      {"B", formula.b.width, true, is_signed, {}},
      {"", formula.a.width + formula.b.width, false, is_signed, {}}};
  // The text gives the widths and the signedness.
  PortMapOptions port_options = options.ports;
  port_options.width_a.reset();
  port_options.width_b.reset();
  port_options.signedness = formula.a.signedness;
  MultiplierModel model;
  AXLUT_ASSIGN_OR_RETURN(model.ports, ResolvePortMap(text, declared, port_options, true));
  AXLUT_ASSIGN_OR_RETURN(model.behaviour, MakeFunction(text, formula, model.ports));
  model.name = text;
  model.source = {"", "", "formula", text};
  return model;
}

}  // namespace axlut
