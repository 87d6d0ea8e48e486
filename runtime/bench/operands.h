// SPDX-License-Identifier: MIT
// What benchmarks multiply: tables by name, and random operands of a layer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/conv2d.h"
#include "runtime/base/result.h"
#include "runtime/nn/lut_conv2d.h"

namespace axlut {

// Products drawn from 0..65535: a table without any structure that a kernel could use.
TruthTable RandomTable();

struct BenchTable {
  std::string name;
  std::shared_ptr<const LutTable> lut;
};

// "random", "exact" (8x8 bits, unsigned) or the path of a table.
Result<BenchTable> LoadBenchTable(const std::string& name);

enum class CodeDistribution : uint8_t {
  kUniform,     // all bit patterns alike
  kSmall,       // activations below half of their range, weights uniform
  kHalfNormal,  // activations as after ReLU, weights normal around the middle of their range
};

// "uniform", "small", "half-normal"; kUsage for anything else.
Result<CodeDistribution> ParseCodeDistribution(const std::string& name);
const char* Name(CodeDistribution distribution);

// Bit patterns of a layer's operands, and zero points that are not 0, so that their corrections
// are part of the work. The first images of a larger batch are those of a smaller one.
struct LayerOperands {
  std::vector<uint8_t> input;   // shape.InputCount()
  std::vector<uint8_t> filter;  // shape.FilterCount()
  int32_t zero_a = 0;
  int32_t zero_b = 0;
};
LayerOperands MakeOperands(const TruthTable& table, const Conv2dShape& shape,
                           CodeDistribution distribution);

}  // namespace axlut
