// SPDX-License-Identifier: MIT
// Calls of lookup/'s launchers on an emulated GPU, for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernels/cuda/choice.h"
#include "kernels/cuda/launches.h"
#include "kernels/cuda/testing/table_on_gpu.h"

namespace axlut {

// Slower by ten to a hundred times: large cases are left out.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

class LookupOnGpu : public TableOnGpu {
 protected:
  using TableOnGpu::UseGpu;
  void UseGpu(int capability, int multiprocessors = 0) {
    HostGpuOptions options;
    options.capability = capability;
    options.multiprocessors = multiprocessors;
    UseGpu(options);
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

 private:
  template <typename Launch>
  void Check(const Conv2dShape& shape, const Conv2dOnGpuOptions& options, GpuVariant variant,
             const Launch& launch) {
    SCOPED_TRACE("role " + std::to_string(static_cast<int>(options.role)) + ", " + Name(variant) +
                 ", seed " + std::to_string(seed_));
    const Conv2dOnGpu call(*table_, shape, options, seed_++);
    WithOutputType(options.sum, [&](auto out) { ExpectEqual<decltype(out)>(call, launch); });
  }
};

}  // namespace axlut
