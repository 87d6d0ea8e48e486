// SPDX-License-Identifier: MIT
#include "runtime/tf/fake_quantize_gpu.h"

namespace axlut {

namespace tf = ::tensorflow;

absl::Status FakeQuantizeOnGpu(tf::OpKernelContext* context, const GpuPlace& place,
                               const InputPlace& values, const OperandSpec& operand,
                               tf::Tensor* quantized, tf::Tensor* inside) {
  TF_RETURN_IF_ERROR(CheckGpuRange(context, values));
  const tf::Tensor& tensor = context->input(values.tensor);
  if (tensor.NumElements() == 0) return absl::OkStatus();
  const auto to_status = [context](const GpuStatus& status) {
    return ToStatus(status, *context, 1);
  };
  Gpu* gpu = nullptr;
  TF_RETURN_IF_ERROR(to_status(place.tables->Open(place.device, &gpu)));
  GpuScratch scratch;
  TF_RETURN_IF_ERROR(AllocateScratch(context, 0, &scratch));
  const GpuNudge range = NudgeOf(context, values, operand);
  TF_RETURN_IF_ERROR(
      to_status(LaunchNudgeRanges(gpu, range, range, place.stream, scratch.quantization)));
  return to_status(LaunchFakeQuantize(
      gpu, tensor.flat<float>().data(), tensor.NumElements(), &scratch.quantization->a,
      place.stream, quantized->flat<float>().data(), inside->flat<bool>().data()));
}

}  // namespace axlut
