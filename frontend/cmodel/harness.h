// SPDX-License-Identifier: MIT
// The C program around a C model: its text, and the memory that it shares with us.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "frontend/cmodel/function_finder.h"

namespace axlut::cmodel {

// `main` of a model (its author's test program) is renamed to this.
inline constexpr char kRenamedMain[] = "axlut_model_main";

// What the program tells about one type: 0 and 1 are the parameters, 2 is the result.
struct TypeFacts {
  int32_t size_bytes;
  int32_t is_signed;
  int32_t is_integer;
};

// The first page of the shared memory; the products follow at kProductsOffset. The program's text
// in harness.cc declares the same structure.
struct SharedHeader {
  TypeFacts types[3];
  int32_t padding;
  int64_t forbidden_call;     // number + 1 of a system call that the filter refused; 0 = none
  uint64_t failed_alloc;      // bytes of the last allocation that failed; 0 = none
  uint64_t row;               // that is being computed
  char compiler_version[64];  // __VERSION__
};
inline constexpr uint64_t kProductsOffset = 4096;
// Products per request: 8 rows of a 16x16 table, all of an 8x8 one.
inline constexpr uint64_t kMostProducts = uint64_t{1} << 19;

// A request on descriptor 3, answered there by one byte when the products are written: rows
// first_row .. first_row + row_count - 1 with `columns` columns each.
struct RowRequest {
  uint64_t first_row;
  uint64_t row_count;
  uint64_t columns;
  uint64_t row_is_second;  // 1: the row operand is the function's second parameter
  // 64 - width to pass an operand sign-extended, 0 to pass its raw bit pattern.
  uint64_t row_shift;
  uint64_t column_shift;
};

// The model's text with a line marker, so that the compiler reports the user's file and lines.
std::string ModelSource(const std::string& text, const std::string& file);
// What the compiler calls the part of LoopSource() that is ours.
inline constexpr char kLoopFile[] = "axlut-loop.c";
// The model's text followed by the loop over the products, in one translation unit: static
// functions can be called, and the call is inlined.
std::string LoopSource(const std::string& text, const std::string& file,
                       const FunctionDefinition& function);
// main(), the second system call filter and the protocol: a translation unit of its own, so that
// no system header meets the model's names.
const std::string& MainSource();
// Linker options that MainSource() needs: allocation failures are recorded.
const std::vector<std::string>& LinkOptions();

}  // namespace axlut::cmodel
