// SPDX-License-Identifier: MIT
#include "frontend/port_map.h"

#include <strings.h>

#include <algorithm>
#include <utility>

#include "frontend/diagnostics.h"
#include "runtime/base/cli.h"

namespace axlut {
namespace {

constexpr int kMaxOperandWidth = 16;
constexpr int kMaxProductWidth = 32;

bool EqualIgnoringCase(const std::string& left, const std::string& right) {
  return strcasecmp(left.c_str(), right.c_str()) == 0;
}

std::string Quoted(const std::string& name) { return "'" + name + "'"; }

std::string Listed(const std::vector<DeclaredPort>& ports) {
  std::string text;
  for (const DeclaredPort& port : ports) text += (text.empty() ? "" : ", ") + port.name;
  return text.empty() ? "none" : text;
}

// One of `ports` by name: exactly, else the only one that differs in case at most.
const DeclaredPort* Find(const std::vector<DeclaredPort>& ports, const std::string& name) {
  const DeclaredPort* found = nullptr;
  for (const DeclaredPort& port : ports) {
    if (port.name == name) return &port;
    if (!EqualIgnoringCase(port.name, name)) continue;
    if (found != nullptr) return nullptr;
    found = &port;
  }
  return found;
}

Result<const DeclaredPort*> FindNamed(const std::vector<DeclaredPort>& ports,
                                      const std::string& option, const std::string& name,
                                      const std::string& kind) {
  if (const DeclaredPort* found = Find(ports, name)) return found;
  Error error = Diagnose(Diagnostic::kUnknownPort, option + " " + Quoted(name) + " names no " +
                                                       kind + "; there are: " + Listed(ports));
  std::vector<std::string> names;
  for (const DeclaredPort& port : ports) names.push_back(port.name);
  const std::string suggestion = cli::DidYouMean(name, names);
  if (suggestion.empty()) return error;
  return std::move(error).Help("did you mean " + Quoted(suggestion) + "?");
}

// The operands that play A and B, before any swap.
struct Operands {
  const DeclaredPort* a;
  const DeclaredPort* b;
};

Result<Operands> FindOperands(const std::vector<DeclaredPort>& inputs,
                              const PortMapOptions& options) {
  if (inputs.size() != 2) {
    return Diagnose(Diagnostic::kOperandCount, "a multiplier has exactly two operands, found " +
                                                   std::to_string(inputs.size()) +
                                                   " inputs: " + Listed(inputs))
        .At(inputs.size() > 2 ? inputs[2].where : SourceLocation{});
  }
  const auto other = [&](const DeclaredPort* port) {
    return port == &inputs[0] ? &inputs[1] : &inputs[0];
  };
  Operands operands{nullptr, nullptr};
  if (options.a) {
    AXLUT_ASSIGN_OR_RETURN(operands.a, FindNamed(inputs, "--a", *options.a, "input"));
  }
  if (options.b) {
    AXLUT_ASSIGN_OR_RETURN(operands.b, FindNamed(inputs, "--b", *options.b, "input"));
  }
  if (operands.a != nullptr && operands.a == operands.b) {
    return Diagnose(Diagnostic::kUnknownPort, "--a and --b must name different inputs, both name " +
                                                  Quoted(operands.a->name));
  }
  if (operands.a == nullptr && operands.b == nullptr) {
    operands.a = Find(inputs, "A");
    operands.b = Find(inputs, "B");
    // "a" beside "A": names that differ in case only say nothing.
    if (EqualIgnoringCase(inputs[0].name, inputs[1].name)) operands = {&inputs[0], &inputs[1]};
  }
  if (operands.a == nullptr && operands.b == nullptr) operands.a = &inputs[0];
  if (operands.a == nullptr) operands.a = other(operands.b);
  if (operands.b == nullptr) operands.b = other(operands.a);
  return operands;
}

Result<const DeclaredPort*> FindProduct(const std::vector<DeclaredPort>& outputs,
                                        const PortMapOptions& options) {
  if (options.product) return FindNamed(outputs, "--product", *options.product, "output");
  if (outputs.size() == 1) return &outputs[0];
  Error error = Diagnose(Diagnostic::kProductCount, "exactly one output is the product, found " +
                                                        std::to_string(outputs.size()) +
                                                        " outputs: " + Listed(outputs));
  if (outputs.empty()) return error;
  return std::move(error).At(outputs[1].where).Help("choose one with --product NAME");
}

Result<void> CheckWidth(const DeclaredPort& port, int width, int limit, const char* kind) {
  if (width >= 1 && width <= limit) return {};
  return Diagnose(Diagnostic::kPortWidth, std::string(kind) + " " + Quoted(port.name) +
                                              " must be 1 to " + std::to_string(limit) +
                                              " bits wide, found " + std::to_string(width))
      .At(port.where);
}

// What the name and the options say about an operand, where they say more than the declaration.
struct Hints {
  std::optional<int> width;
  std::optional<int> width_by_name;
  std::optional<Signedness> signedness;
  std::optional<Signedness> signedness_by_name;
};

OperandSpec OperandSpecOf(const DeclaredPort& port, const Hints& hints, bool is_c_model) {
  OperandSpec spec;
  spec.width = port.width;
  spec.signedness = port.declared_signed ? Signedness::kTwosComplement : Signedness::kUnsigned;
  if (is_c_model) {
    spec.width = hints.width.value_or(hints.width_by_name.value_or(port.width));
    spec.signedness = hints.signedness_by_name.value_or(spec.signedness);
  } else if (!port.declared_signed) {
    spec.signedness = hints.signedness_by_name.value_or(Signedness::kUnsigned);
  }
  spec.signedness = hints.signedness.value_or(spec.signedness);
  return spec;
}

OperandSpec ProductSpecOf(const DeclaredPort& port, const OperandSpec& a, const OperandSpec& b,
                          const PortMapOptions& options, bool is_c_model) {
  OperandSpec spec;
  spec.width = is_c_model ? std::min(port.width, a.width + b.width) : port.width;
  bool is_signed = a.is_signed() || b.is_signed();
  // C's return types say little: uint8_t * uint8_t is an int.
  if (!is_c_model && !options.signedness) is_signed = is_signed || port.declared_signed;
  spec.signedness = is_signed ? Signedness::kTwosComplement : Signedness::kUnsigned;
  return spec;
}

// The official tables call the C model with (row, column). Its first parameter is B for the
// unsigned 8x8 circuits, whose netlists have ports A and B, and A for all others.
bool TfapproxRowsAreB(const PortMap& map, const Operands& operands,
                      const std::vector<DeclaredPort>& inputs, bool is_c_model) {
  if (is_c_model) return operands.b == &inputs[0];
  const OperandSpec unsigned8{8, Signedness::kUnsigned};
  return map.a.spec == unsigned8 && map.b.spec == unsigned8 && EqualIgnoringCase(map.a.name, "A") &&
         EqualIgnoringCase(map.b.name, "B");
}

Result<void> CheckRowsOption(const PortMapOptions& options) {
  if (!options.rows) return {};
  if (options.like_tfapprox) {
    return Diagnose(Diagnostic::kRowsOption,
                    "--rows and --like tfapprox both choose the row operand; give one");
  }
  if (EqualIgnoringCase(*options.rows, "A") || EqualIgnoringCase(*options.rows, "B")) return {};
  return Diagnose(Diagnostic::kRowsOption, "--rows must be A or B, got " + Quoted(*options.rows));
}

}  // namespace

Result<PortMap> ResolvePortMap(const std::string& name, const std::vector<DeclaredPort>& declared,
                               const PortMapOptions& options, bool is_c_model) {
  AXLUT_RETURN_IF_ERROR(CheckRowsOption(options));
  std::vector<DeclaredPort> inputs;
  std::vector<DeclaredPort> outputs;
  for (const DeclaredPort& port : declared) (port.is_input ? inputs : outputs).push_back(port);
  AXLUT_ASSIGN_OR_RETURN(const Operands operands, FindOperands(inputs, options));
  AXLUT_ASSIGN_OR_RETURN(const DeclaredPort* product, FindProduct(outputs, options));
  Hints hints_a;
  Hints hints_b;
  if (const std::optional<NameConvention> convention = ParseNameConvention(name)) {
    hints_a.width_by_name = convention->width_a;
    hints_b.width_by_name = convention->width_b;
    hints_a.signedness_by_name = hints_b.signedness_by_name = convention->signedness;
  }
  hints_a.width = options.width_a;
  hints_b.width = options.width_b;
  hints_a.signedness = hints_b.signedness = options.signedness;

  PortMap map;
  map.a = {operands.a->name, OperandSpecOf(*operands.a, hints_a, is_c_model)};
  map.b = {operands.b->name, OperandSpecOf(*operands.b, hints_b, is_c_model)};
  AXLUT_RETURN_IF_ERROR(CheckWidth(*operands.a, map.a.spec.width, kMaxOperandWidth, "operand"));
  AXLUT_RETURN_IF_ERROR(CheckWidth(*operands.b, map.b.spec.width, kMaxOperandWidth, "operand"));
  map.product = {product->name,
                 ProductSpecOf(*product, map.a.spec, map.b.spec, options, is_c_model)};
  AXLUT_RETURN_IF_ERROR(CheckWidth(*product, map.product.spec.width, kMaxProductWidth, "product"));
  const bool rows_are_b =
      options.rows ? EqualIgnoringCase(*options.rows, "B")
                   : options.like_tfapprox && TfapproxRowsAreB(map, operands, inputs, is_c_model);
  if (rows_are_b) std::swap(map.a, map.b);
  return map;
}

}  // namespace axlut
