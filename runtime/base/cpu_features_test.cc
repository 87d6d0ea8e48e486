// SPDX-License-Identifier: MIT
#include "runtime/base/cpu_features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace axlut {
namespace {

TEST(CpuFeatures, EveryLevelHasANameThatParsesBack) {
  for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kAvx512Vbmi, Isa::kAmx}) {
    const Result<Isa> parsed = ParseIsa(Name(isa));
    ASSERT_TRUE(parsed.ok()) << Name(isa);
    EXPECT_EQ(*parsed, isa);
  }
}

TEST(CpuFeatures, UnknownNameIsAUsageErrorThatListsTheNames) {
  const Result<Isa> parsed = ParseIsa("avx3");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code(), ErrorCode::kUsage);
  EXPECT_THAT(parsed.error().message(),
              testing::AllOf(testing::HasSubstr("avx512vbmi"), testing::HasSubstr("'avx3'")));
}

TEST(CpuFeatures, SupportedLevelsReachFromScalarToTheDetectedOne) {
  const std::vector<Isa> supported = SupportedIsas();
  ASSERT_FALSE(supported.empty());
  EXPECT_EQ(supported.front(), Isa::kScalar);
  EXPECT_EQ(supported.back(), DetectedIsa());
  EXPECT_LE(ActiveIsa(), DetectedIsa());
}

// CTest runs each test in a process of its own, so nothing is cached yet.
TEST(CpuFeatures, EnvironmentCapsTheActiveLevel) {
  ASSERT_EQ(setenv("AXLUT_MAX_ISA", "scalar", 1), 0);
  EXPECT_TRUE(CheckMaxIsa().ok());
  if (testing::GTEST_FLAG(filter) == "*") GTEST_SKIP() << "the level may be cached already";
  EXPECT_EQ(ActiveIsa(), Isa::kScalar);
}

TEST(CpuFeatures, UnknownCapIsReported) {
  ASSERT_EQ(setenv("AXLUT_MAX_ISA", "avx9000", 1), 0);
  const Result<void> checked = CheckMaxIsa();
  ASSERT_FALSE(checked.ok());
  EXPECT_THAT(checked.error().message(), testing::HasSubstr("AXLUT_MAX_ISA"));
}

}  // namespace
}  // namespace axlut
