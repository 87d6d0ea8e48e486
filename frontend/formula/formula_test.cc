// SPDX-License-Identifier: MIT
#include "frontend/formula/formula.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "frontend/read_multiplier.h"

namespace axlut {
namespace {

using ::testing::HasSubstr;

// All products in storage order.
std::vector<int64_t> Products(const MultiplierModel& model) {
  const OperandSpec& a = model.ports.a.spec;
  std::vector<int64_t> products(a.count() * model.ports.b.spec.count());
  const auto& function = std::get<std::unique_ptr<ProductFunction>>(model.behaviour);
  EXPECT_TRUE(function->EvaluateRows(0, static_cast<uint32_t>(a.count()), products.data()).ok());
  return products;
}

MultiplierModel Parsed(const std::string& text, const FrontendOptions& options = {}) {
  Result<MultiplierModel> model = ParseFormula(text, options);
  EXPECT_TRUE(model.ok()) << model.error().ToString();
  return std::move(model).value();
}

// Compares with an independent function of the patterns of A (the row) and B.
void ExpectEqual(const std::string& text,
                 const std::function<int64_t(uint32_t, uint32_t)>& product) {
  const MultiplierModel model = Parsed(text);
  const std::vector<int64_t> products = Products(model);
  const uint32_t columns = static_cast<uint32_t>(model.ports.b.spec.count());
  for (uint32_t i = 0; i < products.size(); ++i) {
    ASSERT_EQ(products[i], product(i / columns, i % columns))
        << text << " a=" << i / columns << " b=" << i % columns;
  }
}

int64_t ErrorCodeOf(const std::string& text, const FrontendOptions& options = {}) {
  const Result<MultiplierModel> model = ParseFormula(text, options);
  return model.ok() ? 0 : static_cast<int64_t>(model.error().code());
}

std::string MessageOf(const std::string& text, const FrontendOptions& options = {}) {
  const Result<MultiplierModel> model = ParseFormula(text, options);
  return model.ok() ? "accepted" : model.error().ToString();
}

TEST(Formula, ExactIsTheProductOfTheNumbers) {
  ExpectEqual("exact:8x8", [](uint32_t a, uint32_t b) { return int64_t{a} * b; });
  ExpectEqual("exact:8x4u", [](uint32_t a, uint32_t b) { return int64_t{a} * b; });
  ExpectEqual("exact:8x8s", [](uint32_t a, uint32_t b) {
    return int64_t{static_cast<int8_t>(a)} * static_cast<int8_t>(b);
  });
  ExpectEqual("exact:1x1s", [](uint32_t a, uint32_t b) { return int64_t{a & b}; });
}

TEST(Formula, PortsAreNamedAndProductsAreAsWideAsBothOperands) {
  const MultiplierModel model = Parsed("exact:8x4s");
  EXPECT_EQ(model.ports.a.name, "A");
  EXPECT_EQ(model.ports.b.name, "B");
  EXPECT_EQ(model.ports.a.spec, (OperandSpec{8, Signedness::kTwosComplement}));
  EXPECT_EQ(model.ports.b.spec, (OperandSpec{4, Signedness::kTwosComplement}));
  EXPECT_EQ(model.ports.product.spec, (OperandSpec{12, Signedness::kTwosComplement}));
  EXPECT_EQ(model.name, "exact:8x4s");
  EXPECT_EQ(model.source.kind, "formula");
}

// The definition as the help has it: every pair of bits on its own.
TEST(Formula, TruncatedOmitsThePartialProductsOfTheLowestColumns) {
  for (const int n : {0, 1, 4, 8, 13, 15}) {
    ExpectEqual("truncated:8x8:" + std::to_string(n), [n](uint32_t a, uint32_t b) {
      int64_t sum = 0;
      for (int i = 0; i < 8; ++i) {
        for (int j = 0; j < 8; ++j) {
          if (i + j >= n) sum += int64_t{(a >> i) & (b >> j) & 1} << (i + j);
        }
      }
      return sum;
    });
  }
}

// The same through another road: the array that Baugh and Wooley build, with complemented terms in
// the sign rows and the constants 2^n + 2^(2n-1), modulo 2^(2n).
TEST(Formula, TruncatedSignedEqualsBaughAndWooleysArray) {
  for (const int n : {0, 1, 3, 7}) {
    ExpectEqual("truncated:8x8s:" + std::to_string(n), [n](uint32_t a, uint32_t b) {
      uint32_t sum = (1u << 8) + (1u << 15);
      for (int i = 0; i < 8; ++i) {
        for (int j = 0; j < 8; ++j) {
          uint32_t term = (a >> i) & (b >> j) & 1;
          if ((i == 7) != (j == 7)) term ^= 1;
          if (i + j >= n) sum += term << (i + j);
        }
      }
      return int64_t{static_cast<int16_t>(sum)};
    });
  }
}

TEST(Formula, BrokenArrayOmitsRowsAndColumns) {
  ExpectEqual("broken-array:8x6:2:5", [](uint32_t a, uint32_t b) {
    int64_t sum = 0;
    for (int i = 0; i < 8; ++i) {
      for (int j = 2; j < 6; ++j) {
        if (i + j >= 5) sum += int64_t{(a >> i) & (b >> j) & 1} << (i + j);
      }
    }
    return sum;
  });
}

// By decimal digits of the definition: floor to `k` significant bits, then set the last of them.
TEST(Formula, DrumKeepsTheLeadingBitsAndSetsTheLast) {
  const auto drum = [](uint32_t x) {
    uint32_t unit = 1;
    while (x / unit >= 16) unit *= 2;
    return unit == 1 ? x : (x / unit / 2 * 2 + 1) * unit;
  };
  ExpectEqual("drum:8x8:4", [&drum](uint32_t a, uint32_t b) { return int64_t{drum(a)} * drum(b); });
}

// Mitchell's paper in floating point; all quantities are dyadic and exact in a double.
TEST(Formula, MitchellAddsApproximateLogarithms) {
  ExpectEqual("mitchell:8x7", [](uint32_t a, uint32_t b) {
    if (a == 0 || b == 0) return int64_t{0};
    const double log_a = std::floor(std::log2(a)) + a / std::exp2(std::floor(std::log2(a))) - 1;
    const double log_b = std::floor(std::log2(b)) + b / std::exp2(std::floor(std::log2(b))) - 1;
    const double sum = log_a + log_b;
    return static_cast<int64_t>(std::exp2(std::floor(sum)) * (1 + sum - std::floor(sum)));
  });
}

TEST(Formula, RowsBExchangesTheOperands) {
  FrontendOptions options;
  options.ports.rows = "B";
  const MultiplierModel swapped = Parsed("broken-array:8x4:2:0", options);
  EXPECT_EQ(swapped.ports.a.name, "B");
  EXPECT_EQ(swapped.ports.a.spec.width, 4);
  const std::vector<int64_t> straight_products = Products(Parsed("broken-array:8x4:2:0"));
  const std::vector<int64_t> swapped_products = Products(swapped);
  for (uint32_t a = 0; a < 256; ++a) {
    for (uint32_t b = 0; b < 16; ++b) {
      ASSERT_EQ(swapped_products[(b << 8) | a], straight_products[(a << 4) | b]);
    }
  }
}

TEST(Formula, RangesOfRowsAreParts) {
  const MultiplierModel model = Parsed("exact:16x16");
  const auto& function = std::get<std::unique_ptr<ProductFunction>>(model.behaviour);
  std::vector<int64_t> products(2 << 16);
  ASSERT_TRUE(function->EvaluateRows(65534, 2, products.data()).ok());
  EXPECT_EQ(products[65535], int64_t{65534} * 65535);
  EXPECT_EQ(products[131071], int64_t{65535} * 65535);
}

TEST(Formula, TheSignednessOptionCountsWhereTheTextIsSilent) {
  FrontendOptions options;
  options.ports.signedness = Signedness::kTwosComplement;
  EXPECT_TRUE(Parsed("exact:8x8", options).ports.a.spec.is_signed());
  EXPECT_THAT(MessageOf("exact:8x8u", options), HasSubstr("'8x8u' contradicts --signed"));
}

TEST(Formula, MalformedTextsAreUsageErrorsThatSayWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"exakt:8x8", "there is no formula 'exakt'; known are exact, truncated"},
      {"exakt:8x8", "help: did you mean 'exact'?"},
      {"truncatd:8x8:4", "did you mean 'truncated'?"},
      {"exact:8", "widths are written 8x8, 8x4 or, for signed operands, 8x8s; found '8'"},
      {"exact:8x", "found '8x'"},
      {"exact:x8", "found 'x8'"},
      {"exact:8x8x8", "found '8x8x8'"},
      {"exact:-8x8", "found '-8x8'"},
      {"exact:8 x8", "found '8 x8'"},
      {"exact:", "found ''"},
      {"exact:99999999999x8", "found '99999999999x8'"},
      {"exact", "the form is exact:WxW, for example exact:8x8s"},
      {"exact:8x8:1", "the form is exact:WxW"},
      {"exact:0x8", "operands have 1 to 16 bits; found 0"},
      {"exact:8x17", "operands have 1 to 16 bits; found 17"},
      {"truncated:8x8", "the form is truncated:WxW:N, for example truncated:8x8:4"},
      {"truncated:8x8:", "'' is not a number"},
      {"truncated:8x8:four", "'four' is not a number; the form is truncated:WxW:N"},
      {"truncated:8x8:16", "the number of omitted columns must be 0 to 15; found 16"},
      {"broken-array:8x8:9:0", "the number of omitted rows must be 0 to 8; found 9"},
      {"drum:8x8:1", "the number of kept bits must be 2 to 8; found 1"},
      {"", "there is no formula ''"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(MessageOf(text), HasSubstr(message)) << text;
    EXPECT_EQ(ErrorCodeOf(text), static_cast<int64_t>(ErrorCode::kUsage)) << text;
  }
}

TEST(Formula, WhatIsNotDefinedForSignedOperandsIsUnsupported) {
  for (const char* text : {"drum:8x8s:4", "mitchell:8x8s", "truncated:8x8s:8",
                           "broken-array:8x8s:1:0", "truncated:8x4s:4"}) {
    EXPECT_EQ(ErrorCodeOf(text), static_cast<int64_t>(ErrorCode::kUnsupported)) << text;
  }
  EXPECT_THAT(MessageOf("truncated:8x8s:8"), HasSubstr("at most 7 of them"));
}

TEST(Formula, HelpListsEveryKindAndItsExampleWorks) {
  for (const FormulaKind& kind : FormulaKinds()) {
    EXPECT_THAT(FormulaHelp(), HasSubstr(kind.form));
    EXPECT_EQ(MessageOf(kind.example), "accepted");
  }
}

}  // namespace
}  // namespace axlut
