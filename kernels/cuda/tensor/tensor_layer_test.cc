// SPDX-License-Identifier: MIT
// Whole layers on tensor cores: the terms of a plan, its residual by lookups, and floats from the
// sum of both.
#include <gtest/gtest.h>

#include <memory>

#include "kernels/cuda/gpu_conv2d.h"
#include "kernels/cuda/gpu_matmul.h"
#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/testing/conv2d_on_gpu.h"
#include "kernels/plan/plan.h"
#include "kernels/reference/matmul.h"

namespace axlut {
namespace {

// 3 a b + 7 (a & 1)(b & 1) + a - 2 b as one term and a residual of two classes each.
KernelPlan PlanWithResidual() {
  KernelPlan plan;
  PlanTerm term;
  term.scale = 3;
  for (int code = 0; code < 256; ++code) {
    plan.offset_a.push_back(code + 3 * 128 * code);
    plan.offset_b.push_back(-2 * code);
    term.u.push_back(static_cast<uint8_t>(code));
    term.v.push_back(static_cast<int8_t>(code - 128));
  }
  plan.terms = {term};
  PlanResidual& residual = plan.residual.emplace();
  residual.scale = 7;
  residual.count_a = residual.count_b = 2;
  for (int code = 0; code < 256; ++code) {
    residual.class_a.push_back(static_cast<uint8_t>(code % 2));
    residual.class_b.push_back(static_cast<uint8_t>(code % 2));
  }
  residual.entries = {0, 0, 0, 1};
  return plan;
}

class TensorLayer : public ::testing::Test {
 protected:
  TensorLayer() {
    for (size_t i = 0; i < table_.products.size(); ++i) {
      table_.products[i] = static_cast<int32_t>(PlanProduct(plan_, i >> 8, i & 255));
    }
    EXPECT_EQ(FindPlanError(plan_, table_.view), "");
    const GpuStatus status = GpuTable::Create(&gpu_, table_.view, {plan_}, &gpu_table_);
    EXPECT_TRUE(status.ok()) << status.message();
  }

  // What run(call) puts out, with a workspace of workspace_bytes(call).
  template <typename Out, typename Layer>
  std::vector<Out> Run(const Conv2dOnGpu& test, const Layer& layer) {
    std::vector<Out> result;
    GpuBuffer workspace;
    const GpuStatus status = test.Run(
        &gpu_,
        [&](GpuCall call) {
          AXLUT_RETURN_IF_GPU_ERROR(
              GpuBuffer::Create(&gpu_, layer.WorkspaceBytes(call), "workspace", &workspace));
          call.workspace = workspace.data();
          return layer.Run(call);
        },
        &result);
    EXPECT_TRUE(status.ok()) << status.message();
    return result;
  }

  HostGpu gpu_;
  KernelPlan plan_ = PlanWithResidual();
  RandomTable table_{8, 8, 0, 0, 1};
  std::unique_ptr<GpuTable> gpu_table_;
};

TEST_F(TensorLayer, ConvolutionWithAResidualEqualsTheTable) {
  Conv2dShape shape;
  shape.batch = 2;
  shape.in_h = shape.in_w = shape.out_h = shape.out_w = 5;
  shape.in_c = 6;
  shape.out_c = 10;
  shape.groups = 2;
  shape.kernel_h = shape.kernel_w = 3;
  shape.pad_top = shape.pad_left = 1;
  GpuConv2d conv2d;
  const GpuStatus status =
      GpuConv2d::Create(gpu_table_.get(), shape, GpuRole::kForward, GpuVariant::kTensor, &conv2d);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(conv2d.name().substr(0, 13), "tensor+lookup");
  Conv2dOnGpuOptions options;
  options.float_a = true;
  options.per_channel_b = true;
  options.device_quantization = true;
  const Conv2dOnGpu integers(table_, shape, options, 3);
  EXPECT_EQ(Run<int32_t>(integers, conv2d), integers.Expected<int32_t>());
  options.sum = GpuSum::kFloat;
  const Conv2dOnGpu floats(table_, shape, options, 4);
  EXPECT_EQ(Run<float>(floats, conv2d), floats.Expected<float>());
}

// A dense layer is a 1x1 convolution of 1x1 images.
TEST_F(TensorLayer, MatrixProductWithAResidualEqualsTheTable) {
  MatmulShape shape;
  shape.m = 7;
  shape.k = 50;
  shape.n = 12;
  GpuMatmul matmul;
  const GpuStatus status = GpuMatmul::Create(gpu_table_.get(), shape, GpuVariant::kTensor, &matmul);
  ASSERT_TRUE(status.ok()) << status.message();
  Conv2dShape dense;
  dense.batch = shape.m;
  dense.in_c = shape.k;
  dense.out_c = shape.n;
  Conv2dOnGpuOptions options;
  options.per_channel_b = true;
  options.sum = GpuSum::kFloat;
  const Conv2dOnGpu floats(table_, dense, options, 5);
  EXPECT_EQ(Run<float>(floats, matmul), floats.Expected<float>());
  options.sum = GpuSum::kInt64;
  const Conv2dOnGpu integers(table_, dense, options, 6);
  EXPECT_EQ(Run<int64_t>(integers, matmul), integers.Expected<int64_t>());
}

}  // namespace
}  // namespace axlut
