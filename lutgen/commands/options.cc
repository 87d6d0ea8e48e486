// SPDX-License-Identifier: MIT
#include "lutgen/commands/options.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/base/file_io.h"

namespace axlut {
namespace {

namespace fs = std::filesystem;
namespace po = cli::po;

constexpr std::array<const char*, 3> kTableFormats = {"axt", "bin", "npy"};
constexpr int kMostThreads = 4096;

bool IsTableFormat(const std::string& format) {
  return std::find(kTableFormats.begin(), kTableFormats.end(), format) != kTableFormats.end();
}

template <typename T>
std::optional<T> Optional(const po::variables_map& values, const std::string& name) {
  if (values.count(name) == 0) return std::nullopt;
  return values[name].as<T>();
}

std::vector<std::string> Strings(const po::variables_map& values, const std::string& name) {
  return Optional<std::vector<std::string>>(values, name).value_or(std::vector<std::string>());
}

Result<std::optional<int>> ReadWidth(const po::variables_map& values, const std::string& name) {
  const std::optional<int> width = Optional<int>(values, name);
  if (width && (*width < 1 || *width > 16)) {
    return Error::Usage(fmt::format("--{} must be 1..16 bits, got {}", name, *width));
  }
  return width;
}

Result<std::optional<Signedness>> ReadSignedness(const po::variables_map& values) {
  const bool is_signed = values.count("signed") > 0;
  const bool is_unsigned = values.count("unsigned") > 0;
  if (is_signed && is_unsigned) {
    return Error::Usage("--signed and --unsigned contradict each other");
  }
  if (is_signed) return std::optional<Signedness>(Signedness::kTwosComplement);
  if (is_unsigned) return std::optional<Signedness>(Signedness::kUnsigned);
  return std::optional<Signedness>();
}

// Refuses to replace what a user did not mean to lose.
Result<void> CheckOverwrite(const TableOutput& output, const std::string& input, bool force) {
  std::error_code ignored;
  const fs::file_status status = fs::status(output.path, ignored);
  if (!fs::exists(status)) return {};
  if (fs::equivalent(output.path, input, ignored)) {
    return Error::Usage(fmt::format("output '{}' is the input", output.path));
  }
  if (!fs::is_regular_file(status)) {
    return Error::Usage(fmt::format("output '{}' exists and is not a regular file", output.path))
        .Help("'-o - --format FORMAT' writes to standard output");
  }
  if (!force && FileExtension(output.path) != "." + output.format) {
    return Error::Usage(fmt::format("output '{}' exists and is not named like an .{} file",
                                    output.path, output.format))
        .Help("--force overwrites it");
  }
  return {};
}

}  // namespace

void AddCircuitOptions(po::options_description* options) {
  auto add = options->add_options();
  add("top", po::value<std::string>()->value_name("MODULE"),
      "top module of a Verilog file (default: the one named like the file)");
  add("function", po::value<std::string>()->value_name("NAME"),
      "function of a C file (default: the one named like the file)");
  add("a", po::value<std::string>()->value_name("PORT"),
      "port or parameter that is operand A (default: by name, else the first)");
  add("b", po::value<std::string>()->value_name("PORT"), "the same for operand B");
  add("product", po::value<std::string>()->value_name("PORT"), "output port with the product");
  add("rows", po::value<std::string>()->value_name("A|B"),
      "operand that indexes the table's rows, in a network the activation (default: A)");
  add("like", po::value<std::string>()->value_name("tfapprox"),
      "row operand as in TFApprox' official tables: the first C parameter; B of an 8x8 netlist");
  add("include,I", po::value<std::vector<std::string>>()->value_name("FOLDER"),
      "search FOLDER for included files; may be repeated");
  add("define,D", po::value<std::vector<std::string>>()->value_name("NAME[=VALUE]"),
      "define a macro of the preprocessor; may be repeated");
}

void AddOperandOptions(po::options_description* options) {
  auto add = options->add_options();
  add("width-a", po::value<int>()->value_name("BITS"),
      "bits of operand A, where a C model's types or a headerless table leave it open");
  add("width-b", po::value<int>()->value_name("BITS"), "the same for operand B");
  add("signed", "operands and product are two's complement");
  add("unsigned", "operands and product are unsigned");
}

void AddThreadOption(po::options_description* options) {
  options->add_options()("threads,j", po::value<int>()->value_name("N"),
                         "number of threads (default: one per hardware thread)");
}

void AddOutputOptions(po::options_description* options) {
  auto add = options->add_options();
  add("output,o", po::value<std::string>()->value_name("OUT"),
      "file to write; '-' is standard output and needs --format");
  add("format", po::value<std::string>()->value_name("FORMAT"),
      "axt, bin (TFApprox' raw order) or npy (default: OUT's extension)");
  add("force", "overwrite OUT even if it is not named like a file of that format");
}

Result<FrontendOptions> ReadFrontendOptions(const po::variables_map& values) {
  FrontendOptions options;
  options.ports.a = Optional<std::string>(values, "a");
  options.ports.b = Optional<std::string>(values, "b");
  options.ports.product = Optional<std::string>(values, "product");
  options.ports.rows = Optional<std::string>(values, "rows");
  if (const auto like = Optional<std::string>(values, "like")) {
    if (*like != "tfapprox") {
      return Error::Usage(fmt::format("--like must be tfapprox, got '{}'", *like));
    }
    options.ports.like_tfapprox = true;
  }
  AXLUT_ASSIGN_OR_RETURN(options.ports.signedness, ReadSignedness(values));
  AXLUT_ASSIGN_OR_RETURN(options.ports.width_a, ReadWidth(values, "width-a"));
  AXLUT_ASSIGN_OR_RETURN(options.ports.width_b, ReadWidth(values, "width-b"));
  options.top = Optional<std::string>(values, "top").value_or("");
  options.function = Optional<std::string>(values, "function").value_or("");
  options.include_dirs = Strings(values, "include");
  options.defines = Strings(values, "define");
  return options;
}

Result<RawFormatHints> ReadRawFormatHints(const po::variables_map& values) {
  RawFormatHints hints;
  AXLUT_ASSIGN_OR_RETURN(hints.signedness, ReadSignedness(values));
  AXLUT_ASSIGN_OR_RETURN(hints.width_a, ReadWidth(values, "width-a"));
  AXLUT_ASSIGN_OR_RETURN(hints.width_b, ReadWidth(values, "width-b"));
  return hints;
}

Result<std::unique_ptr<ThreadPool>> MakeThreadPool(const po::variables_map& values) {
  const std::optional<int> threads = Optional<int>(values, "threads");
  if (threads && (*threads < 1 || *threads > kMostThreads)) {
    return Error::Usage(fmt::format("-j must be 1..{} threads, got {}", kMostThreads, *threads));
  }
  return std::make_unique<ThreadPool>(threads.value_or(0));
}

bool IsTableFile(const std::string& path) {
  const std::string extension = FileExtension(path);
  return !extension.empty() && IsTableFormat(extension.substr(1));
}

Result<TableOutput> ReadTableOutput(const po::variables_map& values, const std::string& input,
                                    const cli::Context& context) {
  TableOutput output;
  if (values.count("output") == 0) return Error::Usage("an output is needed: -o OUT");
  output.path = values["output"].as<std::string>();
  const std::string extension = output.path == "-" ? "" : FileExtension(output.path);
  output.format = Optional<std::string>(values, "format")
                      .value_or(extension.empty() ? "" : extension.substr(1));
  if (!IsTableFormat(output.format)) {
    const bool given = values.count("format") > 0;
    return Error::Usage(
        given ? fmt::format("--format must be axt, bin or npy, got '{}'", output.format)
              : fmt::format("the format of output '{}' cannot be told from its name; give --format "
                            "axt, bin or npy",
                            output.path));
  }
  if (output.path != "-") {
    AXLUT_RETURN_IF_ERROR(CheckOverwrite(output, input, values.count("force") > 0));
  } else if (context.json_path == "-") {
    return Error::Usage("the table and --json cannot both go to standard output")
        .Help("--json=FILE writes the answer to FILE");
  }
  return output;
}

SweepOptions MakeSweepOptions(const cli::Context& context, const std::string& what,
                              ThreadPool* pool) {
  SweepOptions options;
  options.parallel_for = pool->AsParallelFor();
  options.progress = [progress = context.MakeProgress(what)](int64_t done, int64_t total) {
    progress.Update(done, total);
    return !cli::Interrupted();
  };
  return options;
}

}  // namespace axlut
