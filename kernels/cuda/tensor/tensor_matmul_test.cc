// SPDX-License-Identifier: MIT
// Matrix products on (emulated) tensor cores against the obvious loops.
#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/cuda/tensor/tensor_on_gpu.h"

namespace axlut {
namespace {

using TensorMatmul = TensorOnGpu;
using DeepTensorMatmul = TensorOnGpu;  // takes seconds

std::string NameOf(const ::testing::TestParamInfo<int>& info) {
  return "Sm" + std::to_string(info.param);
}
INSTANTIATE_TEST_SUITE_P(Capability, TensorMatmul, ::testing::Values(75, 80), NameOf);
INSTANTIATE_TEST_SUITE_P(Capability, DeepTensorMatmul, ::testing::Values(80), NameOf);

TEST_P(TensorMatmul, EqualsTheReferenceForEveryTail) {
  constexpr int64_t kDepths[] = {1, 3, 15, 16, 17, 31, 33, 64, 65, 130};
  constexpr int64_t kRows[] = {1, 7, 17, 33, 65, 127, 129};
  constexpr int64_t kColumns[] = {1, 9, 15, 31, 33, 64, 66};
  uint32_t seed = 0;
  for (const int64_t k : kDepths) {
    for (size_t i = 0; i < 7; ++i) {
      std::mt19937 random(++seed);
      MatmulShape shape;
      shape.k = k;
      shape.m = kRows[i];
      shape.n = kColumns[(i + seed) % 7];
      shape.batch = seed % 3 == 0 ? 3 : 1;
      shape.transpose_a = seed % 2 == 0;
      shape.transpose_b = seed / 2 % 2 == 0;
      shape.broadcast_b = seed / 4 % 2 == 0;
      SCOPED_TRACE("seed " + std::to_string(seed));
      if (i == 0) UsePlan(RandomTermPlan({1, seed % 5 == 0 ? -7 : 1}, 8, 8, &random));
      Check(shape, RandomOptions(&random), seed);
      if (HasFatalFailure()) return;
    }
  }
}

// More than one block maps an operand, and its sums come in slices.
TEST_P(TensorMatmul, TakesManyTermsAndLongRows) {
  std::mt19937 random(11);
  UsePlan(RandomTermPlan(std::vector<int32_t>(17, 1), 8, 8, &random));
  MatmulShape shape;
  shape.m = 5;
  shape.k = 300;
  shape.n = 3;
  for (const bool transposed : {false, true}) {
    shape.transpose_a = shape.transpose_b = transposed;
    Check(shape, {}, 11);
  }
}

// A term may wrap modulo 2^32 as long as the products do not.
TEST_P(TensorMatmul, LargeScalesMayCancel) {
  std::mt19937 random(13);
  constexpr int32_t kScale = 2'000'000'011;
  KernelPlan plan = RandomTermPlan({kScale, -kScale, 3}, 8, 8, &random);
  plan.terms[1].u = plan.terms[0].u;
  plan.terms[1].v = plan.terms[0].v;
  UsePlan(plan);
  MatmulShape shape;
  shape.m = 9;
  shape.k = 40;
  shape.n = 10;
  for (const GpuSum sum : {GpuSum::kInt32, GpuSum::kInt64, GpuSum::kFloat}) {
    Conv2dOnGpuOptions options;
    options.sum = sum;
    Check(shape, options, 13);
  }
}

// 65,794 products of 255 * -128 leave int32_t, whichever terms they are of.
TEST_P(DeepTensorMatmul, SumsOf64BitsAreExact) {
  std::mt19937 random(17);
  KernelPlan plan = RandomTermPlan(std::vector<int32_t>(5, 1), 8, 8, &random);
  for (PlanTerm& term : plan.terms) {
    std::fill(term.u.begin(), term.u.end(), uint8_t{255});
    std::fill(term.v.begin(), term.v.end(), int8_t{-128});
  }
  UsePlan(plan);
  MatmulShape shape;
  shape.k = 13200;
  Conv2dOnGpuOptions options;
  options.sum = GpuSum::kInt64;
  Check(shape, options, 17);
}

}  // namespace
}  // namespace axlut
