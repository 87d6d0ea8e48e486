// SPDX-License-Identifier: MIT
// lutgen info: what is known about a table file.
#include "lutgen/commands/commands.h"
#include "lutgen/commands/options.h"
#include "lutgen/commands/report.h"

namespace axlut {
namespace {

namespace po = cli::po;

constexpr char kDescription[] =
    R"(Prints what is known about a table: operands and which port is which, where it comes from,
the tools that made it, and the error metrics that it stores.)";

Result<int> Run(const po::variables_map& values, const cli::Context& context) {
  const std::string input = values["table"].as<std::string>();
  AXLUT_ASSIGN_OR_RETURN(const RawFormatHints hints, ReadRawFormatHints(values));
  AXLUT_ASSIGN_OR_RETURN(const StoredTable stored, LoadTable(input, hints));
  if (!context.json()) {
    context.out << TableText(stored) << std::flush;
    return cli::kExitDone;
  }
  nlohmann::ordered_json answer = NewAnswer();
  answer["file"] = input;
  answer["table"] = TableJson(stored);
  AXLUT_RETURN_IF_ERROR(context.WriteJson(Serialize(answer)));
  return cli::kExitDone;
}

}  // namespace

cli::Subcommand InfoCommand() {
  cli::Subcommand command;
  command.name = "info";
  command.summary = "what is known about a table";
  command.synopsis = "TABLE [options]";
  command.description = kDescription;
  command.examples = {"lutgen info mul8u_2AC.axt",
                      "lutgen info products.bin --width-a 8 --width-b 4 --unsigned --json"};
  AddOperandOptions(&command.options);
  command.positionals = {{"table"}};
  command.run = Run;
  return command;
}

}  // namespace axlut
