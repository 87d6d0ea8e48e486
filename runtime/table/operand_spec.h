// SPDX-License-Identifier: MIT
// How the bits of an operand or a product are read as a number.
#pragma once

#include <cstdint>
#include <string>

namespace axlut {

enum class Signedness : uint8_t { kUnsigned = 0, kTwosComplement = 1 };

// How the bits of one port are read as a number. Operands: 1..16 bits (a stored table: 1..12).
// Products: 1..32 bits.
struct OperandSpec {
  int width = 8;
  Signedness signedness = Signedness::kUnsigned;

  bool is_signed() const { return signedness == Signedness::kTwosComplement; }
  uint32_t mask() const { return static_cast<uint32_t>((uint64_t{1} << width) - 1); }
  // Number of bit patterns.
  uint64_t count() const { return uint64_t{1} << width; }
  int64_t min_value() const { return is_signed() ? -(int64_t{1} << (width - 1)) : 0; }
  int64_t max_value() const {
    return is_signed() ? (int64_t{1} << (width - 1)) - 1 : (int64_t{1} << width) - 1;
  }
  // The number that the low `width` bits of `pattern` stand for; higher bits are ignored.
  int64_t ValueOf(uint64_t pattern) const {
    const uint64_t bits = pattern & ((uint64_t{1} << width) - 1);
    const bool negative = is_signed() && (bits >> (width - 1)) != 0;
    return static_cast<int64_t>(bits) - (negative ? int64_t{1} << width : 0);
  }
  // The bit pattern of a value in [min_value, max_value].
  uint32_t PatternOf(int64_t value) const { return static_cast<uint32_t>(value) & mask(); }

  friend bool operator==(const OperandSpec& l, const OperandSpec& r) {
    return l.width == r.width && l.signedness == r.signedness;
  }
  friend bool operator!=(const OperandSpec& l, const OperandSpec& r) { return !(l == r); }
};

// "8-bit unsigned", "4-bit signed".
inline std::string ToString(const OperandSpec& spec) {
  return std::to_string(spec.width) + (spec.is_signed() ? "-bit signed" : "-bit unsigned");
}

}  // namespace axlut
