// SPDX-License-Identifier: MIT
#include "runtime/base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace axlut {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0)
    return Error::InvalidInput("value must be even, got " + std::to_string(value));
  return value / 2;
}

Result<int> Quarter(int value) {
  AXLUT_ASSIGN_OR_RETURN(const int half, Half(value));
  return Half(half);
}

TEST(Result, HoldsAValueOrAnError) {
  EXPECT_EQ(Half(4).value(), 2);
  EXPECT_EQ(Half(3).error().message(), "value must be even, got 3");
}

TEST(Result, AssignOrReturnPassesTheErrorOn) {
  EXPECT_EQ(Quarter(8).value(), 2);
  EXPECT_EQ(Quarter(6).error().message(), "value must be even, got 3");
}

TEST(Result, CarriesTypesThatOnlyMove) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 7);
}

TEST(Error, RendersLocationIdAndDetails) {
  const Error error = Error::Unsupported("cell 'DFF' is sequential")
                          .At({"m.v", 41, 7})
                          .WithId("axlut-sequential-cell")
                          .Note("instance 'r0'")
                          .Help("give a combinational module");
  EXPECT_EQ(error.ToString(),
            "m.v:41:7: error: cell 'DFF' is sequential [axlut-sequential-cell]\n"
            "note: instance 'r0'\nhelp: give a combinational module");
}

TEST(Error, LeavesUnknownPartsOut) {
  EXPECT_EQ(Error::Tool("no yosys").ToString(), "error: no yosys");
  EXPECT_EQ(Error::Tool("no top").At({"m.v", 0, 0}).ToString(), "m.v: error: no top");
}

TEST(CheckDeathTest, PrintsBothValues) { EXPECT_DEATH(AXLUT_CHECK_EQ(2 + 2, 5), "4 vs 5"); }

}  // namespace
}  // namespace axlut
