// SPDX-License-Identifier: MIT
#include "frontend/cmodel/compiler.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <sstream>

#include "frontend/cmodel/harness.h"
#include "frontend/cmodel/limited_process.h"
#include "frontend/diagnostics.h"
#include "runtime/base/file_io.h"

namespace axlut::cmodel {
namespace {

constexpr uint64_t kMostCompilerMemory = uint64_t{4} << 30;
constexpr uint64_t kLargestFile = uint64_t{64} << 20;  // of its output

std::vector<std::string> Words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

bool IsInPath(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::vector<std::string> FindCompiler() {
  for (const char* variable : {"AXLUT_CC", "CC"}) {
    const char* value = std::getenv(variable);
    const std::vector<std::string> words = Words(value == nullptr ? "" : value);
    if (!words.empty()) return words;
  }
  for (const char* program : {"cc", "gcc", "clang"}) {
    if (IsInPath(program)) return {program};
  }
  return {};
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

struct CompilerMessage {
  SourceLocation where;
  std::string message;
};

// "mul.c:3:14: error: ..." or "... fatal error: ...". The file's name may contain colons.
std::optional<CompilerMessage> ParseErrorLine(const std::string& line) {
  for (const std::string_view kind : {": fatal error: ", ": error: "}) {
    const size_t at = line.find(kind);
    if (at == std::string::npos) continue;
    CompilerMessage diagnostic;
    diagnostic.message = line.substr(at + kind.size());
    std::string place = line.substr(0, at);
    int numbers[2] = {0, 0};  // column, line: from the right
    for (int& number : numbers) {
      const size_t colon = place.find_last_of(':');
      if (colon == std::string::npos) break;
      const char* begin = place.data() + colon + 1;
      const char* end = place.data() + place.size();
      if (begin == end || std::from_chars(begin, end, number).ptr != end) break;
      place.resize(colon);
    }
    if (numbers[1] == 0) std::swap(numbers[0], numbers[1]);  // a line without a column
    diagnostic.where = {place, numbers[1], numbers[0]};
    return diagnostic;
  }
  return std::nullopt;
}

// "undefined reference to `f'": the linker's place is an offset in our object, of no use.
std::optional<std::string> ParseLinkerLine(const std::string& line) {
  for (const std::string_view what :
       {"undefined reference to", "multiple definition of", "relocation truncated"}) {
    const size_t at = line.find(what);
    if (at != std::string::npos) return line.substr(at, line.find(';', at) - at);
  }
  return std::nullopt;
}

// The line that tells most about a failure of the compiler itself: "internal compiler error: File
// size limit exceeded ...", else the last one.
std::string TellingLine(const std::string& diagnostics) {
  std::string telling;
  std::istringstream stream(diagnostics);
  for (std::string line; std::getline(stream, line);) {
    if (line.find("error") != std::string::npos) return line;
    if (!line.empty()) telling = line;
  }
  return telling;
}

}  // namespace

Error ErrorFromDiagnostics(const std::string& diagnostics, const std::string& file,
                           const std::string& how_it_ended) {
  std::optional<CompilerMessage> first;
  std::optional<std::string> linker;
  int errors = 0;
  std::istringstream stream(diagnostics);
  for (std::string line; std::getline(stream, line);) {
    if (const auto diagnostic = ParseErrorLine(line)) {
      ++errors;
      if (!first) first = diagnostic;
    } else if (!linker) {
      linker = ParseLinkerLine(line);
    }
  }
  if (linker && linker->find("relocation truncated") == 0) {
    return Diagnose(Diagnostic::kCSyntax, "the C model's static data are too large to link")
        .At({file, 0, 0});
  }
  if (linker) {
    return Diagnose(Diagnostic::kCSyntax, "the C model does not link: " + *linker).At({file, 0, 0});
  }
  if (!first) {
    const Error error =
        Diagnose(Diagnostic::kCCompiler, "the C compiler failed on this model with " + how_it_ended)
            .At({file, 0, 0});
    const std::string said = TellingLine(diagnostics);
    return said.empty() ? error : Error(error).Note("it said: " + said);
  }
  if (first->where.line == 0) first->where.file = file;
  Error error = Diagnose(Diagnostic::kCSyntax, first->message).At(first->where);
  if (errors == 1) return error;
  return std::move(error).Note("the C compiler reports " + std::to_string(errors - 1) + " more " +
                               (errors == 2 ? "error" : "errors"));
}

Compiler::Compiler(std::string folder, std::string file, CompileOptions options)
    : folder_(std::move(folder)),
      file_(std::move(file)),
      timeout_s_(options.timeout_s),
      compiler_(FindCompiler()) {
  // -fwrapv, -fno-strict-aliasing: a model's sloppiness must not make its table depend on the
  // optimizer. -iquote: the text is compiled from another folder.
  model_flags_ = {"-O2", "-w", "-fwrapv", "-fno-strict-aliasing", "-iquote", FolderOf(file_)};
  for (const std::string& folder_name : options.include_dirs)
    model_flags_.push_back("-I" + folder_name);
  for (const std::string& define : options.defines) model_flags_.push_back("-D" + define);
}

Result<void> Compiler::Run(const std::vector<std::string>& flags,
                           const std::vector<std::string>& more_flags) {
  if (compiler_.empty()) {
    return Diagnose(Diagnostic::kCCompiler,
                    "a C model needs a C compiler; none of cc, gcc and clang is in PATH")
        .Help("install one (Debian: apt-get install gcc libc6-dev) or name it in $AXLUT_CC");
  }
  LaunchOptions launch;
  launch.arguments = compiler_;
  launch.arguments.insert(launch.arguments.end(), flags.begin(), flags.end());
  launch.arguments.insert(launch.arguments.end(), more_flags.begin(), more_flags.end());
  launch.error_file = folder_ + "/diagnostics.txt";
  launch.cpu_limit_s = timeout_s_;
  launch.memory_limit_bytes = kMostCompilerMemory;
  launch.file_limit_bytes = kLargestFile;
  AXLUT_ASSIGN_OR_RETURN(ChildProcess process, ChildProcess::Start(launch));
  const Result<ChildEnd> end = process.Wait(timeout_s_);
  if (!end.ok()) {
    if (end.error().code() == ErrorCode::kInterrupted) return end.error();
    return Diagnose(Diagnostic::kCCompiler,
                    fmt::format("the C compiler did not finish this model within {} s", timeout_s_))
        .At({file_, 0, 0});
  }
  if (end->signal == 0 && end->exit_code == 0) return {};
  AXLUT_ASSIGN_OR_RETURN(const std::string diagnostics,
                         ReadTextFile(launch.error_file, kLargestFile + 1));
  return ErrorFromDiagnostics(diagnostics, file_, ToString(*end));
}

Result<std::string> Compiler::Preprocess(const std::string& model_text) {
  const std::string source = folder_ + "/model.c";
  const std::string output = folder_ + "/model.i";
  AXLUT_RETURN_IF_ERROR(WriteFileAtomically(source, ModelSource(model_text, file_)));
  AXLUT_RETURN_IF_ERROR(Run(model_flags_, {"-E", "-C", source, "-o", output}));
  return ReadTextFile(output, kLargestFile + 1);
}

Result<void> Compiler::CheckSyntax(const std::string& model_text) {
  const std::string source = folder_ + "/model.c";
  AXLUT_RETURN_IF_ERROR(WriteFileAtomically(source, ModelSource(model_text, file_)));
  return Run(model_flags_, {"-fsyntax-only", source});
}

Result<std::string> Compiler::Build(const std::string& model_text,
                                    const FunctionDefinition& function) {
  const std::string loop = folder_ + "/loop.c";
  const std::string main = folder_ + "/main.c";
  const std::string program = folder_ + "/model";
  AXLUT_RETURN_IF_ERROR(WriteFileAtomically(loop, LoopSource(model_text, file_, function)));
  AXLUT_RETURN_IF_ERROR(WriteFileAtomically(main, MainSource()));
  // Two steps, because the user's -D and -I are for his text, not for ours.
  AXLUT_RETURN_IF_ERROR(Run({"-O1", "-w", "-c", main, "-o", main + ".o"}, {}));
  std::vector<std::string> inputs = {loop, main + ".o", "-o", program};
  inputs.insert(inputs.end(), LinkOptions().begin(), LinkOptions().end());
  const Result<void> built = Run(model_flags_, inputs);
  if (built.ok()) return program;
  if (built.error().where().file != kLoopFile) return built.error();
  // Not the model's text, but our call of it.
  return Diagnose(Diagnostic::kCNoFunction,
                  "'" + function.name +
                      "' cannot be called with two integers: " + built.error().message())
      .At(function.where);
}

}  // namespace axlut::cmodel
