// SPDX-License-Identifier: MIT
#include "runtime/bench/gpu_layer_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/cuda/choice.h"
#include "kernels/cuda/host/host_gpu.h"
#include "runtime/base/parallel_for.h"
#include "runtime/bench/cudnn_layer.h"
#include "runtime/bench/gpu_device.h"
#include "runtime/bench/problem.h"

namespace axlut {
namespace {

using ::testing::HasSubstr;

TEST(GpuLayerRun, EveryVariantGivesWhatTheCpuGives) {
  HostGpu gpu({.capability = 90});
  for (const char* name : {"random", "exact"}) {
    const auto table = LoadBenchTable(name);
    ASSERT_TRUE(table.ok());
    const auto gpu_table = MakeGpuTable(&gpu, *table);
    ASSERT_TRUE(gpu_table.ok()) << gpu_table.error().ToString();
    for (const GpuVariant variant :
         {GpuVariant::kTexture, GpuVariant::kL1, GpuVariant::kShared, GpuVariant::kTensor}) {
      if (variant == GpuVariant::kTensor && (*gpu_table)->terms().count == 0) continue;
      for (const char* problem : {"n3h6w5c20_k3o17s2", "n2h4c6_k3o6g6", "n33c70_o9"}) {
        SCOPED_TRACE(std::string(name) + " " + Name(variant) + " " + problem);
        auto run = GpuLayerRun::Create(*gpu_table, *table, *ParseProblem(problem),
                                       CodeDistribution::kUniform, variant);
        if (!run.ok()) {  // depthwise layers have fewer variants
          EXPECT_EQ(run.error().code(), ErrorCode::kUnsupported) << run.error().ToString();
          EXPECT_THAT(problem, HasSubstr("g6"));
          continue;
        }
        const auto verified = run->Verify(SerialFor());
        EXPECT_TRUE(verified.ok()) << verified.error().ToString();
        EXPECT_EQ(run->variant(), variant);
      }
    }
  }
}

TEST(GpuLayerRun, AFailureAtAnyCallIsAnErrorAndLeaksNothing) {
  HostGpu gpu({.capability = 80});
  const auto table = LoadBenchTable("exact");
  ASSERT_TRUE(table.ok());
  int failures = 0;
  for (int call = 1; call < 200; ++call) {
    gpu.FailAnyCall(call, GpuErrorKind::kOutOfMemory);
    const auto run_all = [&]() -> Result<void> {
      AXLUT_ASSIGN_OR_RETURN(const auto gpu_table, MakeGpuTable(&gpu, *table));
      AXLUT_ASSIGN_OR_RETURN(GpuLayerRun run,
                             GpuLayerRun::Create(gpu_table, *table, *ParseProblem("h4c5_k3o6"),
                                                 CodeDistribution::kUniform, GpuVariant::kAuto));
      return run.Verify(SerialFor());
    };
    const auto result = run_all();
    EXPECT_EQ(gpu.FindLeaks(), "") << "call " << call;
    if (result.ok()) break;
    EXPECT_TRUE(gpu.has_failed_call());
    EXPECT_EQ(result.error().code(), ErrorCode::kTool) << result.error().ToString();
    ++failures;
  }
  EXPECT_GT(failures, 20);
  EXPECT_LT(failures, 198);
}

TEST(GpuLayerRun, CudnnIsNoYardstickForAModelOfAGpu) {
  HostGpu gpu;
  const auto timings = TimeCudnn(&gpu, *ParseProblem("h8c16_k3o16"), 0);
  ASSERT_TRUE(timings.ok());
  EXPECT_TRUE(timings->empty());
}

TEST(OpenGpu, TakesModelsByArchitectureAndRefusesOtherNames) {
  const auto model = OpenGpu("emulated:sm_75");
  ASSERT_TRUE(model.ok());
  EXPECT_EQ((*model)->properties().capability, 75);
  EXPECT_TRUE((*model)->properties().is_emulated);
  for (const char* name : {"", "tpu", "gpu:", "gpu:x", "gpu:-1", "gpu1", "emulated:", "emulated:90",
                           "emulated:sm_70", "emulated2"}) {
    const auto gpu = OpenGpu(name);
    ASSERT_FALSE(gpu.ok()) << name;
    EXPECT_EQ(gpu.error().code(), ErrorCode::kUsage) << name;
    EXPECT_THAT(gpu.error().message(), HasSubstr(std::string("found '") + name + "'"));
  }
}

TEST(OpenGpu, AMissingGpuIsAnErrorOfTheMachine) {
  const auto gpu = OpenGpu("gpu:4095");
  ASSERT_FALSE(gpu.ok());
  EXPECT_TRUE(gpu.error().code() == ErrorCode::kTool ||
              gpu.error().code() == ErrorCode::kUnsupported)
      << gpu.error().ToString();
}

}  // namespace
}  // namespace axlut
