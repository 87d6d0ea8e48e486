// SPDX-License-Identifier: MIT
#include "runtime/bench/operands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "runtime/base/file_io.h"
#include "runtime/table/stored_table.h"

namespace axlut {
namespace {

constexpr uint32_t kTableSeed = 1;
constexpr uint32_t kInputSeed = 2;
constexpr uint32_t kFilterSeed = 3;

// Values of `spec` around `centre`, as bit patterns; values outside the range take its ends.
std::vector<uint8_t> NormalCodes(const OperandSpec& spec, double centre, bool half, int64_t count,
                                 std::mt19937& random) {
  std::normal_distribution<double> normal(0, static_cast<double>(spec.count()) / 6);
  std::vector<uint8_t> codes(static_cast<size_t>(count));
  for (uint8_t& code : codes) {
    const double deviation = normal(random);
    const double value = std::round(centre + (half ? std::abs(deviation) : deviation));
    const int64_t inside =
        std::clamp(static_cast<int64_t>(value), spec.min_value(), spec.max_value());
    code = static_cast<uint8_t>(spec.PatternOf(inside));
  }
  return codes;
}

std::vector<uint8_t> UniformCodes(uint32_t mask, int64_t count, std::mt19937& random) {
  std::vector<uint8_t> codes(static_cast<size_t>(count));
  for (uint8_t& code : codes) code = static_cast<uint8_t>(random() & mask);
  return codes;
}

}  // namespace

TruthTable RandomTable() {
  std::mt19937 random(kTableSeed);
  std::vector<int32_t> products(65536);
  for (int32_t& product : products) product = static_cast<int32_t>(random() & 0xffff);
  return *TruthTable::Create({}, {}, {16, Signedness::kUnsigned}, std::move(products));
}

Result<BenchTable> LoadBenchTable(const std::string& name) {
  if (name == "random" || name == "exact") {
    AXLUT_ASSIGN_OR_RETURN(TruthTable table, name == "random" ? Result<TruthTable>(RandomTable())
                                                              : ExactTable({}, {}));
    AXLUT_ASSIGN_OR_RETURN(auto lut, LutTable::Create(std::move(table)));
    return BenchTable{name, std::move(lut)};
  }
  AXLUT_ASSIGN_OR_RETURN(StoredTable stored, LoadTable(name));
  const std::string title = stored.info.name.empty() ? FileStem(name) : stored.info.name;
  auto lut = LutTable::Create(std::move(stored.table), stored.plan);
  if (!lut.ok()) return std::move(lut).error().At({name, 0, 0});
  return BenchTable{title, *std::move(lut)};
}

Result<CodeDistribution> ParseCodeDistribution(const std::string& name) {
  for (auto distribution :
       {CodeDistribution::kUniform, CodeDistribution::kSmall, CodeDistribution::kHalfNormal}) {
    if (name == Name(distribution)) return distribution;
  }
  return Error::Usage(fmt::format("codes must be uniform, small or half-normal, found '{}'", name));
}

const char* Name(CodeDistribution distribution) {
  switch (distribution) {
    case CodeDistribution::kUniform:
      return "uniform";
    case CodeDistribution::kSmall:
      return "small";
    case CodeDistribution::kHalfNormal:
      return "half-normal";
  }
  return "unknown";
}

LayerOperands MakeOperands(const TruthTable& table, const Conv2dShape& shape,
                           CodeDistribution distribution) {
  const OperandSpec& a = table.a();
  const OperandSpec& b = table.b();
  std::mt19937 input_random(kInputSeed);
  std::mt19937 filter_random(kFilterSeed);
  LayerOperands operands;
  // 3 and, for 8 unsigned bits, 128; small enough for any width.
  operands.zero_a = static_cast<int32_t>(std::min<int64_t>(3, a.max_value()));
  operands.zero_b = static_cast<int32_t>((b.max_value() + 1) / 2);
  if (distribution == CodeDistribution::kHalfNormal) {
    operands.input = NormalCodes(a, operands.zero_a, true, shape.InputCount(), input_random);
    const double centre = static_cast<double>(b.min_value() + b.max_value()) / 2;
    operands.filter = NormalCodes(b, centre, false, shape.FilterCount(), filter_random);
    return operands;
  }
  const uint32_t a_mask = distribution == CodeDistribution::kSmall ? a.mask() >> 1 : a.mask();
  operands.input = UniformCodes(a_mask, shape.InputCount(), input_random);
  operands.filter = UniformCodes(b.mask(), shape.FilterCount(), filter_random);
  return operands;
}

}  // namespace axlut
