// SPDX-License-Identifier: MIT
// What the ops share: from a float input with a range to bit patterns, on TensorFlow's threads.
#pragma once

#include <vector>

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
  int tensor;        // index of the op's input: float, half or bfloat16
  int range_min;     // index of the lower end, float; the upper one follows
};

// How the tensor becomes an operand.
struct InputQuantization {
  OperandSpec operand;
  bool narrow = false;  // leaves out code 0 (nudged_range.h)
  // The dimension whose indices can have ranges of their own; negative: counted from the end.
  // kNoAxis: one range for the tensor.
  int axis = kNoAxis;
  static constexpr int kNoAxis = 1 << 30;
  // How many dimensions, from `axis` on, the indices run over; a vector of ranges that is only as
  // long as the last of them is repeated.
  int merged = 1;
};

// InvalidArgument unless the ends of the range are scalars. Does not look at them.
absl::Status CheckScalarRange(tensorflow::OpKernelContext* context, const InputPlace& place);

// A float, half or bfloat16 tensor read as float.
class FloatReader {
 public:
  static constexpr int64_t kMaxCount = 1024;
  // `tensor` must live as long.
  explicit FloatReader(const tensorflow::Tensor& tensor);
  // The `count` <= kMaxCount elements from `begin` on: the tensor's own, or converted into
  // `buffer`, which holds kMaxCount.
  const float* Read(int64_t begin, int64_t count, float* buffer) const;

 private:
  const tensorflow::DataType type_;
  const void* const data_;
};

struct QuantizedInput {
  std::vector<NudgedRange> ranges;  // one, or one for each index of the axis
  tensorflow::Tensor patterns;      // uint8, of the tensor's shape

  // The operand values that stand for 0.0, one for each range.
  std::vector<int32_t> ZeroPoints(Signedness signedness) const;
};

// Quantizes a tensor to the operand. InvalidArgument if a range is none, ranges are not scalars or
// vectors as long as the axis, or an element is NaN. The range of an empty tensor is not looked at:
// its own minimum and maximum are infinite.
absl::Status QuantizeInput(tensorflow::OpKernelContext* context, const InputPlace& place,
                           const InputQuantization& quantization, QuantizedInput* quantized);

// The same for a tensor of NCHW whose patterns are wanted in NHWC; without an axis.
absl::Status QuantizeNchwInput(tensorflow::OpKernelContext* context, const InputPlace& place,
                               const InputQuantization& quantization, QuantizedInput* quantized);

}  // namespace axlut
