// SPDX-License-Identifier: MIT
#include "kernels/plan/plan_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "kernels/plan/quick_plan.h"

namespace axlut {
namespace {

using ::testing::HasSubstr;

// Reads from a heap block of exactly this size, so that the sanitizers see any byte behind it.
std::string Decode(const std::vector<uint8_t>& bytes, std::vector<KernelPlan>* plans) {
  const std::vector<uint8_t> exact(bytes.begin(), bytes.end());
  return DecodePlans(exact.data(), exact.size(), plans);
}

// A term, offsets of two bytes, and one product that only a residual explains.
std::vector<int32_t> SmallTable() {
  std::vector<int32_t> products;
  for (int a = 0; a < 4; ++a) {
    for (int b = 0; b < 8; ++b) products.push_back(a * b - 300 * b + (a == 2 && b == 3));
  }
  return products;
}

std::vector<KernelPlan> SmallPlans() {
  const std::vector<int32_t> products = SmallTable();
  const LutView lut{products.data(), 2, 3};
  std::vector<KernelPlan> plans = QuickPlans(lut, false, false);
  plans.push_back(*TablePlan(lut));
  return plans;
}

void ExpectEqual(const KernelPlan& l, const KernelPlan& r) {
  EXPECT_EQ(l.width_a, r.width_a);
  EXPECT_EQ(l.width_b, r.width_b);
  EXPECT_EQ(l.offset_a, r.offset_a);
  EXPECT_EQ(l.offset_b, r.offset_b);
  ASSERT_EQ(l.terms.size(), r.terms.size());
  for (size_t i = 0; i < l.terms.size(); ++i) {
    EXPECT_EQ(l.terms[i].scale, r.terms[i].scale);
    EXPECT_EQ(l.terms[i].u, r.terms[i].u);
    EXPECT_EQ(l.terms[i].v, r.terms[i].v);
  }
  ASSERT_EQ(l.residual.has_value(), r.residual.has_value());
  if (!l.residual) return;
  EXPECT_EQ(l.residual->scale, r.residual->scale);
  EXPECT_EQ(l.residual->count_a, r.residual->count_a);
  EXPECT_EQ(l.residual->count_b, r.residual->count_b);
  EXPECT_EQ(l.residual->class_a, r.residual->class_a);
  EXPECT_EQ(l.residual->class_b, r.residual->class_b);
  EXPECT_EQ(l.residual->entries, r.residual->entries);
}

void ExpectRoundTrip(const std::vector<KernelPlan>& plans) {
  std::vector<KernelPlan> decoded;
  ASSERT_EQ(Decode(EncodePlans(plans), &decoded), "");
  ASSERT_EQ(decoded.size(), plans.size());
  for (size_t i = 0; i < plans.size(); ++i) ExpectEqual(decoded[i], plans[i]);
}

// The example of docs/container-format.md: one plan of the exact 2x1-bit multiplier.
TEST(PlanCodec, TheDocumentedExampleIsReadAndWritten) {
  const std::vector<uint8_t> bytes = {1,    0,    1,    0,  // version, number of plans
                                      2,    1,    1,    0,    1, 0,  1, 0,  // widths, terms, sizes
                                      0,    1,    2,    0xFD,               // offset_a
                                      2,    0,    0,    0,    0, 1,  2, 3, 0xFF, 0,  // the term
                                      0xFF, 0xFF, 0xFF, 0xFF, 2, 0,  1, 0, 0,    0,
                                      0,    1,    0,    0,    0, 200};  // the residual
  std::vector<KernelPlan> plans;
  ASSERT_EQ(Decode(bytes, &plans), "");
  ASSERT_EQ(plans.size(), 1u);
  const KernelPlan& plan = plans[0];
  EXPECT_EQ(plan.width_a, 2);
  EXPECT_EQ(plan.width_b, 1);
  EXPECT_EQ(plan.offset_a, (std::vector<int32_t>{0, 1, 2, -3}));
  EXPECT_EQ(plan.offset_b, (std::vector<int32_t>{0, 0}));
  ASSERT_EQ(plan.terms.size(), 1u);
  EXPECT_EQ(plan.terms[0].scale, 2);
  EXPECT_EQ(plan.terms[0].u, (std::vector<uint8_t>{0, 1, 2, 3}));
  EXPECT_EQ(plan.terms[0].v, (std::vector<int8_t>{-1, 0}));
  ASSERT_TRUE(plan.residual.has_value());
  EXPECT_EQ(plan.residual->scale, -1);
  EXPECT_EQ(plan.residual->class_a, (std::vector<uint8_t>{0, 0, 0, 1}));
  EXPECT_EQ(plan.residual->class_b, (std::vector<uint8_t>{0, 0}));
  EXPECT_EQ(plan.residual->entries, (std::vector<uint16_t>{0, 200}));
  EXPECT_EQ(EncodePlans(plans), bytes);
}

TEST(PlanCodec, PlansOfAllWidthsComeBackAsTheyWere) {
  std::mt19937 random(7);
  for (int width_a = 1; width_a <= 8; ++width_a) {
    for (int width_b = 1; width_b <= 8; ++width_b) {
      std::vector<int32_t> products(size_t{1} << (width_a + width_b));
      // 1-byte and 2-byte entries, 1-, 2- and 4-byte offsets.
      const int shift = 16 + static_cast<int>(random() % 15);
      for (int32_t& product : products) product = static_cast<int32_t>(random()) >> shift;
      ExpectRoundTrip(QuickPlans({products.data(), width_a, width_b}, false, false));
    }
  }
  ExpectRoundTrip(SmallPlans());
  ExpectRoundTrip({});
}

TEST(PlanCodec, EveryTruncationAndEverySurplusByteIsRefused) {
  const std::vector<uint8_t> bytes = EncodePlans(SmallPlans());
  std::vector<KernelPlan> plans;
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<uint8_t> part(bytes.begin(),
                                    bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THAT(Decode(part, &plans), HasSubstr("truncated")) << size;
    EXPECT_TRUE(plans.empty());
  }
  std::vector<uint8_t> longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(Decode(longer, &plans), "1 bytes follow the last plan, which must be the end");
}

TEST(PlanCodec, NamesWhatIsWrong) {
  const std::vector<uint8_t> bytes = EncodePlans({SmallPlans().back()});
  const auto error_at = [&](size_t offset, uint8_t value) {
    std::vector<uint8_t> changed = bytes;
    changed[offset] = value;
    std::vector<KernelPlan> plans;
    return Decode(changed, &plans);
  };
  EXPECT_EQ(error_at(0, 2), "version must be 1, got 2");
  EXPECT_EQ(error_at(2, 65), "number of plans must be at most 64, got 65");
  EXPECT_EQ(error_at(2, 2), "plan 1: width of a is truncated");
  EXPECT_EQ(error_at(4, 0), "plan 0: width of an operand must be 1..8 bits, got 0");
  EXPECT_EQ(error_at(5, 9), "plan 0: width of an operand must be 1..8 bits, got 9");
  EXPECT_EQ(error_at(8, 3), "plan 0: size of an offset must be 0, 1, 2 or 4, got 3");
  EXPECT_EQ(error_at(10, 3), "plan 0: size of an entry must be 0, 1 or 2, got 3");
  EXPECT_EQ(error_at(11, 1), "plan 0: reserved byte must be 0, got 1");
}

// Whatever the bytes are: refused, or plans that FindPlanError can judge.
TEST(PlanCodec, ChangedBytesNeverBreakTheReader) {
  const std::vector<int32_t> products = SmallTable();
  const LutView lut{products.data(), 2, 3};
  const std::vector<uint8_t> bytes = EncodePlans(SmallPlans());
  std::mt19937 random(11);
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    std::vector<uint8_t> changed = bytes;
    const size_t changes = 1 + random() % 3;
    for (size_t change = 0; change < changes; ++change) {
      changed[random() % changed.size()] = static_cast<uint8_t>(random());
    }
    std::vector<KernelPlan> plans;
    if (!Decode(changed, &plans).empty()) continue;
    ++accepted;
    for (const KernelPlan& plan : plans) FindPlanError(plan, lut);
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace axlut
