// SPDX-License-Identifier: MIT
// The rules that a multiplier's description can break. Each has an id, which ends the message and
// is a heading of docs/diagnostics.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace axlut {

enum class Diagnostic : uint8_t {
#define AXLUT_DIAGNOSTIC(name, id, code, title, explanation) name,
#include "frontend/diagnostics.def"
#undef AXLUT_DIAGNOSTIC
};

struct DiagnosticInfo {
  const char* id;           // "axlut-multiple-drivers"
  ErrorCode code;           // the exit code it leads to
  const char* title;        // the rule in one line
  const char* explanation;  // why, and what to do about it
};

const DiagnosticInfo& Info(Diagnostic diagnostic);
std::vector<Diagnostic> AllDiagnostics();
std::optional<Diagnostic> DiagnosticWithId(std::string_view id);

// An Error with the diagnostic's exit code and id.
Error Diagnose(Diagnostic diagnostic, std::string message);

// The text of docs/diagnostics.md.
std::string DiagnosticsAsMarkdown();

}  // namespace axlut
