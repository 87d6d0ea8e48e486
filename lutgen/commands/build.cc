// SPDX-License-Identifier: MIT
// lutgen build: a circuit, C model or formula becomes a table file.
#include <fmt/format.h>

#include <utility>

#include "frontend/formula/formula.h"
#include "lutgen/build_table.h"
#include "lutgen/commands/commands.h"
#include "lutgen/commands/options.h"
#include "lutgen/commands/plans.h"
#include "lutgen/commands/report.h"
#include "lutgen/error_metrics.h"

namespace axlut {
namespace {

namespace po = cli::po;

constexpr char kDescription[] =
    R"(Evaluates INPUT for every operand pair and writes the table to OUT. INPUT is Verilog (.v, .sv:
gates, hierarchical or behavioural), a C functional model (.c) or a formula, see below.
Entry (a << width_b) | b holds the product of row operand a (in a network: the activation) and
column operand b (the weight). Operands are told by NAME: the row is the port or parameter A unless
--rows B or --like tfapprox says otherwise. An .axt file also stores which port is which, the
source's SHA-256, the error metrics, and plans: proved ways to compute the products quickly.

formulas:
)";

// What a user of a table that is not commutative has to know.
void NoteOperandOrder(const StoredTable& stored, const TableOutput& output, bool like_tfapprox,
                      const cli::Context& context) {
  if (stored.table.IsCommutative()) return;
  context.Note("note: this table is not commutative; " + OperandOrderText(stored.info.ports));
  const OperandSpec byte{8, Signedness::kUnsigned};
  if (output.format == "bin" && !like_tfapprox && stored.info.source.kind != "formula" &&
      stored.table.a() == byte && stored.table.b() == byte) {
    context.Note(
        "help: TFApprox' official tables have the other operand as the row for most circuits; "
        "--like tfapprox reproduces them");
  }
}

Result<int> Run(const po::variables_map& values, const cli::Context& context) {
  const std::string input = values["input"].as<std::string>();
  if (IsTableFile(input)) {
    return Error::Usage(fmt::format("input '{}' is a table already", input))
        .Help("'lutgen convert' changes its format");
  }
  AXLUT_ASSIGN_OR_RETURN(const TableOutput output, ReadTableOutput(values, input, context));
  AXLUT_ASSIGN_OR_RETURN(const FrontendOptions options, ReadFrontendOptions(values));
  AXLUT_ASSIGN_OR_RETURN(const auto pool, MakeThreadPool(values));
  AXLUT_ASSIGN_OR_RETURN(const MultiplierModel model, ReadMultiplier(input, options));
  AXLUT_ASSIGN_OR_RETURN(
      StoredTable stored,
      BuildTable(model, MakeSweepOptions(context, "evaluating " + model.name, pool.get())));
  stored.info.metrics = MeasureErrors(stored.table, pool->AsParallelFor()).ToMap();
  AXLUT_RETURN_IF_ERROR(AnalyzeTable(values, output.format, context, &stored));
  AXLUT_RETURN_IF_ERROR(WriteTable(output, stored, stored.info.name, context));
  NoteOperandOrder(stored, output, options.ports.like_tfapprox, context);
  return cli::kExitDone;
}

}  // namespace

cli::Subcommand BuildCommand() {
  cli::Subcommand command;
  command.name = "build";
  command.summary = "a circuit, C model or formula becomes a table";
  command.synopsis = "INPUT -o OUT [options]";
  command.description = kDescription + FormulaHelp();
  command.examples = {"lutgen build mul8u_2AC.v -o mul8u_2AC.axt",
                      "lutgen build mul8u_2AC.c -o mul8u_2AC.bin --like tfapprox"};
  AddOutputOptions(&command.options);
  AddAnalyzeOption(&command.options);
  AddCircuitOptions(&command.options);
  AddOperandOptions(&command.options);
  AddThreadOption(&command.options);
  command.positionals = {{"input"}};
  command.run = Run;
  return command;
}

}  // namespace axlut
