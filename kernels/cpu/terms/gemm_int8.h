// SPDX-License-Identifier: MIT
// The inner loop of a plan's terms: a matrix product of mapped activations (u8) and mapped weights
// (s8) whose rows are windows of an image, so that no im2col is needed: the activation of position
// p, tap t is found at rows[p] + taps[t].offset. One GemmMethod per instruction set (gemms.inc).
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cpu/isa.h"

namespace axlut {

// Neighbouring products of a window whose activations are contiguous. A unit is
// GemmMethod::depth_unit of them.
struct GemmTap {
  int64_t offset = 0;  // in bytes
  int64_t units = 0;
};

// What is added to the products' sum on its way to the output.
struct GemmEpilogue {
  int32_t scale = 1;                     // of the sum
  bool add = false;                      // to what out holds, and nothing of the following
  const int32_t* bias = nullptr;         // per channel; null: nothing is added at all
  const uint32_t* row_sums = nullptr;    // per position
  const int32_t* code_factor = nullptr;  // per channel; null: all 0
  const uint32_t* code_sums = nullptr;   // per position, multiplied by code_factor
};

// out[p * out_stride + o] = scale * sum over the taps and their elements e of a(p)[e] * w[e][o],
// plus the epilogue, modulo 2^32.
struct GemmWork {
  const uint8_t* const* rows = nullptr;  // one per position
  int64_t positions = 0;
  const GemmTap* taps = nullptr;
  int64_t tap_count = 0;
  // Of one unit: [lane][depth_unit] elements. Lanes beyond the last channel hold 0.
  const uint8_t* weights = nullptr;
  int64_t weight_stride = 0;  // bytes from one unit to the next
  int64_t channels = 0;       // 1..GemmMethod::channel_block
  GemmEpilogue epilogue;
  int32_t* out = nullptr;
  int64_t out_stride = 0;
};

// `count` pixels of `channels` codes each, `stride` bytes apart.
struct CodeSpan {
  const uint8_t* codes = nullptr;
  int64_t count = 0;
  int64_t channels = 0;
  int64_t stride = 0;
};

// Activations and weights are held in elements of 1 or 2 bytes: words where the instruction set
// cannot multiply bytes exactly.
struct GemmMethod {
  const char* name;
  KernelIsa isa;
  int64_t element_bytes;   // of activations
  int64_t depth_unit;      // elements that one instruction sums up
  int64_t depth_multiple;  // units of a tap are a multiple of it
  int64_t channel_block;   // channels whose weights are interleaved, a multiple of 16
  int64_t weight_bytes;
  void (*multiply)(const GemmWork& work);
  // out = table[code] for every code of the span, one pixel after the other, in elements. `table`
  // has 256 entries and is aligned to 64 bytes.
  void (*map)(const uint8_t* table, const CodeSpan& span, void* out);
  // sums[i] = the sum of pixel i's elements, `elements` being what map() wrote (the span's codes
  // are ignored; stride counts bytes).
  void (*sum)(const void* elements, int64_t count, int64_t channels, int64_t stride,
              uint32_t* sums);
};

// Every method, best first, whether or not this CPU can run it.
const std::vector<GemmMethod>& GemmMethods();
// The first that `isa` can run. AMX has to pass its self test once: none of the machines that AxLUT
// was developed on has it, and an emulation of its tiles does not notice a wrong instruction.
const GemmMethod& ChooseGemmMethod(KernelIsa isa);
// Whether `method`, of depth_unit 4 and one byte per element and weight, multiplies random matrices
// right.
bool PassesSelfTest(const GemmMethod& method);

}  // namespace axlut
