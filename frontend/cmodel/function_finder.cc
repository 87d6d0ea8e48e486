// SPDX-License-Identifier: MIT
#include "frontend/cmodel/function_finder.h"

#include <algorithm>
#include <optional>
#include <set>

#include "frontend/diagnostics.h"
#include "runtime/base/cli.h"
#include "runtime/base/file_io.h"

namespace axlut::cmodel {
namespace {

using Tokens = std::vector<Token>;

bool IsOneOf(const Token& token, const std::set<std::string_view>& words) {
  return token.kind == TokenKind::kIdentifier && words.count(token.text) != 0;
}

// What may stand before a type without being part of it.
const std::set<std::string_view>& StorageWords() {
  static const std::set<std::string_view> words = {
      "static",   "extern",     "inline",     "__inline",  "__inline__",
      "register", "_Noreturn",  "auto",       "typedef",   "__extension__",
      "restrict", "__restrict", "__volatile", "constexpr", "_Thread_local"};
  return words;
}

// Words with a parenthesised argument that are neither functions nor parts of a type.
const std::set<std::string_view>& AttributeWords() {
  static const std::set<std::string_view> words = {"__attribute__", "__attribute", "__declspec",
                                                   "__asm__",       "__asm",       "asm",
                                                   "_Alignas",      "alignas"};
  return words;
}

// Words that make a type something else than an integer.
const std::set<std::string_view>& NonIntegerWords() {
  static const std::set<std::string_view> words = {
      "void",     "float",    "double",    "struct",     "union",      "_Complex",  "_Float16",
      "_Float32", "_Float64", "_Float128", "__float128", "_Decimal32", "_Decimal64"};
  return words;
}

const std::set<std::string_view>& TypeWords() {
  static const std::set<std::string_view> words = {
      "char",     "short", "int",  "long", "signed", "unsigned", "__signed__", "const",
      "volatile", "_Bool", "enum", "void", "float",  "double",   "__int128",   "__const"};
  return words;
}

constexpr size_t kNeverClosed = static_cast<size_t>(-1);

// Index after the bracket that closes tokens[open], or kNeverClosed.
size_t AfterBracket(const Tokens& tokens, size_t open) {
  int depth = 0;
  for (size_t i = open; i < tokens.size(); ++i) {
    if (tokens[i].Is('(') || tokens[i].Is('[') || tokens[i].Is('{')) ++depth;
    if (tokens[i].Is(')') || tokens[i].Is(']') || tokens[i].Is('}')) --depth;
    if (depth == 0) return i + 1;
  }
  return kNeverClosed;
}

// The tokens of a type: without storage class, attributes and [[...]].
Tokens StripDecorations(const Tokens& tokens) {
  Tokens kept;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const bool has_next = i + 1 < tokens.size();
    size_t end = kNeverClosed;
    if (has_next && IsOneOf(tokens[i], AttributeWords()) && tokens[i + 1].Is('(')) {
      end = AfterBracket(tokens, i + 1);
    } else if (has_next && tokens[i].Is('[') && tokens[i + 1].Is('[')) {
      end = AfterBracket(tokens, i);
    }
    if (end != kNeverClosed) {
      i = end - 1;
    } else if (!IsOneOf(tokens[i], StorageWords())) {
      kept.push_back(tokens[i]);
    }
  }
  return kept;
}

bool MayBeInteger(const Tokens& type) {
  return !type.empty() && std::all_of(type.begin(), type.end(), [](const Token& token) {
    return token.kind == TokenKind::kIdentifier && !IsOneOf(token, NonIntegerWords());
  });
}

Parameter ParseParameter(const Tokens& tokens) {
  Parameter parameter;
  parameter.where = tokens.front().where;
  Tokens type = StripDecorations(tokens);
  const bool named = type.size() >= 2 && type.back().kind == TokenKind::kIdentifier &&
                     !IsOneOf(type.back(), TypeWords());
  if (named) {
    parameter.name = type.back().text;
    parameter.where = type.back().where;
    type.pop_back();
  }
  parameter.may_be_integer = named && MayBeInteger(type);
  for (const Token& token : type) {
    if (!parameter.type.empty()) parameter.type += ' ';
    parameter.type += token.text;
  }
  return parameter;
}

// What stands between a function's parentheses.
std::vector<Parameter> ParseParameters(const Tokens& tokens) {
  std::vector<Parameter> parameters;
  Tokens current;
  int depth = 0;
  for (const Token& token : tokens) {
    if (token.Is('(') || token.Is('[')) ++depth;
    if (token.Is(')') || token.Is(']')) --depth;
    if (depth == 0 && token.Is(',')) {
      if (!current.empty()) parameters.push_back(ParseParameter(current));
      current.clear();
    } else {
      current.push_back(token);
    }
  }
  const bool is_void = current.size() == 1 && current[0].text == "void";
  if (!current.empty() && !is_void) parameters.push_back(ParseParameter(current));
  return parameters;
}

// The function that the tokens before a '{' declare; nullopt if they declare none.
std::optional<FunctionDefinition> ParseHead(const Tokens& head) {
  for (size_t i = 0; i + 1 < head.size(); ++i) {
    if (head[i].Is('=')) return std::nullopt;  // the '{' opens an initializer
    if (head[i].kind != TokenKind::kIdentifier || !head[i + 1].Is('(')) continue;
    const size_t end = AfterBracket(head, i + 1);
    if (end == kNeverClosed) return std::nullopt;  // the compiler will say why
    if (IsOneOf(head[i], AttributeWords()) || head[i].text == "__typeof__" ||
        head[i].text == "typeof") {
      i = end - 1;
      continue;
    }
    FunctionDefinition function;
    function.name = head[i].text;
    function.where = head[i].where;
    function.parameters = ParseParameters(Tokens(head.begin() + static_cast<ptrdiff_t>(i) + 2,
                                                 head.begin() + static_cast<ptrdiff_t>(end) - 1));
    function.result_may_be_integer = MayBeInteger(
        StripDecorations(Tokens(head.begin(), head.begin() + static_cast<ptrdiff_t>(i))));
    return function;
  }
  return std::nullopt;
}

SourceLocation WholeFile(const std::string& file) { return {file, 0, 0}; }

std::string Signature(const FunctionDefinition& function) {
  std::string text = function.name + "(";
  for (const Parameter& parameter : function.parameters) {
    if (text.back() != '(') text += ", ";
    text += parameter.type;
    if (!parameter.name.empty()) text += " " + parameter.name;
  }
  return text + ")";
}

// "'f(uint8_t A, uint8_t B)', 'g()'", at most eight of them.
std::string ListOf(const std::vector<FunctionDefinition>& functions) {
  constexpr size_t kMostShown = 8;
  std::string text;
  for (size_t i = 0; i < functions.size() && i < kMostShown; ++i) {
    text += (i == 0 ? "'" : ", '") + Signature(functions[i]) + "'";
  }
  if (functions.size() > kMostShown) {
    text += " and " + std::to_string(functions.size() - kMostShown) + " more";
  }
  return text;
}

// "mul8u_2AC_v2" -> "mul8u_2AC_v2", "mul8u_2AC", "mul8u".
std::vector<std::string> StemsOf(std::string stem) {
  std::vector<std::string> stems = {stem};
  for (size_t cut = stem.find_last_of("_-."); cut != std::string::npos && cut > 0;
       cut = stem.find_last_of("_-.")) {
    stem.resize(cut);
    stems.push_back(stem);
  }
  return stems;
}

Result<FunctionDefinition> ChooseRequested(const std::vector<FunctionDefinition>& functions,
                                           const std::string& file, const std::string& requested) {
  std::vector<std::string> names;
  for (const FunctionDefinition& function : functions) {
    if (function.name != requested) {
      names.push_back(function.name);
    } else if (function.IsTwoOperand()) {
      return function;
    } else {
      return Diagnose(Diagnostic::kCNoFunction,
                      "a multiplier has two integer parameters and an integer result, '" +
                          Signature(function) + "' has not")
          .At(function.where);
    }
  }
  const Error error =
      Diagnose(Diagnostic::kCFunctionChoice, "no function '" + requested + "' is defined here")
          .At(WholeFile(file));
  const std::string near = cli::DidYouMean(requested, names);
  if (!near.empty()) return Error(error).Help("did you mean '" + near + "'?");
  if (!functions.empty()) return Error(error).Note("defined are " + ListOf(functions));
  return error;
}

}  // namespace

bool FunctionDefinition::IsTwoOperand() const {
  return parameters.size() == 2 && result_may_be_integer && parameters[0].may_be_integer &&
         parameters[1].may_be_integer;
}

Result<std::vector<FunctionDefinition>> FindFunctions(const Tokens& tokens) {
  std::vector<FunctionDefinition> functions;
  Tokens head;  // since the last declaration ended
  for (size_t i = 0; i < tokens.size();) {
    const Token& token = tokens[i];
    if (token.Is(';')) {
      head.clear();
      ++i;
    } else if (token.Is('{')) {
      const size_t end = AfterBracket(tokens, i);
      if (end == kNeverClosed) {
        return Diagnose(Diagnostic::kCSyntax, "this '{' is never closed").At(token.where);
      }
      std::optional<FunctionDefinition> function = ParseHead(head);
      // After the braces of a struct or an initializer the declaration goes on.
      if (function) {
        if (!token.in_system_header) functions.push_back(std::move(*function));
        head.clear();
      }
      i = end;
    } else {
      head.push_back(token);
      ++i;
    }
  }
  return functions;
}

Result<FunctionDefinition> ChooseFunction(const std::vector<FunctionDefinition>& functions,
                                          const std::string& file, const std::string& requested) {
  if (!requested.empty()) return ChooseRequested(functions, file, requested);
  std::vector<FunctionDefinition> candidates;
  std::copy_if(functions.begin(), functions.end(), std::back_inserter(candidates),
               [](const FunctionDefinition& function) { return function.IsTwoOperand(); });
  const std::string stem = FileStem(file);
  for (const std::string& name : StemsOf(stem)) {
    for (const FunctionDefinition& function : candidates) {
      if (function.name == name) return function;
    }
  }
  if (candidates.size() == 1) return candidates[0];
  if (candidates.empty()) {
    Error error = Diagnose(Diagnostic::kCNoFunction,
                           "a C model needs a function with two integer parameters and an integer "
                           "result; none is defined here")
                      .At(WholeFile(file));
    if (functions.empty()) return error;
    return std::move(error).Note("defined are " + ListOf(functions));
  }
  return Diagnose(Diagnostic::kCFunctionChoice,
                  "none of the " + std::to_string(candidates.size()) +
                      " two-operand functions is named like the file ('" + stem + "')")
      .At(WholeFile(file))
      .Note("they are " + ListOf(candidates))
      .Help("choose one with --function NAME");
}

}  // namespace axlut::cmodel
