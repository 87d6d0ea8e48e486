// SPDX-License-Identifier: MIT
// What the ops' kernels for GPUs share: where they run, what a call needs, and its errors.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cuda/gpu_ranges.h"
#include "kernels/cuda/quantization.h"
#include "runtime/table/operand_spec.h"
#include "runtime/tf/gpu_tables.h"
#include "runtime/tf/quantized_input.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace axlut {

struct GpuPlace {
  GpuTables* tables = nullptr;
  int device = 0;
  GpuStream stream = nullptr;
};

// What one call needs for itself, in one piece of the device's memory, which TensorFlow's allocator
// gives to whoever comes next on the stream.
struct GpuScratch {
  tensorflow::Tensor memory;
  GpuQuantization* quantization = nullptr;
  void* workspace = nullptr;  // aligned to 256 bytes
};

// Unimplemented: `what` ("a narrow range") is for CPUs only.
absl::Status NotOnGpu(const char* what);

// As CheckScalarRange; a range per channel is one of the things that GPUs cannot do.
absl::Status CheckGpuRange(tensorflow::OpKernelContext* context, const InputPlace& place);

absl::Status AllocateScratch(tensorflow::OpKernelContext* context, size_t workspace_bytes,
                             GpuScratch* scratch);

// The range of one operand, which stays on the device.
GpuNudge NudgeOf(tensorflow::OpKernelContext* context, const InputPlace& place,
                 const OperandSpec& operand);

// With the shapes of `inputs` inputs in the message.
absl::Status ToStatus(const GpuStatus& status, const tensorflow::OpKernelContext& context,
                      int inputs);

}  // namespace axlut
