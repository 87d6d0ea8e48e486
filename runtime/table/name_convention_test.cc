// SPDX-License-Identifier: MIT
#include "runtime/table/name_convention.h"

#include <gtest/gtest.h>

namespace axlut {
namespace {

TEST(NameConvention, NamesOfEvoApproxLibGiveWidthsAndSignedness) {
  const struct {
    const char* name;
    int width_a, width_b;
    Signedness signedness;
  } cases[] = {
      {"mul8u_2AC", 8, 8, Signedness::kUnsigned},
      {"mul8s_1KV8", 8, 8, Signedness::kTwosComplement},
      {"mul8x4u_1YD", 8, 4, Signedness::kUnsigned},
      {"mul12s_2KM", 12, 12, Signedness::kTwosComplement},
      {"mul16u_GK2_pdk45", 16, 16, Signedness::kUnsigned},
      {"mul2u", 2, 2, Signedness::kUnsigned},
  };
  for (const auto& c : cases) {
    const auto convention = ParseNameConvention(c.name);
    ASSERT_TRUE(convention.has_value()) << c.name;
    EXPECT_EQ(convention->width_a, c.width_a) << c.name;
    EXPECT_EQ(convention->width_b, c.width_b) << c.name;
    EXPECT_EQ(convention->signedness, c.signedness) << c.name;
  }
}

TEST(NameConvention, OtherNamesSayNothing) {
  for (const char* name : {"", "mul", "mul8", "mul8_364", "mul8x", "mul8xu_1", "mul8x4", "mul0u_1",
                           "mul17u_1", "mul08u_1", "mul8x99u", "mul8ux_1", "mul8us", "mulu_1",
                           "add8u_0FP", "MUL8u_1", "my_mul8u_1", "mul8888888888888u"}) {
    EXPECT_FALSE(ParseNameConvention(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace axlut
