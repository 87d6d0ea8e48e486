// SPDX-License-Identifier: MIT
// What the ops share: from a float input with a range to bit patterns, on TensorFlow's threads.
#pragma once

#include "runtime/base/parallel_for.h"
#include "runtime/base/result.h"
#include "runtime/table/operand_spec.h"
#include "runtime/tf/nudged_range.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace axlut {

// Elements that one thread should convert at least: about 20 us of work.
inline constexpr int64_t kConversionGrain = 1 << 14;

// TensorFlow's intra-op threads as our ParallelFor, for the duration of a Compute.
ParallelFor WorkersOf(tensorflow::OpKernelContext* context);

// An Error as the status that TensorFlow raises as InvalidArgumentError, with the same text.
absl::Status ToStatus(const Error& error);

// Where an op has a tensor and its range.
struct InputPlace {
  const char* name;  // in messages: "input", and "input_range" for the range
  int tensor;        // index of the op's input
  int range_min;     // index of the lower end, a scalar; the upper one follows
};

// InvalidArgument unless the ends of the range are scalars. Does not look at them.
absl::Status CheckRange(tensorflow::OpKernelContext* context, const InputPlace& place);

struct QuantizedInput {
  NudgedRange range;
  tensorflow::Tensor patterns;  // uint8, of the tensor's shape
};

// Quantizes a float tensor to the operand. InvalidArgument if the range is none or an element NaN.
// The range of an empty tensor is not looked at: its own minimum and maximum are infinite.
absl::Status QuantizeInput(tensorflow::OpKernelContext* context, const InputPlace& place,
                           const OperandSpec& operand, QuantizedInput* quantized);

}  // namespace axlut
