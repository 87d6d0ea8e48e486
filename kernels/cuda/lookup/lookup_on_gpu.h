// SPDX-License-Identifier: MIT
// A table on an emulated GPU and calls of lookup/'s launchers, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "kernels/cuda/choice.h"
#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/launches.h"
#include "kernels/cuda/testing/conv2d_on_gpu.h"

namespace axlut {

// Slower by ten to a hundred times: large cases are left out.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

class LookupOnGpu : public ::testing::Test {
 protected:
  LookupOnGpu() { UseGpu(80); }
  ~LookupOnGpu() override { gpu_table_.reset(); }

  void UseGpu(const HostGpuOptions& options) {
    gpu_table_.reset();
    gpu_ = std::make_unique<HostGpu>(options);
    UseTable(8, 8, -3000, 65535);
  }
  void UseGpu(int capability, int multiprocessors = 0) {
    HostGpuOptions options;
    options.capability = capability;
    options.multiprocessors = multiprocessors;
    UseGpu(options);
  }

  void UseTable(int width_a, int width_b, int32_t min, uint32_t span) {
    table_ = std::make_unique<RandomTable>(width_a, width_b, min, span, 5);
    ASSERT_TRUE(GpuTable::Create(gpu_.get(), table_->view, {}, &gpu_table_).ok());
  }

  // Those that take the table on the GPU.
  std::vector<GpuVariant> Variants() const {
    std::vector<GpuVariant> variants = {GpuVariant::kTexture};
    if (gpu_table_->images().entries16 != nullptr) variants.push_back(GpuVariant::kL1);
    if (SharedLookupFits(*gpu_table_)) variants.push_back(GpuVariant::kShared);
    return variants;
  }

  void Check(const Conv2dShape& shape, GpuVariant variant, const Conv2dOnGpuOptions& options) {
    SCOPED_TRACE(ProblemString(shape));
    Check(shape, options, variant, [&](const GpuCall& call) {
      return LaunchLookupConv2d(
          {gpu_table_.get(), shape, options.role, variant, &call, options.add_to_out});
    });
  }
  void Check(const MatmulShape& shape, GpuVariant variant, Conv2dOnGpuOptions options) {
    SCOPED_TRACE(ProblemString(shape));
    options.matmul = shape;
    Check(ChannelsOf(shape), options, variant, [&](const GpuCall& call) {
      return LaunchLookupMatmul({gpu_table_.get(), shape, variant, &call, options.add_to_out});
    });
  }

  std::unique_ptr<HostGpu> gpu_;
  std::unique_ptr<RandomTable> table_;
  std::unique_ptr<GpuTable> gpu_table_;
  uint32_t seed_ = 1;  // of the next check

 private:
  template <typename Launch>
  void Check(const Conv2dShape& shape, const Conv2dOnGpuOptions& options, GpuVariant variant,
             const Launch& launch) {
    SCOPED_TRACE("role " + std::to_string(static_cast<int>(options.role)) + ", " + Name(variant) +
                 ", seed " + std::to_string(seed_));
    const Conv2dOnGpu call(*table_, shape, options, seed_++);
    WithOutputType(options.sum, [&](auto out) { Compare<decltype(out)>(call, launch); });
  }
  template <typename Out, typename Launch>
  void Compare(const Conv2dOnGpu& call, const Launch& launch) {
    std::vector<Out> actual;
    const GpuStatus status = call.Run(gpu_.get(), launch, &actual);
    ASSERT_TRUE(status.ok()) << status.message();
    const std::vector<Out> expected = call.Expected<Out>();
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); ++i) ASSERT_EQ(actual[i], expected[i]) << "output " << i;
  }
};

}  // namespace axlut
