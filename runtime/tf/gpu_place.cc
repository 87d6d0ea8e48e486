// SPDX-License-Identifier: MIT
#include "runtime/tf/gpu_place.h"

#include <string>

namespace axlut {
namespace {

namespace tf = ::tensorflow;

absl::StatusCode CodeOf(GpuErrorKind kind) {
  switch (kind) {
    case GpuErrorKind::kNone:
      return absl::StatusCode::kOk;
    case GpuErrorKind::kInvalidArgument:
      return absl::StatusCode::kInvalidArgument;
    case GpuErrorKind::kNoDevice:
      return absl::StatusCode::kUnavailable;
    case GpuErrorKind::kUnsupported:
      return absl::StatusCode::kUnimplemented;
    case GpuErrorKind::kOutOfMemory:
      return absl::StatusCode::kResourceExhausted;
    case GpuErrorKind::kLaunchFailed:
    case GpuErrorKind::kOther:
      break;
  }
  return absl::StatusCode::kInternal;
}

}  // namespace

absl::Status NotOnGpu(const char* what) {
  return absl::UnimplementedError(std::string(what) +
                                  " is not available on a GPU; place the op on the CPU");
}

absl::Status CheckGpuRange(tf::OpKernelContext* context, const InputPlace& place) {
  const bool is_vector = context->input(place.range_min).dims() == 1 ||
                         context->input(place.range_min + 1).dims() == 1;
  return is_vector ? NotOnGpu("a range per channel") : CheckScalarRange(context, place);
}

absl::Status AllocateScratch(tf::OpKernelContext* context, size_t workspace_bytes,
                             GpuScratch* scratch) {
  constexpr size_t kAlignment = 256;  // allocators for CPUs align to less
  static_assert(sizeof(GpuQuantization) <= kAlignment);
  const auto bytes = static_cast<int64_t>(2 * kAlignment + workspace_bytes);
  TF_RETURN_IF_ERROR(
      context->allocate_temp(tf::DT_UINT8, tf::TensorShape({bytes}), &scratch->memory));
  const auto begin = reinterpret_cast<uintptr_t>(scratch->memory.flat<uint8_t>().data());
  const uintptr_t aligned = (begin + kAlignment - 1) / kAlignment * kAlignment;
  scratch->quantization = reinterpret_cast<GpuQuantization*>(aligned);
  scratch->workspace = reinterpret_cast<void*>(aligned + kAlignment);
  return absl::OkStatus();
}

GpuNudge NudgeOf(tf::OpKernelContext* context, const InputPlace& place,
                 const OperandSpec& operand) {
  return {context->input(place.range_min).flat<float>().data(),
          context->input(place.range_min + 1).flat<float>().data(), operand.width,
          operand.is_signed()};
}

absl::Status ToStatus(const GpuStatus& status, const tf::OpKernelContext& context, int inputs) {
  if (status.ok()) return absl::OkStatus();
  std::string of = context.op_kernel().type_string() + " of";
  for (int i = 0; i < inputs; ++i) of += " " + context.input(i).shape().DebugString();
  return absl::Status(CodeOf(status.kind()), status.In(of).message());
}

}  // namespace axlut
