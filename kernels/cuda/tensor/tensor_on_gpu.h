// SPDX-License-Identifier: MIT
// A made-up plan on an emulated GPU and calls of tensor/'s launchers, for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/launches.h"
#include "kernels/cuda/testing/conv2d_on_gpu.h"
#include "kernels/plan/plan.h"

namespace axlut {

inline int32_t RandomBetween(int32_t least, int32_t most, std::mt19937* random) {
  return std::uniform_int_distribution<int32_t>(least, most)(*random);
}

// Random maps and offsets, a term for each scale.
inline KernelPlan RandomTermPlan(const std::vector<int32_t>& scales, int width_a, int width_b,
                                 std::mt19937* random) {
  KernelPlan plan;
  plan.width_a = width_a;
  plan.width_b = width_b;
  plan.offset_a.resize(size_t{1} << width_a);
  plan.offset_b.resize(size_t{1} << width_b);
  for (int32_t& offset : plan.offset_a) offset = RandomBetween(-70000, 70000, random);
  for (int32_t& offset : plan.offset_b) offset = RandomBetween(-70000, 70000, random);
  for (const int32_t scale : scales) {
    PlanTerm term;
    term.scale = scale;
    term.u.resize(plan.offset_a.size());
    term.v.resize(plan.offset_b.size());
    for (uint8_t& u : term.u) u = static_cast<uint8_t>(RandomBetween(0, 255, random));
    for (int8_t& v : term.v) v = static_cast<int8_t>(RandomBetween(-128, 127, random));
    plan.terms.push_back(std::move(term));
  }
  return plan;
}

inline PlanResidual RandomResidual(const KernelPlan& plan, std::mt19937* random) {
  PlanResidual residual;
  residual.count_a = residual.count_b = 2;
  for (size_t a = 0; a < plan.offset_a.size(); ++a) residual.class_a.push_back(a % 2);
  for (size_t b = 0; b < plan.offset_b.size(); ++b) residual.class_b.push_back(b % 2);
  for (int i = 0; i < 4; ++i) {
    residual.entries.push_back(static_cast<uint16_t>(RandomBetween(0, 65535, random)));
  }
  return residual;
}

inline std::vector<int32_t> ProductsOf(const KernelPlan& plan) {
  std::vector<int32_t> products;
  for (size_t a = 0; a < plan.offset_a.size(); ++a) {
    for (size_t b = 0; b < plan.offset_b.size(); ++b) {
      const int64_t product = PlanProduct(plan, a, b);
      EXPECT_EQ(product, static_cast<int32_t>(product));
      products.push_back(static_cast<int32_t>(product));
    }
  }
  return products;
}

inline Conv2dOnGpuOptions RandomOptions(std::mt19937* random) {
  const auto flip = [random] { return RandomBetween(0, 1, random) == 1; };
  Conv2dOnGpuOptions options;
  options.sum = static_cast<GpuSum>(RandomBetween(0, 2, random));
  options.float_a = flip();
  options.float_b = flip();
  options.subtract_zero_points = RandomBetween(0, 3, random) != 0;
  options.per_channel_b = flip();
  options.device_quantization = flip();
  options.add_to_out = options.sum != GpuSum::kFloat && flip();
  return options;
}

// The parameter is the compute capability: 75 and 80 have different instructions.
class TensorOnGpu : public ::testing::TestWithParam<int> {
 protected:
  // The residual is what the launchers leave out.
  void UsePlan(const KernelPlan& plan) {
    const std::vector<int32_t> products = ProductsOf(plan);
    const GpuStatus status =
        GpuTable::Create(&gpu_, {products.data(), plan.width_a, plan.width_b}, {plan}, &gpu_table_);
    ASSERT_TRUE(status.ok()) << status.message();
    KernelPlan linear = plan;
    linear.residual.reset();
    table_ = std::make_unique<RandomTable>(plan.width_a, plan.width_b, 0, 0, 1);
    const std::vector<int32_t> linear_products = ProductsOf(linear);
    table_->products.assign(linear_products.begin(), linear_products.end());
    table_->view.products = table_->products.data();
  }

  void Check(const Conv2dShape& shape, const Conv2dOnGpuOptions& options, uint32_t seed) {
    SCOPED_TRACE(ProblemString(shape));
    Check({*table_, shape, options, seed}, TensorWorkspaceBytes(*gpu_table_, shape),
          [&](const GpuCall& call) {
            return LaunchTensorConv2d({gpu_table_.get(), shape, GpuRole::kForward,
                                       GpuVariant::kTensor, &call, options.add_to_out});
          });
  }
  void Check(const MatmulShape& shape, Conv2dOnGpuOptions options, uint32_t seed) {
    SCOPED_TRACE(ProblemString(shape));
    options.matmul = shape;
    Check({*table_, ChannelsOf(shape), options, seed}, TensorWorkspaceBytes(*gpu_table_, shape),
          [&](const GpuCall& call) {
            return LaunchTensorMatmul(
                {gpu_table_.get(), shape, GpuVariant::kTensor, &call, options.add_to_out});
          });
  }

  HostGpu gpu_{HostGpuOptions{.capability = GetParam()}};
  std::unique_ptr<GpuTable> gpu_table_;
  std::unique_ptr<RandomTable> table_;  // without the residual

 private:
  template <typename Launch>
  void Check(const Conv2dOnGpu& test, size_t workspace_bytes, const Launch& launch) {
    SCOPED_TRACE("options: sum " + std::to_string(static_cast<int>(test.options.sum)) +
                 (test.options.float_a ? ", floats a" : "") +
                 (test.options.float_b ? ", floats b" : "") +
                 (test.options.per_channel_b ? ", per channel" : "") +
                 (test.options.add_to_out ? ", adds" : ""));
    WithOutputType(test.options.sum,
                   [&](auto out) { Compare<decltype(out)>(test, workspace_bytes, launch); });
  }

  template <typename Out, typename Launch>
  void Compare(const Conv2dOnGpu& test, size_t workspace_bytes, const Launch& launch) {
    const std::vector<uint8_t> guard(64, 0xa5);
    std::vector<uint8_t> guard_after(guard.size());
    GpuBuffer workspace;
    ASSERT_TRUE(
        GpuBuffer::Create(&gpu_, workspace_bytes + guard.size(), "workspace", &workspace).ok());
    uint8_t* const end = workspace.As<uint8_t>() + workspace_bytes;
    std::vector<Out> found;
    const GpuStatus status = test.Run<Out>(
        &gpu_,
        [&](GpuCall call) {
          call.workspace = workspace.data();
          AXLUT_RETURN_IF_GPU_ERROR(gpu_.CopyToDevice(end, guard.data(), guard.size(), nullptr));
          AXLUT_RETURN_IF_GPU_ERROR(launch(call));
          return gpu_.CopyToHost(guard_after.data(), end, guard.size(), nullptr);
        },
        &found);
    ASSERT_TRUE(status.ok()) << status.message();
    const std::vector<Out> expected = test.Expected<Out>();
    for (size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], expected[i]) << "output " << i;
    EXPECT_EQ(guard_after, guard) << "written beyond the workspace";
  }
};

}  // namespace axlut
