// SPDX-License-Identifier: MIT
#include "runtime/tf/ax_conv2d_gpu.h"

#include "kernels/cuda/gpu_conv2d.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

GpuOperand FloatsOf(tf::OpKernelContext* context, const InputPlace& place) {
  return {context->input(place.tensor).flat<float>().data(), true};
}

}  // namespace

absl::Status ConvolveOnGpu(tf::OpKernelContext* context, const GpuPlace& place,
                           const InputPlace& input, const InputPlace& filter,
                           const std::shared_ptr<const LutTable>& table, const Conv2dShape& shape,
                           tf::Tensor* output) {
  TF_RETURN_IF_ERROR(CheckScalarRange(context, input));
  TF_RETURN_IF_ERROR(CheckGpuRange(context, filter));
  const auto to_status = [context](const GpuStatus& status) {
    return ToStatus(status, *context, 2);
  };
  const GpuTable* gpu_table = nullptr;
  TF_RETURN_IF_ERROR(to_status(place.tables->Get(table, place.device, place.stream, &gpu_table)));
  Gpu* const gpu = gpu_table->gpu();
  float* const out = output->flat<float>().data();
  if (context->input(input.tensor).NumElements() == 0) {
    // All of it is padding, and an empty tensor's range is [0, 0]: every output is 0.
    return to_status(gpu->Fill(out, 0, output->NumElements() * sizeof(float), place.stream));
  }

  GpuConv2d conv2d;
  TF_RETURN_IF_ERROR(to_status(
      GpuConv2d::Create(gpu_table, shape, GpuRole::kForward, GpuVariant::kAuto, &conv2d)));
  GpuCall call;
  call.a = FloatsOf(context, input);
  call.b = FloatsOf(context, filter);
  call.out = out;
  call.sum = GpuSum::kFloat;
  call.stream = place.stream;
  GpuScratch scratch;
  TF_RETURN_IF_ERROR(AllocateScratch(context, conv2d.WorkspaceBytes(call), &scratch));
  call.device_quantization = scratch.quantization;
  call.workspace = scratch.workspace;
  TF_RETURN_IF_ERROR(to_status(LaunchNudgeRanges(gpu, NudgeOf(context, input, table->table().a()),
                                                 NudgeOf(context, filter, table->table().b()),
                                                 place.stream, scratch.quantization)));
  return to_status(conv2d.Run(call));
}

}  // namespace axlut
