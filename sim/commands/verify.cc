// SPDX-License-Identifier: MIT
// lutsim verify: is this table what the RTL computes?
#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "frontend/port_map.h"
#include "runtime/base/file_io.h"
#include "runtime/base/parallel_for.h"
#include "runtime/table/stored_table.h"
#include "sim/commands/commands.h"
#include "sim/commands/report.h"
#include "sim/equivalence.h"
#include "sim/simulator.h"

namespace axlut {
namespace {

namespace po = cli::po;

constexpr int kMostThreads = 4096;
constexpr int64_t kMostCounterExamples = int64_t{1} << 24;

constexpr char kDescription[] =
    "Simulates the RTL with Verilator for every operand pair and compares it with the table, so\n"
    "the answer is a proof: equal (exit code 0), or different (exit code 1) with the first\n"
    "counter-examples and the number of pairs that differ.\n"
    "\n"
    "Which port is the table's row operand is stored in an .axt file. A .bin or .npy file does "
    "not\n"
    "say it: then the row is port A and the column port B (or declaration order), unless --rows,\n"
    "--like, --a or --b say otherwise. More Verilog files may follow the first; the top module is\n"
    "the one named like the first file. Simulators are kept in $AXLUT_CACHE_DIR (default:\n"
    "$XDG_CACHE_HOME/axlut or ~/.cache/axlut) and found again by content.";

po::options_description Options() {
  po::options_description options;
  auto add = options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  const auto texts = [](const char* name) {
    return po::value<std::vector<std::string>>()->value_name(name);
  };
  add("top", text("MODULE"), "top module (default: the one named like the file)");
  add("a", text("PORT"), "input port that is the row operand (default: the table's, else by name)");
  add("b", text("PORT"), "the same for the column operand");
  add("product", text("PORT"), "output port with the product, if there are several");
  add("rows", text("A|B"), "which operand is the row, for tables that do not say it (default: A)");
  add("like", text("tfapprox"), "rows as in TFApprox' official .bin files: B of an 8x8 netlist");
  add("max-counterexamples", po::value<int64_t>()->value_name("N")->default_value(10),
      "list at most N counter-examples; all pairs are compared and counted");
  add("width-a", po::value<int>()->value_name("BITS"),
      "bits of a headerless table's row operand (default: the port's)");
  add("width-b", po::value<int>()->value_name("BITS"), "the same for the column operand");
  add("signed", "a headerless table is two's complement");
  add("unsigned", "a headerless table is unsigned");
  add("include,I", texts("FOLDER"), "search FOLDER for `include files; may be repeated");
  add("define,D", texts("NAME[=VALUE]"), "define a Verilog macro; may be repeated");
  add("threads,j", po::value<int>()->value_name("N"),
      "number of simulators that run at the same time (default: one per hardware thread)");
  add("no-cache", "build the simulator anew and do not keep it");
  add("timeout", po::value<double>()->value_name("SECONDS")->default_value(300),
      "limit for each run of verilator, of the C++ compiler and of the simulator");
  return options;
}

std::string Text(const po::variables_map& values, const char* name) {
  return values.count(name) > 0 ? values[name].as<std::string>() : "";
}

std::vector<std::string> Texts(const po::variables_map& values, const char* name) {
  if (values.count(name) == 0) return {};
  return values[name].as<std::vector<std::string>>();
}

struct Request {
  std::string table;
  SimulatorOptions simulator;
  RoleOptions roles;
  RawFormatHints hints;
  size_t max_counter_examples = 10;
  int threads = 0;
};

Result<void> ReadNumbers(const po::variables_map& values, Request& request) {
  const int64_t examples = values["max-counterexamples"].as<int64_t>();
  if (examples < 0 || examples > kMostCounterExamples) {
    return Error::Usage(
        fmt::format("--max-counterexamples must be 0..{}, got {}", kMostCounterExamples, examples));
  }
  request.max_counter_examples = static_cast<size_t>(examples);
  if (values.count("threads") > 0) {
    request.threads = values["threads"].as<int>();
    if (request.threads < 1 || request.threads > kMostThreads) {
      return Error::Usage(
          fmt::format("-j must be 1..{} threads, got {}", kMostThreads, request.threads));
    }
  }
  request.simulator.timeout_s = values["timeout"].as<double>();
  if (!(request.simulator.timeout_s > 0 && request.simulator.timeout_s <= 1e6)) {
    return Error::Usage(fmt::format("--timeout must be a positive number of seconds, got {}",
                                    request.simulator.timeout_s));
  }
  const std::pair<const char*, std::optional<int>*> widths[] = {
      {"width-a", &request.hints.width_a}, {"width-b", &request.hints.width_b}};
  for (const auto& [name, width] : widths) {
    if (values.count(name) == 0) continue;
    *width = values[name].as<int>();
    if (**width < 1 || **width > kMaxStoredOperandWidth) {
      return Error::Usage(
          fmt::format("--{} must be 1..{} bits, got {}", name, kMaxStoredOperandWidth, **width));
    }
  }
  return {};
}

Result<Request> ReadRequest(const po::variables_map& values) {
  Request request;
  request.table = values["table"].as<std::string>();
  request.simulator.rtl.files = Texts(values, "rtl");
  request.simulator.rtl.include_dirs = Texts(values, "include");
  request.simulator.rtl.defines = Texts(values, "define");
  request.simulator.top = Text(values, "top");
  request.simulator.product = Text(values, "product");
  request.simulator.use_cache = values.count("no-cache") == 0;
  request.roles.a = Text(values, "a");
  request.roles.b = Text(values, "b");
  request.roles.rows = Text(values, "rows");
  const std::string like = Text(values, "like");
  if (!like.empty() && like != "tfapprox") {
    return Error::Usage(fmt::format("--like must be tfapprox, got '{}'", like));
  }
  request.roles.like_tfapprox = !like.empty();
  if (values.count("signed") > 0 && values.count("unsigned") > 0) {
    return Error::Usage("--signed and --unsigned contradict each other");
  }
  if (values.count("signed") > 0) request.hints.signedness = Signedness::kTwosComplement;
  if (values.count("unsigned") > 0) request.hints.signedness = Signedness::kUnsigned;
  AXLUT_RETURN_IF_ERROR(ReadNumbers(values, request));
  return request;
}

bool HasHeader(const std::string& table) { return FileExtension(table) == ".axt"; }

// A headerless table has the widths of the ports it is compared with, unless they are given.
Result<StoredTable> LoadLikePorts(const Request& request, const Simulator& simulator) {
  const SimulatedPorts& ports = simulator.ports();
  std::vector<DeclaredPort> declared;
  for (const RtlPort* port : {&ports.x, &ports.y, &ports.product}) {
    declared.push_back(
        {port->name, port->width, port != &ports.product, port->is_signed, port->where});
  }
  PortMapOptions options;
  if (!request.roles.a.empty()) options.a = request.roles.a;
  if (!request.roles.b.empty()) options.b = request.roles.b;
  if (!request.roles.rows.empty()) options.rows = request.roles.rows;
  options.like_tfapprox = request.roles.like_tfapprox;
  options.signedness = request.hints.signedness;
  AXLUT_ASSIGN_OR_RETURN(const PortMap map,
                         ResolvePortMap(simulator.circuit_name(), declared, options, false));
  RawFormatHints hints = request.hints;
  if (!hints.width_a) hints.width_a = map.a.spec.width;
  if (!hints.width_b) hints.width_b = map.b.spec.width;
  if (!hints.signedness) hints.signedness = map.a.spec.signedness;
  return LoadTable(request.table, hints);
}

Result<int> Run(const po::variables_map& values, const cli::Context& context) {
  AXLUT_ASSIGN_OR_RETURN(Request request, ReadRequest(values));
  std::optional<StoredTable> stored;
  if (HasHeader(request.table)) {
    AXLUT_ASSIGN_OR_RETURN(stored, LoadTable(request.table, request.hints));
    request.simulator.preferred_product = stored->info.ports.product;
  }
  AXLUT_ASSIGN_OR_RETURN(Simulator simulator, Simulator::Read(request.simulator));
  if (!stored) {
    AXLUT_ASSIGN_OR_RETURN(stored, LoadLikePorts(request, simulator));
  }
  AXLUT_ASSIGN_OR_RETURN(const OperandRoles roles,
                         FindRoles(*stored, simulator.circuit_name(), simulator.top(),
                                   simulator.ports(), request.roles));
  for (const std::string& note : roles.notes) context.Note("note: " + note);
  AXLUT_RETURN_IF_ERROR(simulator.Build());
  for (const std::string& note : simulator.notes()) context.Note("note: " + note);
  if (context.verbosity > 0) {
    context.Note(fmt::format("note: {}, simulator {}", simulator.verilator_version(),
                             simulator.was_cached() ? "from the cache" : "built"));
  }
  ThreadPool pool(request.threads);
  const Progress progress = context.MakeProgress("simulating");
  AXLUT_ASSIGN_OR_RETURN(const Verdict verdict,
                         CompareAll(stored->table, simulator, roles, request.max_counter_examples,
                                    pool.AsParallelFor(), progress));
  progress.Finish();
  const VerifyReport report = {
      request.table, request.simulator.rtl.files[0], *stored, simulator, roles, verdict};
  if (context.json()) {
    AXLUT_RETURN_IF_ERROR(context.WriteJson(ReportJson(report)));
  } else {
    context.out << ReportText(report) << std::flush;
  }
  return verdict.equal() ? cli::kExitDone : cli::kExitDiffers;
}

}  // namespace

cli::Subcommand VerifyCommand() {
  cli::Subcommand command;
  command.name = "verify";
  command.summary = "prove that a table is what the RTL computes";
  command.synopsis = "TABLE RTL.v [MORE.v ...] [options]";
  command.description = kDescription;
  command.examples = {"lutsim verify mul8u_2AC.axt mul8u_2AC.v",
                      "lutsim verify mul8u_2AC.bin mul8u_2AC.v --like tfapprox --json"};
  command.options.add(Options());
  command.positionals = {{"table"}, {"rtl", true, true}};
  command.run = Run;
  return command;
}

}  // namespace axlut
