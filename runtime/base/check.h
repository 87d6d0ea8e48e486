// SPDX-License-Identifier: MIT
// Checks for what only our own bug can cause. They print both values and abort; what an input can
// cause is a Result (result.h).
#pragma once

#include <sstream>
#include <string>

namespace axlut::internal {

[[noreturn]] void CheckFailed(const char* file, int line, const std::string& what);

template <typename A, typename B>
[[noreturn]] void CheckOpFailed(const char* file, int line, const char* text, const A& a,
                                const B& b) {
  std::ostringstream out;
  out << text << " (" << +a << " vs " << +b << ")";
  CheckFailed(file, line, out.str());
}

}  // namespace axlut::internal

#define AXLUT_CHECK(condition)                                        \
  do {                                                                \
    if (!(condition)) {                                               \
      ::axlut::internal::CheckFailed(__FILE__, __LINE__, #condition); \
    }                                                                 \
  } while (false)

#define AXLUT_INTERNAL_CHECK_OP(a, op, b)                                                        \
  do {                                                                                           \
    const auto& axlut_a = (a);                                                                   \
    const auto& axlut_b = (b);                                                                   \
    if (!(axlut_a op axlut_b)) {                                                                 \
      ::axlut::internal::CheckOpFailed(__FILE__, __LINE__, #a " " #op " " #b, axlut_a, axlut_b); \
    }                                                                                            \
  } while (false)

#define AXLUT_CHECK_EQ(a, b) AXLUT_INTERNAL_CHECK_OP(a, ==, b)
#define AXLUT_CHECK_LE(a, b) AXLUT_INTERNAL_CHECK_OP(a, <=, b)
#define AXLUT_CHECK_LT(a, b) AXLUT_INTERNAL_CHECK_OP(a, <, b)
#define AXLUT_CHECK_GE(a, b) AXLUT_INTERNAL_CHECK_OP(a, >=, b)
