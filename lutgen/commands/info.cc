// SPDX-License-Identifier: MIT
// lutgen info: what is known about a table file.
#include <utility>

#include "lutgen/commands/commands.h"
#include "lutgen/commands/options.h"
#include "lutgen/commands/plans.h"
#include "lutgen/commands/report.h"

namespace axlut {
namespace {

namespace po = cli::po;

constexpr char kDescription[] =
    R"(Prints what is known about a table: operands and which port is which, where it comes from,
the tools that made it, the error metrics that it stores, its structure (ranks, distinct rows and
columns, ranges), and its plans with the time per multiply-accumulate that each should take. The
plans are proved again on every product. docs/plans.md explains the words.)";

Result<int> Run(const po::variables_map& values, const cli::Context& context) {
  const std::string input = values["table"].as<std::string>();
  AXLUT_ASSIGN_OR_RETURN(const RawFormatHints hints, ReadRawFormatHints(values));
  AXLUT_ASSIGN_OR_RETURN(const StoredTable stored, LoadTable(input, hints));
  Result<std::vector<KernelPlan>> plans = StoredPlans(stored);
  if (!plans.ok()) return std::move(plans).error().At({input});
  if (!context.json()) {
    context.out << TableText(stored) << "\n" << PlansText(stored, *plans) << std::flush;
    return cli::kExitDone;
  }
  nlohmann::ordered_json answer = NewAnswer();
  answer["file"] = input;
  answer["table"] = TableJson(stored);
  answer["structure"] = StructureJson(stored);
  answer["plans"] = PlansJson(*plans);
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
