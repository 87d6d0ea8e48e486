// SPDX-License-Identifier: MIT
// ReadCModel(): a C functional model -> something that can be evaluated (docs/c-models.md).
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "frontend/cmodel/compiler.h"
#include "frontend/cmodel/function_finder.h"
#include "frontend/cmodel/model_process.h"
#include "frontend/cmodel/token.h"
#include "frontend/diagnostics.h"
#include "frontend/read_multiplier.h"
#include "runtime/base/file_io.h"
#include "runtime/base/hash.h"
#include "runtime/base/subprocess.h"

namespace axlut {
namespace cmodel {
namespace {

constexpr uint64_t kLargestModel = uint64_t{32} << 20;

// How many bits to shift left and back right so that an operand's pattern becomes the value that
// the parameter gets: a signed operand in a signed type is a number, in an unsigned type a pattern.
uint64_t SignShift(const OperandSpec& operand, const TypeFacts& type) {
  return operand.is_signed() && type.is_signed != 0 ? 64 - static_cast<uint64_t>(operand.width) : 0;
}

class CModelFunction : public ProductFunction {
 public:
  CModelFunction(std::unique_ptr<ModelProcess> process, FunctionDefinition function, PortMap ports,
                 bool row_is_second)
      : process_(std::move(process)), function_(std::move(function)), ports_(std::move(ports)) {
    request_.columns = ports_.b.spec.count();
    request_.row_is_second = row_is_second ? 1 : 0;
    request_.row_shift = SignShift(ports_.a.spec, process_->TypeOf(row_is_second ? 1 : 0));
    request_.column_shift = SignShift(ports_.b.spec, process_->TypeOf(row_is_second ? 0 : 1));
  }

  Result<void> EvaluateRows(uint32_t first_row, uint32_t row_count, int64_t* products) override {
    const uint64_t most_rows = kMostProducts / request_.columns;
    for (uint64_t done = 0; done < row_count;) {
      RowRequest request = request_;
      request.first_row = first_row + done;
      request.row_count = std::min<uint64_t>(most_rows, row_count - done);
      AXLUT_ASSIGN_OR_RETURN(const uint64_t* returned, process_->Compute(request));
      AXLUT_RETURN_IF_ERROR(ToProducts(returned, request, products));
      products += request.row_count * request.columns;
      done += request.row_count;
    }
    return {};
  }

 private:
  // The low bits of what the model returned are the product. An unsigned result with higher bits
  // (within its type) is refused: to wrap 65536 to 0 silently would be the worst of errors. Signed
  // models leave the higher bits zero, sign-extended or anything.
  Result<void> ToProducts(const uint64_t* returned, const RowRequest& request,
                          int64_t* products) const {
    const OperandSpec& product = ports_.product.spec;
    const uint64_t count = request.row_count * request.columns;
    if (product.is_signed()) {
      for (uint64_t i = 0; i < count; ++i) products[i] = product.ValueOf(returned[i]);
      return {};
    }
    // An int16_t that holds a 16-bit pattern came to us sign-extended.
    const int type_bits = 8 * process_->TypeOf(2).size_bytes;
    const uint64_t type_mask = type_bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << type_bits) - 1;
    const uint64_t forbidden = type_mask & ~uint64_t{product.mask()};
    uint64_t all_bits = 0;
    for (uint64_t i = 0; i < count; ++i) {
      all_bits |= returned[i];
      products[i] = static_cast<int64_t>(returned[i] & product.mask());
    }
    if ((all_bits & forbidden) == 0) return {};
    const auto* const bad = std::find_if(returned, returned + count, [forbidden](uint64_t value) {
      return (value & forbidden) != 0;
    });
    const bool is_signed = process_->TypeOf(2).is_signed != 0;
    const std::string number =
        is_signed ? std::to_string(static_cast<int64_t>(*bad)) : std::to_string(*bad);
    const auto index = static_cast<uint64_t>(bad - returned);
    return Diagnose(
               Diagnostic::kCResultRange,
               fmt::format("the product of {}-bit and {}-bit operands has {} bits; '{}' returned "
                           "{} for {} = {}, {} = {}",
                           ports_.a.spec.width, ports_.b.spec.width, product.width, function_.name,
                           number, ports_.a.name, request.first_row + index / request.columns,
                           ports_.b.name, index % request.columns))
        .At(function_.where)
        .Help(fmt::format("if the circuit drops the higher bits, let the model do it: & 0x{:X}",
                          product.mask()));
  }

  std::unique_ptr<ModelProcess> process_;
  FunctionDefinition function_;
  PortMap ports_;
  RowRequest request_{};
};

// The name that may tell widths and signedness. A function that was asked for by name speaks for
// itself: a helper of mul16u_X.c need not be 16 bits wide.
std::string TellingName(const std::string& stem, const std::string& function, bool was_requested) {
  if (ParseNameConvention(function)) return function;
  return was_requested ? function : stem;
}

Result<void> CheckTypes(const FunctionDefinition& function, const ModelProcess& process) {
  for (int i = 0; i < 3; ++i) {
    // The sizes come from the model's process, which is not to be trusted.
    const TypeFacts& type = process.TypeOf(i);
    if (type.is_integer != 0 && type.size_bytes >= 1 && type.size_bytes <= 16) continue;
    return Diagnose(Diagnostic::kCNoFunction,
                    fmt::format("a multiplier computes with integers; {} of '{}' is none",
                                i == 2 ? "the result"
                                       : "parameter '" +
                                             function.parameters[static_cast<size_t>(i)].name + "'",
                                function.name))
        .At(function.where);
  }
  return {};
}

// Types of up to 16 bits tell an operand's width, wider ones do not.
Result<void> CheckWidthIsKnown(const FunctionDefinition& function, int index, int type_width,
                               const std::string& name, bool plays_a,
                               const PortMapOptions& options) {
  const std::optional<int>& option = plays_a ? options.width_a : options.width_b;
  if (option || type_width <= 16 || ParseNameConvention(name)) return {};
  const Parameter& parameter = function.parameters[static_cast<size_t>(index)];
  return Diagnose(Diagnostic::kCUnknownWidth,
                  fmt::format("the width of operand '{}' of '{}' is not known: type '{}' does "
                              "not tell it, nor does a name such as mul8u_... or mul8x4u_...",
                              parameter.name, function.name, parameter.type))
      .At(parameter.where)
      .Help(fmt::format("give --width-{} BITS", plays_a ? 'a' : 'b'));
}

// Parameters and result as ports, with roles, widths and signedness resolved.
Result<PortMap> ResolvePorts(const FunctionDefinition& function, const ModelProcess& process,
                             const std::string& name, const PortMapOptions& options) {
  std::vector<DeclaredPort> ports;
  for (int i = 0; i < 3; ++i) {
    const TypeFacts& type = process.TypeOf(i);
    const bool is_input = i < 2;
    const Parameter result = {"", "", true, function.where};
    const Parameter& parameter = is_input ? function.parameters[static_cast<size_t>(i)] : result;
    ports.push_back(
        {parameter.name, 8 * type.size_bytes, is_input, type.is_signed != 0, parameter.where});
  }
  // First with widths that cannot be wrong and without the choice of rows: who plays A?
  PortMapOptions roles = options;
  roles.width_a = roles.width_b = 1;
  roles.rows.reset();
  roles.like_tfapprox = false;
  AXLUT_ASSIGN_OR_RETURN(const PortMap by_role, ResolvePortMap(name, ports, roles, true));
  for (int i = 0; i < 2; ++i) {
    const DeclaredPort& port = ports[static_cast<size_t>(i)];
    AXLUT_RETURN_IF_ERROR(
        CheckWidthIsKnown(function, i, port.width, name, port.name == by_role.a.name, options));
  }
  AXLUT_ASSIGN_OR_RETURN(PortMap map, ResolvePortMap(name, ports, options, true));
  for (const Port* operand : {&map.a, &map.b}) {
    const size_t i = operand->name == ports[0].name ? 0 : 1;
    if (operand->spec.width <= ports[i].width) continue;
    return Diagnose(
               Diagnostic::kCNarrowType,
               fmt::format("operand '{}' has {} bits, but its type '{}' only {}", operand->name,
                           operand->spec.width, function.parameters[i].type, ports[i].width))
        .At(ports[i].where);
  }
  return map;
}

Result<FunctionDefinition> FindModel(Compiler& compiler, const std::string& text,
                                     const std::string& path, const FrontendOptions& options) {
  AXLUT_ASSIGN_OR_RETURN(const std::string preprocessed, compiler.Preprocess(text));
  AXLUT_ASSIGN_OR_RETURN(const std::vector<Token> tokens, Tokenize(preprocessed, path));
  Result<std::vector<FunctionDefinition>> functions = FindFunctions(tokens);
  Result<FunctionDefinition> chosen = FunctionDefinition();
  if (functions.ok()) {
    functions->erase(std::remove_if(functions->begin(), functions->end(),
                                    [](const auto& f) { return f.name == kRenamedMain; }),
                     functions->end());
    chosen = ChooseFunction(*functions, path, options.function);
    if (chosen.ok()) return chosen;
  }
  // A slip in the syntax may have hidden the function: the compiler explains that better.
  AXLUT_RETURN_IF_ERROR(compiler.CheckSyntax(text));
  if (!functions.ok()) return std::move(functions).error();
  return chosen;
}

}  // namespace
}  // namespace cmodel

Result<MultiplierModel> ReadCModel(const std::string& path, const FrontendOptions& options) {
  using namespace cmodel;
  AXLUT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kLargestModel));
  AXLUT_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::Create());
  Compiler compiler(folder.path(), path,
                    {options.include_dirs, options.defines, options.timeout_s});
  AXLUT_ASSIGN_OR_RETURN(const FunctionDefinition function,
                         FindModel(compiler, text, path, options));
  AXLUT_ASSIGN_OR_RETURN(const std::string program, compiler.Build(text, function));
  AXLUT_ASSIGN_OR_RETURN(
      std::unique_ptr<ModelProcess> process,
      ModelProcess::Start(program, function, {options.timeout_s, options.memory_limit_mb}));
  AXLUT_RETURN_IF_ERROR(CheckTypes(function, *process));
  const std::string stem = FileStem(path);
  AXLUT_ASSIGN_OR_RETURN(
      const PortMap ports,
      ResolvePorts(function, *process, TellingName(stem, function.name, !options.function.empty()),
                   options.ports));
  MultiplierModel model;
  model.name = options.function.empty() ? stem : function.name;
  model.ports = ports;
  model.source = {path, Sha256Hex(text), "c", function.name};
  model.tools["cc"] = process->compiler_version();
  const bool row_is_second = ports.a.name == function.parameters[1].name;
  model.behaviour = std::unique_ptr<ProductFunction>(
      new CModelFunction(std::move(process), function, ports, row_is_second));
  return model;
}

}  // namespace axlut
