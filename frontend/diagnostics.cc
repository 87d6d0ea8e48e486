// SPDX-License-Identifier: MIT
#include "frontend/diagnostics.h"

#include <iterator>
#include <utility>

namespace axlut {
namespace {

constexpr DiagnosticInfo kInfos[] = {
#define AXLUT_DIAGNOSTIC(name, id, code, title, explanation) \
  {id, ErrorCode::code, title, explanation},
#include "frontend/diagnostics.def"
#undef AXLUT_DIAGNOSTIC
};

}  // namespace

const DiagnosticInfo& Info(Diagnostic diagnostic) {
  return kInfos[static_cast<size_t>(diagnostic)];
}

std::vector<Diagnostic> AllDiagnostics() {
  std::vector<Diagnostic> all;
  for (size_t i = 0; i < std::size(kInfos); ++i) all.push_back(static_cast<Diagnostic>(i));
  return all;
}

std::optional<Diagnostic> DiagnosticWithId(std::string_view id) {
  for (size_t i = 0; i < std::size(kInfos); ++i) {
    if (id == kInfos[i].id) return static_cast<Diagnostic>(i);
  }
  return std::nullopt;
}

Error Diagnose(Diagnostic diagnostic, std::string message) {
  const DiagnosticInfo& info = Info(diagnostic);
  return Error(info.code, std::move(message)).WithId(info.id);
}

std::string DiagnosticsAsMarkdown() {
  std::string text =
      "# Diagnostics\n\n"
      "The id in brackets at the end of a message is a heading of this page. The exit codes are\n"
      "those of every command: 2 usage, 3 the input cannot be read or parsed, 4 the input is "
      "valid\n"
      "but unsupported, 5 a tool is missing or failed.\n\n"
      "<!-- Made from frontend/diagnostics.def; a test compares the two. -->\n";
  for (const DiagnosticInfo& info : kInfos) {
    text += std::string("\n## ") + info.id + "\n\n**" + info.title + ".** (exit code " +
            std::to_string(static_cast<int>(info.code)) + ")\n\n" + info.explanation + "\n";
  }
  return text;
}

}  // namespace axlut
