// SPDX-License-Identifier: MIT
#include <algorithm>

#include "kernels/ceil_div.h"
#include "kernels/cuda/elementwise/elementwise_params.h"
#include "kernels/cuda/gpu_ranges.h"
#include "kernels/cuda/launches.h"

namespace axlut {
namespace {

// Enough threads to fill the device; they stride over the rest of `count` elements.
GpuLaunch GridFor(const Gpu& gpu, int64_t count) {
  constexpr int64_t kBlocksPerMultiprocessor = 8;
  const int64_t filling = kBlocksPerMultiprocessor * std::max(1, gpu.properties().multiprocessors);
  GpuLaunch grid;
  grid.threads = kElementwiseThreads;
  grid.grid_x = static_cast<uint32_t>(std::min(CeilDiv(count, kElementwiseThreads), filling));
  return grid;
}

}  // namespace

GpuStatus LaunchSumsToFloat(Gpu* gpu, const GpuCall& call, const int64_t* sums, int64_t count,
                            int64_t out_c, float* out) {
  if (count == 0) return {};
  SumsToFloatParams p;
  p.quantization = call.quantization;
  p.device_quantization = call.device_quantization;
  p.scales_b = call.scales_b;
  p.sums = sums;
  p.out = out;
  p.count = static_cast<uint32_t>(count);
  p.out_c = static_cast<uint32_t>(out_c);
  return LaunchKernel(gpu, GpuKernelId::kSumsToFloat, GridFor(*gpu, count), call.stream, p);
}

GpuStatus LaunchNudgeRanges(Gpu* gpu, const GpuNudge& a, const GpuNudge& b, GpuStream stream,
                            GpuQuantization* quantization) {
  NudgeRangesParams p;
  int index = 0;
  for (const GpuNudge* operand : {&a, &b}) {
    p.min[index] = operand->min;
    p.max[index] = operand->max;
    p.width[index] = operand->width;
    p.code_flip[index] = operand->is_signed ? 1 << (operand->width - 1) : 0;
    ++index;
  }
  p.quantization = quantization;
  return LaunchKernel(gpu, GpuKernelId::kNudgeRanges, GpuLaunch{}, stream, p);
}

GpuStatus LaunchFakeQuantize(Gpu* gpu, const float* values, int64_t count, const GpuRange* range,
                             GpuStream stream, float* quantized, bool* inside) {
  if (count == 0) return {};
  FakeQuantizeParams p;
  p.values = values;
  p.range = range;
  p.quantized = quantized;
  p.inside = inside;
  p.count = count;
  return LaunchKernel(gpu, GpuKernelId::kFakeQuantize, GridFor(*gpu, count), stream, p);
}

}  // namespace axlut
