// SPDX-License-Identifier: MIT
#include "sim/verilator.h"

#include <fmt/format.h>

#include <cctype>
#include <optional>

namespace axlut {
namespace {

// Preprocessed text and diagnostics of a large netlist; what is longer was not written by a tool
// that makes multipliers.
constexpr uint64_t kOutputLimitBytes = uint64_t{1} << 28;

// The digits at `at` and the ':' behind them; moves `at` behind both.
std::optional<int> TakeNumber(std::string_view text, size_t& at) {
  size_t end = at;
  int number = 0;
  while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) && end - at < 9) {
    number = number * 10 + (text[end] - '0');
    ++end;
  }
  if (end == at || end == text.size() || text[end] != ':') return std::nullopt;
  at = end + 1;
  return number;
}

// "file:line:column: text" -> place and text; without a place the whole is the text.
void SplitLocation(std::string_view text, VerilatorMessage& message) {
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    size_t at = colon + 1;
    const std::optional<int> line = TakeNumber(text, at);
    const std::optional<int> column = line ? TakeNumber(text, at) : std::nullopt;
    if (column && at < text.size() && text[at] == ' ') {
      message.where = {std::string(text.substr(0, colon)), *line, *column};
      text.remove_prefix(at + 1);
    }
  }
  message.text = std::string(text);
}

std::optional<VerilatorMessage> ParseLine(std::string_view line) {
  VerilatorMessage message;
  if (line.substr(0, 6) == "%Error") {
    message.is_error = true;
    line.remove_prefix(6);
  } else if (line.substr(0, 8) == "%Warning") {
    line.remove_prefix(8);
  } else {
    return std::nullopt;
  }
  const size_t colon = line.find(": ");
  if (colon == std::string_view::npos) return std::nullopt;
  if (colon > 0 && line[0] == '-') message.code = std::string(line.substr(1, colon - 1));
  SplitLocation(line.substr(colon + 2), message);
  return message;
}

bool StartsWith(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

// Lines that Verilator prints as errors of their own, but that only continue the one before.
bool IsContinuation(const VerilatorMessage& message) {
  return StartsWith(message.text, "Exiting due to") ||
         StartsWith(message.text, "This may be because");
}

Error Explain(const VerilatorMessage& message) {
  constexpr char kMissingModule[] = "Cannot find file containing module: ";
  if (StartsWith(message.text, kMissingModule)) {
    return Error::InvalidInput(fmt::format("module {} is instantiated, but not defined",
                                           message.text.substr(sizeof kMissingModule - 1)))
        .Help("name the file that defines it too: lutsim verify TABLE TOP.v CELLS.v");
  }
  if (message.text == "No top level module found") {
    return Error::InvalidInput("no module found");
  }
  if (StartsWith(message.text, "Unsupported") || message.code == "UNSUPPORTED") {
    return Error::Unsupported(message.text).Note("Verilator cannot simulate this construct");
  }
  return Error::InvalidInput(message.text);
}

}  // namespace

std::vector<VerilatorMessage> ParseVerilatorMessages(std::string_view text) {
  std::vector<VerilatorMessage> messages;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::optional<VerilatorMessage> message = ParseLine(text.substr(0, end));
    if (message && !IsContinuation(*message)) messages.push_back(*std::move(message));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return messages;
}

std::string FormatVerilatorMessages(const std::vector<VerilatorMessage>& messages) {
  std::string text;
  for (const VerilatorMessage& message : messages) {
    text += message.is_error ? "%Error" : "%Warning";
    if (!message.code.empty()) text += "-" + message.code;
    text += ": ";
    if (!message.where.file.empty()) {
      text +=
          fmt::format("{}:{}:{}: ", message.where.file, message.where.line, message.where.column);
    }
    text += message.text + "\n";
  }
  return text;
}

Result<ProcessResult> RunVerilator(const std::vector<std::string>& arguments,
                                   const std::string& folder, double timeout_s) {
  std::vector<std::string> command = {"verilator"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  ProcessOptions options;
  options.working_directory = folder;
  options.timeout_s = timeout_s;
  options.output_limit_bytes = kOutputLimitBytes;
  AXLUT_ASSIGN_OR_RETURN(ProcessResult run, RunProcess(command, options));
  if (run.timed_out || run.signal != 0) {
    return Error::Tool(fmt::format("verilator failed: {}", DescribeEnd(run, options)));
  }
  return run;
}

Result<std::string> VerilatorVersion(double timeout_s) {
  AXLUT_ASSIGN_OR_RETURN(const ProcessResult run, RunVerilator({"--version"}, "", timeout_s));
  const std::string line = run.out.substr(0, run.out.find('\n'));
  if (!run.succeeded() || !StartsWith(line, "Verilator ")) {
    return Error::Tool(fmt::format("'verilator --version' printed no version, but '{}'", line));
  }
  return line;
}

Result<std::string> VerilatorIncludeFolder(double timeout_s) {
  AXLUT_ASSIGN_OR_RETURN(const ProcessResult run,
                         RunVerilator({"--getenv", "VERILATOR_ROOT"}, "", timeout_s));
  const std::string root = run.out.substr(0, run.out.find('\n'));
  if (!run.succeeded() || root.empty()) {
    return Error::Tool("'verilator --getenv VERILATOR_ROOT' names no folder");
  }
  return root + "/include";
}

Error VerilatorFailure(const std::vector<VerilatorMessage>& messages, const ProcessResult& run) {
  const VerilatorMessage* first = nullptr;
  int others = -1;
  for (const VerilatorMessage& message : messages) {
    if (!message.is_error) continue;
    if (first == nullptr) first = &message;
    ++others;
  }
  if (first == nullptr) {
    return Error::Tool(
               fmt::format("verilator failed with exit code {} and no message", run.exit_code))
        .Note(run.err.substr(0, 1000));
  }
  Error error = Explain(*first).At(first->where);
  if (others > 0) {
    error = std::move(error).Note(fmt::format("Verilator found {} more error(s) after it", others));
  }
  return error;
}

}  // namespace axlut
