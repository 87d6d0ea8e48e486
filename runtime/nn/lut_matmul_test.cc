// SPDX-License-Identifier: MIT
#include "runtime/nn/lut_matmul.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "kernels/cpu/dispatch.h"
#include "kernels/reference/matmul.h"

namespace axlut {
namespace {

using testing::HasSubstr;

std::shared_ptr<const LutTable> RandomTable(OperandSpec a, OperandSpec b, OperandSpec product,
                                            std::mt19937& random) {
  std::uniform_int_distribution<int64_t> any(product.min_value(), product.max_value());
  std::vector<int32_t> products(a.count() * b.count());
  for (int32_t& entry : products) entry = static_cast<int32_t>(any(random));
  return *LutTable::Create(*TruthTable::Create(a, b, product, std::move(products)));
}

std::vector<uint8_t> RandomCodes(int64_t count, std::mt19937& random) {
  std::vector<uint8_t> codes(static_cast<size_t>(count));
  for (uint8_t& code : codes) code = static_cast<uint8_t>(random());
  return codes;
}

// The reference's sums, and the corrections of the header product by product.
std::vector<int64_t> Expected(const TruthTable& t, const MatmulShape& s, int64_t zero_a,
                              int64_t zero_b, const std::vector<uint8_t>& a,
                              const std::vector<uint8_t>& b) {
  std::vector<int64_t> out(static_cast<size_t>(s.OutputCount()));
  const LutView lut{t.products().data(), t.a().width, t.b().width};
  MatmulReference(lut, s, a.data(), b.data(), out.data());
  std::vector<int32_t> corrections;  // a table of its own: no correction is left out
  for (uint32_t i = 0; i < t.a().count(); ++i) {
    for (uint32_t j = 0; j < t.b().count(); ++j) {
      corrections.push_back(static_cast<int32_t>(-zero_b * t.a().ValueOf(i) -
                                                 zero_a * t.b().ValueOf(j) + zero_a * zero_b));
    }
  }
  std::vector<int64_t> extra(out.size());
  MatmulReference(LutView{corrections.data(), t.a().width, t.b().width}, s, a.data(), b.data(),
                  extra.data());
  for (size_t i = 0; i < out.size(); ++i) out[i] += extra[i];
  return out;
}

TEST(MatmulReference, TransposedOperandsAreTheSameMatrices) {
  std::mt19937 random(1);
  std::vector<int32_t> products(16);
  for (int i = 0; i < 16; ++i) products[i] = i * i + 1;
  const LutView lut{products.data(), 2, 2};
  MatmulShape shape;
  shape.m = 2;
  shape.k = 3;
  shape.n = 2;
  const uint8_t a[] = {0, 1, 2, 3, 0, 1}, a_t[] = {0, 3, 1, 0, 2, 1};
  const uint8_t b[] = {1, 2, 3, 0, 1, 1}, b_t[] = {1, 3, 1, 2, 0, 1};
  const auto t = [&](int i, int j) { return products[i * 4 + j]; };
  const std::vector<int32_t> expected = {t(0, 1) + t(1, 3) + t(2, 1), t(0, 2) + t(1, 0) + t(2, 1),
                                         t(3, 1) + t(0, 3) + t(1, 1), t(3, 2) + t(0, 0) + t(1, 1)};
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      shape.transpose_a = transpose_a;
      shape.transpose_b = transpose_b;
      std::vector<int32_t> out(4);
      MatmulReference(lut, shape, transpose_a ? a_t : a, transpose_b ? b_t : b, out.data());
      EXPECT_EQ(out, expected);
    }
  }
}

TEST(LutMatmul, EqualsTheReferenceForEveryLayoutKernelAndThreadCount) {
  std::mt19937 random(2);
  const Signedness kinds[] = {Signedness::kUnsigned, Signedness::kTwosComplement};
  for (int trial = 0; trial < 60; ++trial) {
    const OperandSpec a_spec{8, kinds[random() % 2]};
    const OperandSpec b_spec{trial % 3 == 0 ? 5 : 8, kinds[random() % 2]};
    const auto table = RandomTable(a_spec, b_spec, {16, Signedness::kTwosComplement}, random);
    MatmulShape shape;
    shape.batch = 1 + static_cast<int64_t>(random() % 10);
    shape.m = 1 + static_cast<int64_t>(random() % 40);
    shape.k = 1 + static_cast<int64_t>(random() % 70);
    shape.n = 1 + static_cast<int64_t>(random() % 40);
    shape.broadcast_b = random() % 2;
    shape.transpose_a = random() % 2;
    shape.transpose_b = random() % 2;
    const auto zero = [&](const OperandSpec& spec) {
      return static_cast<int32_t>(spec.min_value() + static_cast<int64_t>(random() % spec.count()));
    };
    const int32_t zero_a = trial % 4 == 0 ? 0 : zero(a_spec);
    const int32_t zero_b = trial % 4 == 1 ? 0 : zero(b_spec);
    const std::vector<uint8_t> a = RandomCodes(shape.ACount(), random);
    const std::vector<uint8_t> b = RandomCodes(shape.BCount(), random);
    const auto expected = Expected(table->table(), shape, zero_a, zero_b, a, b);
    for (const Conv2dKernelEntry& entry : Conv2dKernels()) {
      if (entry.isa > ActiveKernelIsa()) continue;
      const auto matmul = LutMatmul::Create(table, shape, zero_a, zero_b, {entry.name});
      if (!matmul.ok() && matmul.error().code() == ErrorCode::kUnsupported) continue;
      ASSERT_TRUE(matmul.ok()) << matmul.error().ToString();
      EXPECT_EQ(matmul->kernel_name(), entry.name);
      ThreadPool pool(1 + trial % 3);
      std::vector<int64_t> out(expected.size());
      matmul->Run(a.data(), b.data(), out.data(), pool.AsParallelFor());
      ASSERT_EQ(out, expected) << entry.name << ", trial " << trial;
      ASSERT_FALSE(matmul->NeedsInt64());
      std::vector<int32_t> narrow(expected.size());
      matmul->Run(a.data(), b.data(), narrow.data(), pool.AsParallelFor());
      ASSERT_EQ(std::vector<int64_t>(narrow.begin(), narrow.end()), expected) << entry.name;
      std::vector<int64_t> from_blocks(expected.size());
      const SumSink<int32_t> sink = [&](const SumBlock<int32_t>& block) {
        for (int64_t p = 0; p < block.positions; ++p) {
          for (int64_t c = 0; c < block.channels; ++c) {
            from_blocks[(block.first_position + p) * shape.n + block.first_channel + c] =
                block.sums[p * block.stride + c];
          }
        }
      };
      matmul->RunBlocks(a.data(), b.data(), sink, pool.AsParallelFor());
      ASSERT_EQ(from_blocks, expected) << entry.name;
    }
  }
}

TEST(LutMatmul, SumsOf65536ProductsAreExact) {
  std::mt19937 random(3);
  const OperandSpec u8{8, Signedness::kUnsigned};
  const auto table = RandomTable(u8, u8, {16, Signedness::kUnsigned}, random);
  MatmulShape shape;
  shape.batch = 2;
  shape.m = 5;
  shape.k = 65536;
  shape.n = 3;
  shape.transpose_b = true;
  const auto matmul = LutMatmul::Create(table, shape, 255, 0);
  ASSERT_TRUE(matmul.ok());
  EXPECT_TRUE(matmul->NeedsInt64());
  const std::vector<uint8_t> a = RandomCodes(shape.ACount(), random);
  const std::vector<uint8_t> b = RandomCodes(shape.BCount(), random);
  std::vector<int64_t> out(static_cast<size_t>(shape.OutputCount()));
  matmul->Run(a.data(), b.data(), out.data(), SerialFor());
  EXPECT_EQ(out, Expected(table->table(), shape, 255, 0, a, b));
}

TEST(LutMatmul, RefusesWhatContradictsItselfAndRunsNothing) {
  const auto table = *LutTable::Create(*ExactTable({}, {}));
  MatmulShape shape;
  shape.k = 0;
  EXPECT_THAT(LutMatmul::Create(table, shape, 0, 0).error().message(),
              HasSubstr("k of a matrix product must be 1..2147483647, got 0"));
  shape.k = 2;
  EXPECT_THAT(LutMatmul::Create(table, shape, 256, 0).error().message(),
              HasSubstr("activation must be 0..255, got 256"));
  shape.batch = 0;
  const auto nothing = LutMatmul::Create(table, shape, 0, 0);
  ASSERT_TRUE(nothing.ok());
  int32_t untouched = 42;
  nothing->Run(nullptr, nullptr, &untouched, SerialFor());
  EXPECT_EQ(untouched, 42);
}

}  // namespace
}  // namespace axlut
