// SPDX-License-Identifier: MIT
#include "frontend/yosys/run_yosys.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "frontend/diagnostics.h"
#include "frontend/yosys/exchange_reader.h"
#include "runtime/base/file_io.h"
#include "runtime/base/subprocess.h"

namespace axlut {
namespace {

namespace fs = std::filesystem;

constexpr char kMainFile[] = "main.v";
constexpr char kIncludePrefix[] = "include_";
constexpr char kPlugin[] = "axlut_yosys_plugin.so";
constexpr uint64_t kMemoryLimitBytes = uint64_t{4} << 30;

std::string FindPlugin() {
  if (const char* path = std::getenv("AXLUT_YOSYS_PLUGIN")) return fs::absolute(path).string();
  std::error_code ignored;
  const fs::path folder = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  // The build folder's lib, the installation's (which may have moved), and where each was made.
  std::vector<fs::path> candidates{folder / "../lib" / kPlugin,
                                   folder / ".." / AXLUT_LIBDIR / "axlut" / kPlugin};
#ifdef AXLUT_BUILT_PLUGIN
  candidates.push_back(fs::path(AXLUT_INSTALLED_PLUGIN_DIR) / kPlugin);
  candidates.push_back(AXLUT_BUILT_PLUGIN);
#endif
  for (const fs::path& candidate : candidates) {
    if (fs::exists(candidate, ignored)) return fs::weakly_canonical(candidate, ignored).string();
  }
  return "";
}

// Folders for `include: that of the file itself first, then the user's.
std::vector<std::string> IncludeFolders(const YosysJob& job) {
  const fs::path parent = fs::path(job.path).parent_path();
  std::vector<std::string> folders{parent.empty() ? "." : parent.string()};
  folders.insert(folders.end(), job.include_dirs.begin(), job.include_dirs.end());
  return folders;
}

// Everything that Yosys sees has a name of ours, whatever characters the user's paths have.
Result<void> WriteJob(const YosysJob& job, const std::string& folder) {
  nlohmann::json text = {{"version", kExchangeVersion},
                         {"file", kMainFile},
                         {"systemverilog", FileExtension(job.path) == ".sv"},
                         {"include_dirs", nlohmann::json::array()},
                         {"defines", job.defines},
                         {"top", job.top},
                         {"stem", FileStem(job.path)}};
  const std::vector<std::string> folders = IncludeFolders(job);
  for (size_t i = 0; i < folders.size(); ++i) {
    const std::string link = kIncludePrefix + std::to_string(i);
    std::error_code error;
    fs::create_directory_symlink(fs::absolute(folders[i]), folder + "/" + link, error);
    if (error) return Error::Tool("cannot link '" + folders[i] + "': " + error.message());
    text["include_dirs"].push_back(link);
  }
  AXLUT_RETURN_IF_ERROR(WriteFileAtomically(folder + "/" + kMainFile, job.source));
  return WriteFileAtomically(folder + "/" + kJobFile,
                             text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string Text(const SourceLocation& where) {
  std::string text = where.file;
  if (where.line > 0) text += ":" + std::to_string(where.line);
  if (where.line > 0 && where.column > 0) text += ":" + std::to_string(where.column);
  return text;
}

SourceLocation LocateOrFile(const std::string& src, const YosysJob& job) {
  const SourceLocation where = Locate(src, job);
  return where.file.empty() ? SourceLocation{job.path, 0, 0} : where;
}

Error ToError(const Problem& problem, const YosysJob& job) {
  const std::optional<Diagnostic> diagnostic = DiagnosticWithId(problem.id);
  if (!diagnostic) {
    return Error(ErrorCode::kInternal, "unknown diagnostic '" + problem.id + "' from the plugin");
  }
  Error error = Diagnose(*diagnostic, problem.message).At(LocateOrFile(problem.src, job));
  for (const ProblemNote& note : problem.notes) {
    const SourceLocation where = Locate(note.src, job);
    error = std::move(error).Note(note.text + (where.file.empty() ? "" : ": " + Text(where)));
  }
  return problem.help.empty() ? error : std::move(error).Help(problem.help);
}

std::string LineOf(const std::string& source, int line) {
  std::istringstream lines(source);
  std::string text;
  for (int i = 0; i < line; ++i) std::getline(lines, text);
  return text;
}

bool LooksLikeSystemVerilog(const std::string& line) {
  for (const char* word : {"logic", "always_comb", "always_ff", "typedef", "enum", "struct", "bit ",
                           "byte ", "int ", "import ", "'{"}) {
    if (line.find(word) != std::string::npos) return true;
  }
  return false;
}

// Yosys does not say where an `include that it cannot follow stands.
SourceLocation IncludeLine(const std::string& message, const YosysJob& job) {
  const size_t begin = message.find('`') + 1;
  const std::string file = message.substr(begin, message.rfind('\'') - begin);
  const size_t found = job.source.find("\"" + file + "\"");
  if (found == std::string::npos) return {job.path, 0, 0};
  const auto lines =
      std::count(job.source.begin(), job.source.begin() + static_cast<long>(found), '\n');
  return {job.path, static_cast<int>(lines) + 1, 0};
}

// "`\\x'", as Yosys writes names, -> "'x'".
std::string WithPlainNames(std::string message) {
  for (size_t i = 0; i < message.size(); ++i) {
    if (message[i] != '`' || message.find('\'', i) == std::string::npos) continue;
    message[i] = '\'';
    if (message[i + 1] == '\\') message.erase(i + 1, 1);
  }
  return message;
}

// What Yosys says before it exits: "main.v:3: ERROR: syntax error, unexpected ';'\n".
std::optional<Error> YosysError(const std::string& messages, const YosysJob& job) {
  const std::string mark = "ERROR: ";
  const size_t found = messages.find(mark);
  if (found == std::string::npos) return std::nullopt;
  const size_t line_start = messages.rfind('\n', found) + 1;  // npos + 1 is 0
  std::string prefix = messages.substr(line_start, found - line_start);
  if (prefix.size() > 2) prefix.resize(prefix.size() - 2);  // ": "
  std::string message = messages.substr(found + mark.size());
  message = message.substr(0, message.find('\n'));
  const bool is_syntax = message.rfind("syntax error", 0) == 0;
  const bool no_plugin = message.rfind("Can't load module", 0) == 0;
  if (no_plugin) {
    return Diagnose(Diagnostic::kYosysFailed, "yosys cannot load AxLUT's plugin: " + message)
        .Help("AxLUT must be built for the installed Yosys: configure and build it again");
  }
  const bool no_include = message.rfind("Can't open include file", 0) == 0;
  const Diagnostic diagnostic = is_syntax ? Diagnostic::kVerilogSyntax : Diagnostic::kVerilogError;
  Error error = Diagnose(diagnostic, WithPlainNames(message))
                    .At(no_include ? IncludeLine(message, job) : LocateOrFile(prefix, job));
  const bool in_main = error.where().file == job.path && FileExtension(job.path) != ".sv";
  if (is_syntax && in_main && LooksLikeSystemVerilog(LineOf(job.source, error.where().line))) {
    error = std::move(error).Help("a file in SystemVerilog needs the extension .sv");
  }
  return error;
}

Error HowItEnded(const ProcessResult& result, const ProcessOptions& options, const YosysJob& job) {
  if (!result.timed_out && result.signal == 0) {
    if (std::optional<Error> error = YosysError(result.err + result.out, job)) return *error;
  }
  const Diagnostic diagnostic =
      result.timed_out ? Diagnostic::kYosysTimeout : Diagnostic::kYosysFailed;
  const std::string how = result.succeeded() ? "wrote no netlist" : DescribeEnd(result, options);
  return Diagnose(diagnostic, "reading the circuit failed: yosys " + how).At({job.path, 0, 0});
}

}  // namespace

SourceLocation Locate(const std::string& src, const YosysJob& job) {
  const size_t colon = src.rfind(':');
  if (colon == std::string::npos) return {};
  SourceLocation where;
  where.file = src.substr(0, colon);
  if (where.file.empty() || where.file[0] == '(') return {};  // a built-in cell
  char* rest = nullptr;
  where.line = static_cast<int>(std::strtol(src.c_str() + colon + 1, &rest, 10));
  if (*rest == '.') where.column = static_cast<int>(std::strtol(rest + 1, nullptr, 10));
  const size_t prefix = sizeof kIncludePrefix - 1;
  if (where.file == kMainFile) {
    where.file = job.path;
  } else if (where.file.compare(0, prefix, kIncludePrefix) == 0) {
    const std::vector<std::string> folders = IncludeFolders(job);
    const size_t slash = where.file.find('/');
    const size_t index = std::strtoul(where.file.c_str() + prefix, nullptr, 10);
    if (slash != std::string::npos && index < folders.size()) {
      where.file = (fs::path(folders[index]) / where.file.substr(slash + 1)).string();
    }
  }
  return where;
}

Result<ExchangedCircuit> RunYosys(const YosysJob& job) {
  const std::string plugin = FindPlugin();
  if (plugin.empty()) {
    return Diagnose(Diagnostic::kYosysFailed,
                    std::string("the Yosys plugin ") + kPlugin +
                        " is in neither ../lib nor ../lib/axlut of the program")
        .Help("set AXLUT_YOSYS_PLUGIN to its path");
  }
  AXLUT_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::Create());
  AXLUT_RETURN_IF_ERROR(WriteJob(job, folder.path()));
  ProcessOptions options;
  options.working_directory = folder.path();
  options.timeout_s = job.timeout_s;
  options.memory_limit_bytes = kMemoryLimitBytes;
  AXLUT_ASSIGN_OR_RETURN(
      const ProcessResult result,
      RunProcess({"yosys", "-q", "-Q", "-T", "-m", plugin, "-p", kPluginPass}, options));
  if (!result.succeeded()) return HowItEnded(result, options, job);
  Result<std::string> answer = ReadTextFile(folder.path() + "/" + kNetlistFile);
  if (!answer.ok()) return HowItEnded(result, options, job);
  AXLUT_ASSIGN_OR_RETURN(auto parsed, ParseExchange(*answer));
  if (const Problem* problem = std::get_if<Problem>(&parsed)) return ToError(*problem, job);
  return std::get<ExchangedCircuit>(std::move(parsed));
}

}  // namespace axlut
