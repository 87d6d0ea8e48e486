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

// The sum of a table of corrections, one by one: none is left out.
std::vector<int64_t> Corrections(const TruthTable& t, const MatmulShape& s, int64_t zero_a,
                                 int64_t zero_b, const std::vector<uint8_t>& a,
                                 const std::vector<uint8_t>& b) {
  std::vector<int32_t> corrections;
  for (uint32_t i = 0; i < t.a().count(); ++i) {
    for (uint32_t j = 0; j < t.b().count(); ++j) {
      corrections.push_back(static_cast<int32_t>(-zero_b * t.a().ValueOf(i) -
                                                 zero_a * t.b().ValueOf(j) + zero_a * zero_b));
    }
  }
  std::vector<int64_t> sums(static_cast<size_t>(s.OutputCount()));
  MatmulReference(LutView{corrections.data(), t.a().width, t.b().width}, s, a.data(), b.data(),
                  sums.data());
  return sums;
}

// The reference's sums, and the corrections of the header.
std::vector<int64_t> Expected(const TruthTable& t, const MatmulShape& s, int64_t zero_a,
                              const std::vector<int32_t>& zero_b, const std::vector<uint8_t>& a,
                              const std::vector<uint8_t>& b) {
  std::vector<int64_t> out(static_cast<size_t>(s.OutputCount()));
  const LutView lut{t.products().data(), t.a().width, t.b().width};
  MatmulReference(lut, s, a.data(), b.data(), out.data());
  for (size_t zero = 0; zero < zero_b.size(); ++zero) {
    const auto extra = Corrections(t, s, zero_a, zero_b[zero], a, b);
    for (size_t i = 0; i < out.size(); ++i) {
      const bool has_this_zero = zero_b.size() == 1 || i % static_cast<size_t>(s.n) == zero;
      if (has_this_zero) out[i] += extra[i];
    }
  }
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
    std::vector<int32_t> zero_b = {trial % 4 == 1 ? 0 : zero(b_spec)};
    if (trial % 4 == 2) {
      for (int64_t x = 1; x < shape.n; ++x) zero_b.push_back(zero(b_spec));
    }
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

TEST(LutMatmul, MatricesMeetInAnyPairs) {
  std::mt19937 random(4);
  const OperandSpec u8{8, Signedness::kUnsigned};
  const auto table = RandomTable(u8, u8, {16, Signedness::kUnsigned}, random);
  for (int trial = 0; trial < 40; ++trial) {
    const int64_t a_count = 1 + static_cast<int64_t>(random() % 5);
    const int64_t b_count = 1 + static_cast<int64_t>(random() % (trial % 2 == 0 ? 3 : 12));
    MatmulShape shape;
    shape.m = 1 + static_cast<int64_t>(random() % 20);
    shape.k = 1 + static_cast<int64_t>(random() % 40);
    shape.n = 1 + static_cast<int64_t>(random() % 20);
    shape.transpose_a = random() % 2;
    shape.transpose_b = random() % 2;
    std::vector<MatmulPair> pairs(random() % 30);
    const bool in_order = trial % 3 == 0;  // stretches of several products
    for (size_t i = 0; i < pairs.size(); ++i) {
      pairs[i].a = static_cast<int64_t>(in_order ? i : random()) % a_count;
      pairs[i].b = static_cast<int64_t>(in_order ? i / a_count : random()) % b_count;
    }
    const std::vector<uint8_t> a = RandomCodes(a_count * shape.m * shape.k, random);
    const std::vector<uint8_t> b = RandomCodes(b_count * shape.k * shape.n, random);
    const auto matmul = LutMatmul::CreateForPairs(table, shape, pairs, 3, {7});
    ASSERT_TRUE(matmul.ok()) << matmul.error().ToString();
    std::vector<int64_t> expected;
    for (const MatmulPair& pair : pairs) {
      const auto from = [](const std::vector<uint8_t>& codes, int64_t index, int64_t count) {
        return std::vector<uint8_t>(codes.begin() + index * count,
                                    codes.begin() + (index + 1) * count);
      };
      const auto product =
          Expected(table->table(), shape, 3, {7}, from(a, pair.a, shape.m * shape.k),
                   from(b, pair.b, shape.k * shape.n));
      expected.insert(expected.end(), product.begin(), product.end());
    }
    ThreadPool pool(1 + trial % 3);
    std::vector<int64_t> out(expected.size());
    matmul->Run(a.data(), b.data(), out.data(), pool.AsParallelFor());
    ASSERT_EQ(out, expected) << "trial " << trial;
    std::vector<int64_t> from_blocks(expected.size());
    const SumSink<int64_t> sink = [&](const SumBlock<int64_t>& block) {
      for (int64_t p = 0; p < block.positions; ++p) {
        ASSERT_LT(block.first_position + p, static_cast<int64_t>(pairs.size()) * shape.m);
        for (int64_t c = 0; c < block.channels; ++c) {
          from_blocks[(block.first_position + p) * shape.n + block.first_channel + c] =
              block.sums[p * block.stride + c];
        }
      }
    };
    matmul->RunBlocks(a.data(), b.data(), sink, pool.AsParallelFor());
    ASSERT_EQ(from_blocks, expected) << "trial " << trial;
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
  const auto matmul = LutMatmul::Create(table, shape, 255, {0});
  ASSERT_TRUE(matmul.ok());
  EXPECT_TRUE(matmul->NeedsInt64());
  const std::vector<uint8_t> a = RandomCodes(shape.ACount(), random);
  const std::vector<uint8_t> b = RandomCodes(shape.BCount(), random);
  std::vector<int64_t> out(static_cast<size_t>(shape.OutputCount()));
  matmul->Run(a.data(), b.data(), out.data(), SerialFor());
  EXPECT_EQ(out, Expected(table->table(), shape, 255, {0}, a, b));
}

TEST(LutMatmul, RefusesWhatContradictsItselfAndRunsNothing) {
  const auto table = *LutTable::Create(*ExactTable({}, {}));
  MatmulShape shape;
  shape.k = 0;
  EXPECT_THAT(LutMatmul::Create(table, shape, 0, {0}).error().message(),
              HasSubstr("k of a matrix product must be 1..2147483647, got 0"));
  shape.k = 2;
  EXPECT_THAT(LutMatmul::Create(table, shape, 256, {0}).error().message(),
              HasSubstr("activation must be 0..255, got 256"));
  EXPECT_THAT(LutMatmul::Create(table, shape, 0, {0, 0}).error().message(),
              HasSubstr("filter of 1 output channels needs 1 or 1 zero points, got 2"));
  EXPECT_THAT(LutMatmul::Create(table, shape, 0, {256}).error().message(),
              HasSubstr("filter must be 0..255, got 256"));
  shape.batch = 0;
  const auto nothing = LutMatmul::Create(table, shape, 0, {0});
  ASSERT_TRUE(nothing.ok());
  int32_t untouched = 42;
  nothing->Run(nullptr, nullptr, &untouched, SerialFor());
  EXPECT_EQ(untouched, 42);
}

}  // namespace
}  // namespace axlut
