// SPDX-License-Identifier: MIT
// One layer on a GPU with operands and room for its output: verified first, then run again and
// again.
#pragma once

#include <memory>
#include <string>

#include "kernels/cuda/gpu_conv2d.h"
#include "kernels/cuda/gpu_table.h"
#include "runtime/base/result.h"
#include "runtime/bench/operands.h"

namespace axlut {

// What a GPU call came to, as an error of ours: kUnsupported where the device or the problem lacks
// something, kTool where the GPU or its driver fails.
Result<void> ToResult(const GpuStatus& status);

// A table on a device, for several layers. `gpu` must outlive it.
Result<std::shared_ptr<const GpuTable>> MakeGpuTable(Gpu* gpu, const BenchTable& table);

class GpuLayerRun {
 public:
  static Result<GpuLayerRun> Create(std::shared_ptr<const GpuTable> gpu_table,
                                    const BenchTable& table, const Conv2dShape& shape,
                                    CodeDistribution distribution, GpuVariant variant);
  GpuLayerRun(GpuLayerRun&&) noexcept;
  GpuLayerRun& operator=(GpuLayerRun&&) = delete;
  ~GpuLayerRun();

  // Runs the whole batch and compares every output: the first and the last image with the reference
  // kernel, those between with the best kernel of the CPU. kInternal, naming kernel, problem and
  // output, if any differs.
  Result<void> Verify(const ParallelFor& parallel_for);
  // Seconds of one run by the device's clock, the least of samples that take about `seconds`.
  Result<double> LeastSeconds(double seconds);

  std::string kernel_name() const;
  GpuVariant variant() const;

 private:
  struct Impl;
  explicit GpuLayerRun(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace axlut
