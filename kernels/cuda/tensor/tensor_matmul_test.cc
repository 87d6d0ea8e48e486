// SPDX-License-Identifier: MIT
// Matrix products on (emulated) tensor cores against the obvious loops.
#include <gtest/gtest.h>

#include "kernels/cuda/tensor/tensor_testing.h"
#include "kernels/reference/matmul.h"

namespace axlut {
namespace {

std::string ProblemString(const MatmulShape& s) {
  return std::to_string(s.batch) + " x [" + std::to_string(s.m) + "x" + std::to_string(s.k) +
         "] x [" + std::to_string(s.k) + "x" + std::to_string(s.n) + "]" +
         (s.transpose_a ? ", A transposed" : "") + (s.transpose_b ? ", B transposed" : "") +
         (s.broadcast_b ? ", one B" : "");
}

struct TensorMatmulCase {
  TensorMatmulCase(const MatmulShape& s, const KernelPlan& p, std::mt19937* random)
      : shape(s),
        plan(p),
        a(s.ACount(), RandomRange(p.width_a, random), RandomBetween(0, 1, random) == 1, random),
        b(s.BCount(), RandomRange(p.width_b, random), RandomBetween(0, 1, random) == 1, random),
        options(RandomOptions(s.n, p.width_b, random)) {}

  // Sums of value_of(code of a, code of b).
  template <typename ValueOf>
  std::vector<int64_t> Sums(const ValueOf& value_of) const {
    std::vector<int32_t> values;
    for (int32_t row = 0; row < 1 << plan.width_a; ++row) {
      for (int32_t column = 0; column < 1 << plan.width_b; ++column) {
        values.push_back(static_cast<int32_t>(value_of(row, column)));
      }
    }
    std::vector<int64_t> sums(static_cast<size_t>(shape.OutputCount()));
    MatmulReference(LutView{values.data(), plan.width_a, plan.width_b}, shape, a.patterns.data(),
                    b.patterns.data(), sums.data());
    return sums;
  }

  std::vector<int64_t> Expected() const {
    KernelPlan linear = plan;
    linear.residual.reset();
    const auto product = [&](int32_t row, int32_t column) {
      return PlanProduct(linear, static_cast<size_t>(row), static_cast<size_t>(column));
    };
    const auto value_a = [&](int32_t row, int32_t) {
      return OperandValue(a.range, row ^ a.range.code_flip);
    };
    const auto value_b = [&](int32_t, int32_t column) {
      return OperandValue(b.range, column ^ b.range.code_flip);
    };
    return ExpectedOutput(Sums(product), Sums(value_a), Sums(value_b), shape.k, {a.range, b.range},
                          options, static_cast<size_t>(shape.n));
  }

  std::vector<int64_t> Run(Gpu* gpu) const {
    const std::unique_ptr<GpuTable> table = TableOf(gpu, plan);
    return RunOnGpu(gpu, a, b, options, static_cast<size_t>(shape.OutputCount()),
                    TensorWorkspaceBytes(*table, shape), [&](const GpuCall& call) {
                      return LaunchTensorMatmul(
                          {table.get(), shape, GpuVariant::kTensor, &call, options.add_to_out});
                    });
  }

  MatmulShape shape;
  KernelPlan plan;
  TestOperand a;
  TestOperand b;
  TestOptions options;
};

class TensorMatmul : public ::testing::TestWithParam<int> {
 protected:
  HostGpu gpu_{[] {
    HostGpuOptions options;
    options.capability = GetParam();
    return options;
  }()};
};

INSTANTIATE_TEST_SUITE_P(Capability, TensorMatmul, ::testing::Values(75, 80),
                         [](const auto& info) { return "Sm" + std::to_string(info.param); });

TEST_P(TensorMatmul, EqualsTheReferenceForEveryTail) {
  const std::vector<HostSchedule> schedules = AllHostSchedules();
  constexpr int64_t kDepths[] = {1, 3, 15, 16, 17, 31, 33, 64, 65, 130};
  constexpr int64_t kRows[] = {1, 7, 17, 33, 65, 127, 129};
  constexpr int64_t kColumns[] = {1, 9, 15, 31, 33, 64, 66};
  uint32_t seed = 0;
  for (const int64_t k : kDepths) {
    for (int i = 0; i < 7; ++i) {
      std::mt19937 random(++seed);
      MatmulShape shape;
      shape.k = k;
      shape.m = kRows[i];
      shape.n = kColumns[(i + seed) % 7];
      shape.batch = seed % 3 == 0 ? 3 : 1;
      shape.transpose_a = seed % 2 == 0;
      shape.transpose_b = seed / 2 % 2 == 0;
      shape.broadcast_b = seed / 4 % 2 == 0;
      const KernelPlan plan = RandomTermPlan({1, seed % 5 == 0 ? -7 : 1}, 8, 8, &random);
      gpu_.set_schedule(schedules[seed % schedules.size()]);
      const TensorMatmulCase test(shape, plan, &random);
      ASSERT_EQ(test.Run(&gpu_), test.Expected())
          << "seed " << seed << ", " << ProblemString(shape) << ", "
          << schedules[seed % schedules.size()].ToString();
    }
  }
}

// More than one block maps an operand, and its sums come in slices.
TEST_P(TensorMatmul, TakesManyTermsAndLongRows) {
  std::mt19937 random(11);
  MatmulShape shape;
  shape.m = 5;
  shape.k = 700;
  shape.n = 3;
  const KernelPlan plan = RandomTermPlan(std::vector<int32_t>(19, 1), 8, 8, &random);
  for (const bool transposed : {false, true}) {
    shape.transpose_a = shape.transpose_b = transposed;
    const TensorMatmulCase test(shape, plan, &random);
    EXPECT_EQ(test.Run(&gpu_), test.Expected()) << ProblemString(shape);
  }
}

// A term may wrap modulo 2^32 as long as the products do not.
TEST_P(TensorMatmul, LargeScalesMayCancel) {
  std::mt19937 random(13);
  constexpr int32_t kScale = 2'000'000'011;
  KernelPlan plan = RandomTermPlan({kScale, -kScale, 3}, 8, 8, &random);
  plan.terms[1].u = plan.terms[0].u;
  plan.terms[1].v = plan.terms[0].v;
  MatmulShape shape;
  shape.m = 9;
  shape.k = 40;
  shape.n = 10;
  for (const GpuSum sum : {GpuSum::kInt32, GpuSum::kInt64, GpuSum::kFloat}) {
    TensorMatmulCase test(shape, plan, &random);
    test.options.sum = sum;
    test.options.add_to_out = false;
    EXPECT_EQ(test.Run(&gpu_), test.Expected()) << static_cast<int>(sum);
  }
}

// 65,794 products of 255 * -128 leave int32_t, whichever terms they are of.
TEST_P(TensorMatmul, SumsOf64BitsAreExact) {
  std::mt19937 random(17);
  KernelPlan plan = RandomTermPlan({1, 1}, 8, 8, &random);
  std::fill(plan.terms[0].u.begin(), plan.terms[0].u.end(), uint8_t{255});
  std::fill(plan.terms[0].v.begin(), plan.terms[0].v.end(), int8_t{-128});
  plan.terms[1] = plan.terms[0];
  MatmulShape shape;
  shape.k = 33000;
  TensorMatmulCase test(shape, plan, &random);
  test.options.sum = GpuSum::kInt64;
  EXPECT_EQ(test.Run(&gpu_), test.Expected());
}

}  // namespace
}  // namespace axlut
