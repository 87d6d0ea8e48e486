// SPDX-License-Identifier: MIT
// For tests: textbook multipliers as tables of any widths, and stand-ins for signed circuits.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "kernels/plan/plan.h"
#include "kernels/plan/plan_builder.h"

namespace axlut::testing_support {

struct TestTable {
  int width_a;
  int width_b;
  bool is_signed;
  std::vector<int32_t> products;

  LutView view() const { return {products.data(), width_a, width_b}; }
  std::vector<int64_t> entries() const { return {products.begin(), products.end()}; }
  // T - a * b
  std::vector<int64_t> error() const {
    std::vector<int64_t> error = entries();
    auto entry = error.begin();
    for (const int64_t a : OperandValues(width_a, is_signed)) {
      for (const int64_t b : OperandValues(width_b, is_signed)) *entry++ -= a * b;
    }
    return error;
  }
};

inline TestTable Tabulate(int width_a, int width_b, bool is_signed,
                          const std::function<int64_t(int64_t a, int64_t b)>& product) {
  TestTable table{width_a, width_b, is_signed, {}};
  for (const int64_t a : OperandValues(width_a, is_signed)) {
    for (const int64_t b : OperandValues(width_b, is_signed)) {
      table.products.push_back(static_cast<int32_t>(product(a, b)));
    }
  }
  return table;
}

inline TestTable Exact(int width_a, int width_b, bool is_signed) {
  return Tabulate(width_a, width_b, is_signed, [](int64_t a, int64_t b) { return a * b; });
}

inline TestTable Random(int width_a, int width_b, uint32_t seed) {
  std::mt19937 random(seed);
  return Tabulate(width_a, width_b, seed % 2 == 1,
                  [&](int64_t, int64_t) { return static_cast<int16_t>(random()); });
}

// Partial products of bits i of a and j of b with i + j >= column and j >= row; two's complement
// subtracts those of the highest bits.
inline TestTable BrokenArray(int width, bool is_signed, int row, int column) {
  return Tabulate(width, width, is_signed, [=](int64_t a, int64_t b) {
    int64_t sum = 0;
    for (int i = 0; i < width; ++i) {
      for (int j = row; j < width; ++j) {
        if (i + j < column || (a >> i & 1) == 0 || (b >> j & 1) == 0) continue;
        const bool negative = is_signed && (i == width - 1) != (j == width - 1);
        sum += (negative ? -1 : 1) * (int64_t{1} << (i + j));
      }
    }
    return sum;
  });
}

// DRUM [Hashemi et al., ICCAD 2015]: each operand keeps `bits` bits from its leading one on, the
// last one set.
inline TestTable Drum(int bits) {
  const auto kept = [=](int64_t x) {
    const int length = std::bit_width(static_cast<uint64_t>(x));
    return length <= bits ? x : ((x >> (length - bits)) | 1) << (length - bits);
  };
  return Tabulate(8, 8, false, [=](int64_t a, int64_t b) { return kept(a) * kept(b); });
}

// RoBA [Zendegani et al., TVLSI 2017]: with A, B the operands rounded to the next power of two,
// A b + B a - A B.
inline TestTable Roba() {
  const auto rounded = [](int64_t x) {
    if (x == 0) return int64_t{0};
    const int64_t power = int64_t{1} << (std::bit_width(static_cast<uint64_t>(x)) - 1);
    return 2 * x >= 3 * power ? 2 * power : power;
  };
  return Tabulate(8, 8, false, [=](int64_t a, int64_t b) {
    return rounded(a) * b + rounded(b) * a - rounded(a) * rounded(b);
  });
}

// Kulkarni [VLSI Design 2011]: 2x2 blocks with 3 x 3 = 7.
inline TestTable Kulkarni() {
  return Tabulate(8, 8, false, [](int64_t a, int64_t b) {
    int64_t sum = 0;
    for (int i = 0; i < 8; i += 2) {
      for (int j = 0; j < 8; j += 2) {
        const int64_t x = a >> i & 3;
        const int64_t y = b >> j & 3;
        sum += (x == 3 && y == 3 ? 7 : x * y) << (i + j);
      }
    }
    return sum;
  });
}

// Mitchell [IRE TEC 1962]: products from linear approximations of logarithms.
inline TestTable Mitchell() {
  return Tabulate(8, 8, false, [](int64_t a, int64_t b) -> int64_t {
    if (a == 0 || b == 0) return 0;
    const int k = std::bit_width(static_cast<uint64_t>(a)) - 1;
    const int l = std::bit_width(static_cast<uint64_t>(b)) - 1;
    const int64_t one = int64_t{1} << (k + l);
    const int64_t fractions = ((a << l) - one) + ((b << k) - one);
    return fractions < one ? one + fractions : 2 * fractions;
  });
}

// Stand-ins for the signed 8x8 circuits of EvoApproxLib (mul8s_...), which drop low partial
// products: operands cut to some bits, columns dropped, low bits of the product cleared, a
// correction constant added.
struct NamedTable {
  std::string name;
  TestTable table;
};
inline std::vector<NamedTable> SignedStandIns() {
  const auto cut = [](int bits_a, int bits_b) {
    return Tabulate(8, 8, true, [=](int64_t a, int64_t b) {
      return (a >> bits_a << bits_a) * (b >> bits_b << bits_b);
    });
  };
  std::vector<NamedTable> tables = {{"exact", Exact(8, 8, true)},
                                    {"b cut by 1", cut(0, 1)},
                                    {"b cut by 2", cut(0, 2)},
                                    {"a cut by 1, b by 3", cut(1, 3)},
                                    {"both cut by 2", cut(2, 2)}};
  for (int column = 1; column <= 4; ++column) {
    tables.push_back(
        {"columns below " + std::to_string(column) + " dropped", BrokenArray(8, true, 0, column)});
  }
  tables.push_back({"broken array 2, 4", BrokenArray(8, true, 2, 4)});
  tables.push_back({"broken array 4, 7", BrokenArray(8, true, 4, 7)});
  // The +128 that int8 does not hold: -b in sign-magnitude style.
  tables.push_back({"negated", Tabulate(8, 8, true, [](int64_t a, int64_t b) { return -a * b; })});
  return tables;
}

}  // namespace axlut::testing_support
