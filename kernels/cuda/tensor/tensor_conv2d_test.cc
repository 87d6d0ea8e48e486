// SPDX-License-Identifier: MIT
// Convolutions on (emulated) tensor cores against the obvious loops.
#include <gtest/gtest.h>

#include "kernels/cuda/tensor/tensor_testing.h"
#include "kernels/plan/quick_plan.h"
#include "kernels/reference/conv2d.h"
#include "kernels/reference/plan_conv2d.h"

namespace axlut {
namespace {

std::string ProblemString(const Conv2dShape& s) {
  const auto pair = [](int64_t y, int64_t x) {
    return std::to_string(y) + "x" + std::to_string(x);
  };
  return "n" + std::to_string(s.batch) + "h" + std::to_string(s.in_h) + "w" +
         std::to_string(s.in_w) + "c" + std::to_string(s.in_c) + "_k" +
         pair(s.kernel_h, s.kernel_w) + "o" + std::to_string(s.out_c) + "s" +
         pair(s.stride_h, s.stride_w) + "d" + pair(s.dilation_h, s.dilation_w) + "p" +
         pair(s.pad_top, s.pad_left) + "g" + std::to_string(s.groups) + "_oh" +
         std::to_string(s.out_h) + "ow" + std::to_string(s.out_w);
}

// The sums, over each output's window, of the operand values that `range` gives to one side.
std::vector<int64_t> ValueSums(const Conv2dShape& shape, const KernelPlan& widths,
                               const GpuRange& range, bool is_b, uint8_t pad_code,
                               const uint8_t* input, const uint8_t* filter) {
  std::vector<int32_t> values;
  for (int32_t a = 0; a < 1 << widths.width_a; ++a) {
    for (int32_t b = 0; b < 1 << widths.width_b; ++b) {
      values.push_back(OperandValue(range, (is_b ? b : a) ^ range.code_flip));
    }
  }
  const LutView lut{values.data(), widths.width_a, widths.width_b};
  std::vector<int64_t> sums(static_cast<size_t>(shape.OutputCount()));
  Conv2dReference(lut, shape, pad_code, input, filter, sums.data());
  return sums;
}

struct TensorConv2dCase {
  TensorConv2dCase(const Conv2dShape& s, const KernelPlan& p, std::mt19937* random)
      : shape(s),
        plan(p),
        a(s.InputCount(), RandomRange(p.width_a, random), RandomBetween(0, 1, random) == 1, random),
        b(s.FilterCount(), RandomRange(p.width_b, random), RandomBetween(0, 1, random) == 1,
          random),
        options(RandomOptions(s.out_c, p.width_b, random)) {}

  std::vector<int64_t> Expected() const {
    KernelPlan linear = plan;
    linear.residual.reset();
    const uint8_t pad_code = PatternOf(a.range, a.range.zero_code);
    std::vector<int64_t> products(static_cast<size_t>(shape.OutputCount()));
    PlanConv2dReference(linear, shape, pad_code, a.patterns.data(), b.patterns.data(),
                        products.data());
    const auto value_sums = [&](const GpuRange& range, bool is_b) {
      return ValueSums(shape, plan, range, is_b, pad_code, a.patterns.data(), b.patterns.data());
    };
    return ExpectedOutput(products, value_sums(a.range, false), value_sums(b.range, true),
                          shape.Depth(), {a.range, b.range}, options,
                          static_cast<size_t>(shape.out_c));
  }

  std::vector<int64_t> Run(Gpu* gpu) const {
    const std::unique_ptr<GpuTable> table = TableOf(gpu, plan);
    return RunOnGpu(gpu, a, b, options, static_cast<size_t>(shape.OutputCount()),
                    TensorWorkspaceBytes(*table, shape), [&](const GpuCall& call) {
                      Conv2dLaunch launch;
                      launch.table = table.get();
                      launch.shape = shape;
                      launch.variant = GpuVariant::kTensor;
                      launch.call = &call;
                      launch.add_to_out = options.add_to_out;
                      return LaunchTensorConv2d(launch);
                    });
  }

  Conv2dShape shape;
  KernelPlan plan;
  TestOperand a;
  TestOperand b;
  TestOptions options;
};

Conv2dShape RandomShape(std::mt19937* random) {
  const auto one_of = [random](const std::vector<int32_t>& values) {
    return values[static_cast<size_t>(
        RandomBetween(0, static_cast<int32_t>(values.size()) - 1, random))];
  };
  Conv2dShape s;
  s.groups = one_of({1, 1, 1, 2, 3});
  s.batch = one_of({1, 1, 2});
  s.in_c = s.groups * one_of({1, 3, 4, 7, 15, 16, 17, 31, 33, 64, 65});
  s.out_c = s.groups * one_of({1, 7, 8, 9, 16, 31, 33, 63, 65});
  s.kernel_h = one_of({1, 1, 2, 3});
  s.kernel_w = one_of({1, 1, 3, 4});
  s.stride_h = one_of({1, 1, 2, 3});
  s.stride_w = one_of({1, 1, 2, 3});
  s.dilation_h = one_of({1, 1, 2});
  s.dilation_w = one_of({1, 1, 3});
  s.in_h = one_of({1, 3, 5, 8});
  s.in_w = one_of({1, 4, 7, 9});
  s.pad_top = one_of({0, 1, 3});
  s.pad_left = one_of({0, 1, 4});
  s.out_h = one_of({1, 2, 5, 8});
  s.out_w = one_of({1, 3, 7});
  return s;
}

std::vector<int32_t> RandomScales(std::mt19937* random) {
  constexpr int32_t kScales[] = {1, 1, -1, 2, -3, 17, 17};
  std::vector<int32_t> scales(static_cast<size_t>(RandomBetween(1, 5, random)));
  for (int32_t& scale : scales) scale = kScales[RandomBetween(0, 6, random)];
  return scales;
}

// Every other case with the instructions of compute capability 7.5.
class TensorConv2d : public ::testing::TestWithParam<int> {
 protected:
  HostGpu gpu_{[] {
    HostGpuOptions options;
    options.capability = GetParam();
    return options;
  }()};
};

INSTANTIATE_TEST_SUITE_P(Capability, TensorConv2d, ::testing::Values(75, 80),
                         [](const auto& info) { return "Sm" + std::to_string(info.param); });

TEST_P(TensorConv2d, EqualsTheReferenceForRandomLayers) {
  const std::vector<HostSchedule> schedules = AllHostSchedules();
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    std::mt19937 random(seed);
    const Conv2dShape shape = RandomShape(&random);
    const int width_a = RandomBetween(0, 2, &random) == 0 ? RandomBetween(1, 7, &random) : 8;
    const int width_b = RandomBetween(0, 2, &random) == 0 ? RandomBetween(1, 7, &random) : 8;
    KernelPlan plan = RandomTermPlan(RandomScales(&random), width_a, width_b, &random);
    if (seed % 3 == 0) plan.residual = RandomResidual(plan, &random);
    gpu_.set_schedule(schedules[seed % schedules.size()]);
    const TensorConv2dCase test(shape, plan, &random);
    ASSERT_EQ(test.Run(&gpu_), test.Expected())
        << "seed " << seed << ", " << ProblemString(shape) << ", " << DescribePlan(plan) << ", "
        << schedules[seed % schedules.size()].ToString();
  }
}

TEST_P(TensorConv2d, GivesTheSameInEverySchedule) {
  Conv2dShape shape;
  shape.batch = 2;
  shape.in_h = shape.out_h = 9;
  shape.in_w = shape.out_w = 9;
  shape.in_c = 20;
  shape.out_c = 70;
  shape.kernel_h = shape.kernel_w = 3;
  shape.pad_top = shape.pad_left = 1;
  std::mt19937 random(5);
  const KernelPlan plan = RandomTermPlan({1, 1, -5}, 8, 8, &random);
  const TensorConv2dCase test(shape, plan, &random);
  const std::vector<int64_t> expected = test.Expected();
  ForEachSchedule([&](const HostSchedule& schedule) {
    gpu_.set_schedule(schedule);
    EXPECT_EQ(test.Run(&gpu_), expected) << schedule.ToString();
  });
}

// Through the plans that the runtime would use, against the table itself.
TEST_P(TensorConv2d, ExactMultipliersEqualTheirTables) {
  for (const bool is_signed : {false, true}) {
    std::vector<int32_t> products;
    for (int a = 0; a < 256; ++a) {
      for (int b = 0; b < 256; ++b) {
        products.push_back(is_signed ? static_cast<int8_t>(a) * static_cast<int8_t>(b) : a * b);
      }
    }
    const LutView lut{products.data(), 8, 8};
    const std::vector<KernelPlan> plans = QuickPlans(lut, is_signed, is_signed);
    std::unique_ptr<GpuTable> table;
    ASSERT_TRUE(GpuTable::Create(&gpu_, lut, plans, &table).ok());
    ASSERT_GT(table->terms().count, 0);
    ASSERT_EQ(table->residual(), nullptr);

    Conv2dShape shape;
    shape.in_h = shape.in_w = 6;
    shape.in_c = 32;
    shape.kernel_h = shape.kernel_w = 3;
    shape.pad_top = shape.pad_left = 1;
    shape.out_h = shape.out_w = 6;
    shape.out_c = 24;
    std::mt19937 random(7);
    GpuRange range;
    range.code_flip = is_signed ? 128 : 0;
    range.zero_code = 100;
    const TestOperand a(shape.InputCount(), range, false, &random);
    const TestOperand b(shape.FilterCount(), range, false, &random);
    TestOptions options;
    options.subtract_zero_points = false;
    const std::vector<int64_t> sums =
        RunOnGpu(&gpu_, a, b, options, static_cast<size_t>(shape.OutputCount()),
                 TensorWorkspaceBytes(*table, shape), [&](const GpuCall& call) {
                   return LaunchTensorConv2d(
                       {table.get(), shape, GpuRole::kForward, GpuVariant::kTensor, &call, false});
                 });
    std::vector<int64_t> expected(sums.size());
    Conv2dReference(lut, shape, PatternOf(range, range.zero_code), a.patterns.data(),
                    b.patterns.data(), expected.data());
    EXPECT_EQ(sums, expected) << (is_signed ? "signed" : "unsigned");
  }
}

TEST_P(TensorConv2d, ReportsWhichLaunchFailed) {
  std::mt19937 random(3);
  const KernelPlan plan = RandomTermPlan({1}, 8, 8, &random);
  const std::unique_ptr<GpuTable> table = TableOf(&gpu_, plan);
  Conv2dShape shape;
  shape.in_c = 4;
  GpuBuffer memory;
  const size_t bytes = TensorWorkspaceBytes(*table, shape) + 256;
  ASSERT_TRUE(GpuBuffer::Create(&gpu_, bytes, "test", &memory).ok());
  ASSERT_TRUE(gpu_.Fill(memory.data(), 0, bytes, nullptr).ok());
  GpuCall call;
  call.a.data = call.b.data = call.out = memory.As<uint8_t>() + bytes - 256;
  call.workspace = memory.data();
  const Conv2dLaunch launch = {table.get(),         shape, GpuRole::kForward,
                               GpuVariant::kTensor, &call, false};
  for (int n = 1; n <= 3; ++n) {
    gpu_.FailCall(GpuCallKind::kLaunch, n, GpuErrorKind::kLaunchFailed);
    const GpuStatus status = LaunchTensorConv2d(launch);
    EXPECT_EQ(status.kind(), GpuErrorKind::kLaunchFailed) << n;
    EXPECT_NE(status.message().find(n < 3 ? "kTensorMap" : "kTensorGemm"), std::string::npos)
        << status.message();
    EXPECT_TRUE(gpu_.has_failed_call());
  }
  EXPECT_TRUE(LaunchTensorConv2d(launch).ok());
}

}  // namespace
}  // namespace axlut
