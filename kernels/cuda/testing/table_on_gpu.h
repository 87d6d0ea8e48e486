// SPDX-License-Identifier: MIT
// A random table on an emulated GPU, and one family's launchers against the references.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/cuda/gpu_table.h"
#include "kernels/cuda/host/host_gpu.h"
#include "kernels/cuda/testing/conv2d_on_gpu.h"

namespace axlut {

class TableOnGpu : public ::testing::Test {
 protected:
  TableOnGpu() { UseGpu({}); }

  void UseGpu(const HostGpuOptions& options) {
    gpu_table_.reset();
    gpu_ = std::make_unique<HostGpu>(options);
    UseTable(8, 8, -3000, 65535);
  }

  void UseTable(int width_a, int width_b, int32_t min, uint32_t span) {
    table_ = std::make_unique<RandomTable>(width_a, width_b, min, span, 5);
    ASSERT_TRUE(GpuTable::Create(gpu_.get(), table_->view, {}, &gpu_table_).ok());
  }

  // launch(const GpuCall&) must give what the references give for `call`.
  template <typename Out, typename Launch>
  void ExpectEqual(const Conv2dOnGpu& call, const Launch& launch) {
    std::vector<Out> actual;
    const GpuStatus status = call.Run(gpu_.get(), launch, &actual);
    ASSERT_TRUE(status.ok()) << status.message();
    const std::vector<Out> expected = call.Expected<Out>();
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); ++i) ASSERT_EQ(actual[i], expected[i]) << "output " << i;
  }

  std::unique_ptr<HostGpu> gpu_;
  std::unique_ptr<RandomTable> table_;
  std::unique_ptr<GpuTable> gpu_table_;
  uint32_t seed_ = 1;  // of the next call
};

}  // namespace axlut
