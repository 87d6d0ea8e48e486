// SPDX-License-Identifier: MIT
#include "runtime/tf/tfapprox_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/base/file_io.h"

namespace axlut {
namespace {

constexpr int kMaxBits = 8;
constexpr size_t kEntrySize = 2;  // bytes
// Enough to tell a file that is too large from one that is not.
constexpr uint64_t kMaxFileSize = uint64_t{1} << 30;

size_t FileSize(int bits) { return kEntrySize << (2 * bits); }

// `bytes` has the entries of a table of `row_bits`-bit operands, row_bits >= num_bits.
Result<TruthTable> Corner(const std::vector<uint8_t>& bytes, int row_bits, int num_bits) {
  const size_t size = size_t{1} << num_bits;
  std::vector<int32_t> products;
  products.reserve(size * size);
  for (size_t a = 0; a < size; ++a) {
    for (size_t b = 0; b < size; ++b) {
      const size_t at = kEntrySize * (a << row_bits | b);
      products.push_back(bytes[at] | bytes[at + 1] << 8);
    }
  }
  const OperandSpec operand{num_bits, Signedness::kUnsigned};
  OperandSpec product{2 * num_bits, Signedness::kUnsigned};
  // An approximate product of narrow operands may be wider than both together.
  const int32_t largest = *std::max_element(products.begin(), products.end());
  while (largest > product.max_value()) ++product.width;
  return TruthTable::Create(operand, operand, product, std::move(products));
}

}  // namespace

Result<TruthTable> LoadTfapproxTable(const std::string& mul_map_file, int64_t num_bits) {
  if (num_bits < 1 || num_bits > kMaxBits) {
    return Error::InvalidInput(
        fmt::format("num_bits must be 1 .. {}; it is {}", kMaxBits, num_bits));
  }
  const int bits = static_cast<int>(num_bits);
  const OperandSpec operand{bits, Signedness::kUnsigned};
  if (mul_map_file.empty()) return ExactTable(operand, operand);
  AXLUT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(mul_map_file, kMaxFileSize));
  if (bytes.size() == FileSize(kMaxBits)) return Corner(bytes, kMaxBits, bits);
  if (bytes.size() == FileSize(bits)) return Corner(bytes, bits, bits);
  const std::string narrow =
      bits == kMaxBits ? "" : fmt::format(", or {} for num_bits = {}", FileSize(bits), bits);
  return Error::InvalidInput(
             fmt::format("mul_map_file must have {} bytes{}, 16 bits per product and no header; "
                         "it has {}",
                         FileSize(kMaxBits), narrow, bytes.size()))
      .At({mul_map_file})
      .Help("axlut.ax_conv2d reads tables of all formats; lutgen convert makes a .bin of them");
}

}  // namespace axlut
