// SPDX-License-Identifier: MIT
#include "frontend/yosys/task_arguments.h"

#include <cctype>

namespace axlut {
namespace {

bool IsWord(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
}

// Steps over the comment, string or escaped identifier that starts at `at`; 0 if none does.
size_t SkippedLength(const std::string& text, size_t at) {
  const auto until = [&](const char* end, size_t end_size) {
    const size_t found = text.find(end, at + 1);
    return (found == std::string::npos ? text.size() : found + end_size) - at;
  };
  if (text.compare(at, 2, "//") == 0) return until("\n", 0);
  if (text.compare(at, 2, "/*") == 0) return until("*/", 2);
  if (text[at] == '"') return until("\"", 1);
  if (text[at] == '\\')
    return text.find_first_of(" \t\r\n", at) == std::string::npos
               ? text.size() - at
               : text.find_first_of(" \t\r\n", at) - at;
  return 0;
}

SourceLocation LocationAt(const std::string& source, size_t at, const std::string& file) {
  SourceLocation where{file, 1, 1};
  for (size_t i = 0; i < at; ++i) {
    const bool is_end = source[i] == '\n';
    where.line += is_end ? 1 : 0;
    where.column = is_end ? 1 : where.column + 1;
  }
  return where;
}

}  // namespace

std::optional<SourceLocation> FindInoutArgument(const std::string& source,
                                                const std::string& file) {
  bool in_task = false;
  for (size_t at = 0; at < source.size();) {
    if (const size_t skipped = SkippedLength(source, at)) {
      at += skipped;
      continue;
    }
    size_t end = at;
    while (end < source.size() && IsWord(source[end])) ++end;
    const std::string word = source.substr(at, end - at);
    if (word == "task" || word == "function") in_task = true;
    if (word == "endtask" || word == "endfunction" || word == "endmodule") in_task = false;
    if (in_task && word == "inout") return LocationAt(source, at, file);
    at = end > at ? end : at + 1;
  }
  return std::nullopt;
}

}  // namespace axlut
