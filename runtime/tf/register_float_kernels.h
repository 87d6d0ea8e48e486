// SPDX-License-Identifier: MIT
// The types that the ops compute in: float, and what is converted to it and back.
#pragma once

#include "tensorflow/core/framework/bfloat16.h"
#include "tensorflow/core/framework/op_kernel.h"

// Registers Kernel<T> for CPUs with the op, whose type attribute is "T".
#define AXLUT_REGISTER_FLOAT_KERNELS(op, Kernel)        \
  AXLUT_REGISTER_FLOAT_KERNEL(op, Kernel, float);       \
  AXLUT_REGISTER_FLOAT_KERNEL(op, Kernel, Eigen::half); \
  AXLUT_REGISTER_FLOAT_KERNEL(op, Kernel, tensorflow::bfloat16)
#define AXLUT_REGISTER_FLOAT_KERNEL(op, Kernel, T) \
  REGISTER_KERNEL_BUILDER(Name(op).Device(tensorflow::DEVICE_CPU).TypeConstraint<T>("T"), Kernel<T>)
