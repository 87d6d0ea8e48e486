// SPDX-License-Identifier: MIT
// What happens to activations where they are packed: they are summed (for zero points) and replaced
// by the row numbers or indices that the table's form wants.
#pragma once

#include <cstdint>

namespace axlut {

// `rows` rows of `length` codes each, `stride` apart.
struct CodeBlock {
  uint8_t* codes = nullptr;
  int64_t rows = 0;
  int64_t stride = 0;
  int64_t length = 0;            // a multiple of 16
  const uint8_t* map = nullptr;  // 256 values that replace the codes; null: they stay
  uint8_t mask = 0;              // of the bits that count in the sums
  uint8_t flip = 0;
  uint32_t* sums = nullptr;  // null: none are wanted
};

// sums[i] = sum over the rows of (code i & mask) ^ flip; maps the codes. Returns the bitwise or of
// what the block holds then.
uint8_t FinishCodes(const CodeBlock& block);
// Maps `length` codes and returns the sum of (code & mask) ^ flip. May write up to the next
// multiple of 64 beyond.
uint32_t MapRowCodes(uint8_t* codes, int64_t length, const uint8_t* map, uint8_t mask,
                     uint8_t flip);

// `count` codes, from one place of a row to a place of another row.
struct CodeRun {
  int32_t from = 0;
  int32_t to = 0;
  int32_t count = 0;
};

// Rows of codes that are all put together from the same runs of other rows.
struct CodeCopy {
  const CodeRun* runs = nullptr;  // one behind the other: each starts where the last one ends
  int64_t run_count = 0;
  int64_t rows = 0;
  const uint8_t* from = nullptr;
  int64_t from_stride = 0;
  uint8_t* to = nullptr;
  int64_t to_stride = 0;
};

// to[row * to_stride + run.to + i] = from[row * from_stride + run.from + i]. May read and write up
// to 63 bytes beyond the last run of a row: rows are copied in their order.
void CopyCodeRuns(const CodeCopy& copy);

// The same for AVX-512 VBMI; `codes` and `stride` are multiples of 64 bytes.
uint8_t FinishCodesAvx512Vbmi(const CodeBlock& block);
uint32_t MapRowCodesAvx512Vbmi(uint8_t* codes, int64_t length, const uint8_t* map, uint8_t mask,
                               uint8_t flip);
void CopyCodeRunsAvx512(const CodeCopy& copy);

}  // namespace axlut
