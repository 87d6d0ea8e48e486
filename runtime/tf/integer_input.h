// SPDX-License-Identifier: MIT
// Operands that are given as integers instead of floats with a range.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/table/operand_spec.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace axlut {

// InvalidArgument unless a tensor of `type` can hold the operand's values: uint8 for an unsigned
// one, int8 for a signed one. `name`: of the input, in messages.
absl::Status CheckIntegerType(const char* name, tensorflow::DataType type,
                              const OperandSpec& operand);

// Bit patterns, and the memory that they lie in.
struct IntegerInput {
  const uint8_t* patterns = nullptr;
  tensorflow::Tensor memory;
};

// The patterns of a uint8 or int8 tensor of operand VALUES. InvalidArgument if its type does not
// fit the operand, or a value is none of it.
absl::Status ReadIntegers(tensorflow::OpKernelContext* context, const char* name, int index,
                          const OperandSpec& operand, IntegerInput* input);
// The same in NHWC, from an NCHW tensor.
absl::Status ReadNchwIntegers(tensorflow::OpKernelContext* context, const char* name, int index,
                              const OperandSpec& operand, IntegerInput* input);

// Zero points from an int32 tensor: a scalar, or a vector of `channels` values (0: scalars only).
// InvalidArgument for another shape and for values that the operand does not have.
absl::Status ReadZeroPoints(tensorflow::OpKernelContext* context, const char* name, int index,
                            const OperandSpec& operand, int64_t channels,
                            std::vector<int32_t>* zero_points);

}  // namespace axlut
