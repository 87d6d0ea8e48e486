// SPDX-License-Identifier: MIT
// A GpuConv2d or a GpuMatmul run as callers run it: with a workspace, and waited for at the end.
#pragma once

#include <memory>
#include <vector>

#include "kernels/cuda/testing/conv2d_on_gpu.h"

namespace axlut {

template <typename Out, typename Layer>
GpuStatus RunLayer(Gpu* gpu, const Layer& layer, const Conv2dOnGpu& one, std::vector<Out>* out) {
  const auto launch = [&](GpuCall call) {
    GpuBuffer workspace;
    AXLUT_RETURN_IF_GPU_ERROR(
        GpuBuffer::Create(gpu, layer.WorkspaceBytes(call), "workspace", &workspace));
    call.workspace = workspace.data();
    AXLUT_RETURN_IF_GPU_ERROR(layer.Run(call));
    return gpu->Synchronize(call.stream);
  };
  return one.Run(gpu, launch, out);
}

template <typename Out, typename Layer>
bool GivesWhatIsExpected(Gpu* gpu, const Layer& layer, const Conv2dOnGpu& one) {
  std::vector<Out> out;
  const GpuStatus status = RunLayer(gpu, layer, one, &out);
  EXPECT_TRUE(status.ok()) << status.message();
  return out == one.Expected<Out>();
}

// Whether the layer gives what the references give, in the type that the options ask for.
template <typename Layer>
bool EqualsReference(Gpu* gpu, const Layer& layer, const Conv2dOnGpu& one) {
  return WithOutputType(one.options.sum, [&](auto out) {
    return GivesWhatIsExpected<decltype(out)>(gpu, layer, one);
  });
}

// Near a product of two functions, so that the quick plans have terms and a residual; with no
// errors they have one term.
inline std::unique_ptr<RandomTable> NearlyExactTable(uint32_t error_span) {
  auto table = std::make_unique<RandomTable>(8, 8, 0, error_span, 11);
  for (int32_t i = 0; i < 65536; ++i) {
    table->products[static_cast<size_t>(i)] += (i >> 8) * (i & 255);
  }
  return table;
}

}  // namespace axlut
