// SPDX-License-Identifier: MIT
// lutgen convert: a table file in another format.
#include <utility>

#include "lutgen/commands/commands.h"
#include "lutgen/commands/options.h"
#include "lutgen/commands/plans.h"
#include "lutgen/commands/report.h"
#include "lutgen/error_metrics.h"
#include "runtime/table/sign_magnitude.h"

namespace axlut {
namespace {

namespace po = cli::po;

constexpr char kDescription[] =
    R"(Reads a table (.axt, .bin, .npy) and writes it in another format. A .bin or .npy does not say
how wide its operands are and whether they are signed: what its name (mul8s_..., mul8x4u_...)
and its size leave open must be given. A table that becomes an .axt file gets plans: proved ways to
compute its products quickly.

--sign-magnitude makes a table of two's-complement operands out of an unsigned multiplier's: the
multiplier gets the magnitudes, the product the sign of the exact one.)";

Result<int> Run(const po::variables_map& values, const cli::Context& context) {
  const std::string input = values["input"].as<std::string>();
  AXLUT_ASSIGN_OR_RETURN(const TableOutput output, ReadTableOutput(values, input, context));
  AXLUT_ASSIGN_OR_RETURN(const RawFormatHints hints, ReadRawFormatHints(values));
  AXLUT_ASSIGN_OR_RETURN(StoredTable stored, LoadTable(input, hints));
  if (values.count("sign-magnitude") > 0) {
    Result<TruthTable> table = SignMagnitudeTable(stored.table);
    if (!table.ok()) return std::move(table).error().At({input, 0, 0});
    stored.table = *std::move(table);
    stored.info.metrics.clear();
    stored.plan.clear();
  }
  if (stored.info.metrics.empty()) stored.info.metrics = MeasureErrors(stored.table).ToMap();
  AXLUT_RETURN_IF_ERROR(AnalyzeTable(values, output.format, context, &stored));
  AXLUT_RETURN_IF_ERROR(WriteTable(output, stored, input, context));
  return cli::kExitDone;
}

}  // namespace

cli::Subcommand ConvertCommand() {
  cli::Subcommand command;
  command.name = "convert";
  command.summary = "a table in another format";
  command.synopsis = "TABLE -o OUT [options]";
  command.description = kDescription;
  command.examples = {"lutgen convert mul8u_2AC.bin -o mul8u_2AC.axt",
                      "lutgen convert products.bin -o mul6s.axt --width-a 6 --width-b 6 --signed",
                      "lutgen convert mul8u_2AC.axt -o mul8sm_2AC.axt --sign-magnitude"};
  AddOutputOptions(&command.options);
  AddAnalyzeOption(&command.options);
  AddOperandOptions(&command.options);
  command.options.add_options()("sign-magnitude",
                                "feed an unsigned multiplier with magnitudes and signs");
  command.positionals = {{"input"}};
  command.run = Run;
  return command;
}

}  // namespace axlut
