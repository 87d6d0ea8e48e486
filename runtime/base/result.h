// SPDX-License-Identifier: MIT
// What a function returns when its input can be wrong: a value, or an Error that says what is
// wrong.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/base/check.h"

namespace axlut {

// The classes of failure that a caller tells apart. The values are the exit codes of the commands
// (docs/cli.md), so that no table between the two can go stale.
enum class ErrorCode : uint8_t {
  kUsage = 2,          // the command line is wrong
  kInvalidInput = 3,   // an input cannot be read, parsed or trusted
  kUnsupported = 4,    // the input is valid, but outside what AxLUT can do
  kTool = 5,           // a tool that we need is missing or failed (yosys, verilator, cc)
  kInternal = 70,      // our bug
  kInterrupted = 130,  // the user pressed Ctrl-C
};

// Where in an input something stands. Line and column count from 1; 0 means unknown.
struct SourceLocation {
  std::string file;
  int line = 0;
  int column = 0;
};

// One failure. `message` names the thing, the rule and the value found, without a final full stop:
// "truth table of a 2x2-bit multiplier needs 16 products, got 15".
class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  static Error Usage(std::string message) { return {ErrorCode::kUsage, std::move(message)}; }
  static Error InvalidInput(std::string message) {
    return {ErrorCode::kInvalidInput, std::move(message)};
  }
  static Error Unsupported(std::string message) {
    return {ErrorCode::kUnsupported, std::move(message)};
  }
  static Error Tool(std::string message) { return {ErrorCode::kTool, std::move(message)}; }

  // Chainable decorations (`error = std::move(error).Help("...")` works too): where it is, which
  // rule of docs/diagnostics.md it breaks, what else helps to understand it ("note: ...") and what
  // to do about it ("help: ...").
  Error At(SourceLocation where) && {
    where_ = std::move(where);
    return std::move(*this);
  }
  Error WithId(std::string id) && {
    id_ = std::move(id);
    return std::move(*this);
  }
  Error Note(const std::string& text) && {
    details_.push_back("note: " + text);
    return std::move(*this);
  }
  Error Help(const std::string& text) && {
    details_.push_back("help: " + text);
    return std::move(*this);
  }

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const SourceLocation& where() const { return where_; }
  const std::string& id() const { return id_; }
  const std::vector<std::string>& details() const { return details_; }

  // "<file>:<line>:<col>: error: <message> [<id>]" and the details, each on a line of its own;
  // unknown parts are left out. No newline at the end.
  std::string ToString() const;

 private:
  ErrorCode code_;
  std::string message_;
  SourceLocation where_;
  std::string id_;
  std::vector<std::string> details_;
};

// A T, or the Error that kept it from being made. Result<void> has no value.
template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit on purpose: `return value;` and `return Error::InvalidInput(...);` both read well.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    AXLUT_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    AXLUT_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    AXLUT_CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& {
    AXLUT_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    AXLUT_CHECK(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() : state_(std::in_place_index<0>) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  const Error& error() const& {
    AXLUT_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    AXLUT_CHECK(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<std::monostate, Error> state_;
};

}  // namespace axlut

#define AXLUT_INTERNAL_CONCAT2(a, b) a##b
#define AXLUT_INTERNAL_CONCAT(a, b) AXLUT_INTERNAL_CONCAT2(a, b)

// Leaves the enclosing function with the Error of `expr` (a Result<void>) if it has one.
#define AXLUT_RETURN_IF_ERROR(expr)                       \
  do {                                                    \
    if (auto axlut_result = (expr); !axlut_result.ok()) { \
      return std::move(axlut_result).error();             \
    }                                                     \
  } while (false)

// AXLUT_ASSIGN_OR_RETURN(auto table, ReadContainer(path)); - the value, or leave with the Error.
#define AXLUT_ASSIGN_OR_RETURN(declaration, expr) \
  AXLUT_INTERNAL_ASSIGN_OR_RETURN(AXLUT_INTERNAL_CONCAT(axlut_result_, __LINE__), declaration, expr)
#define AXLUT_INTERNAL_ASSIGN_OR_RETURN(result, declaration, expr) \
  auto result = (expr);                                            \
  if (!result.ok()) return std::move(result).error();              \
  declaration = std::move(result).value()
