// SPDX-License-Identifier: MIT
// The part of a kernel's parameters that every family has: operands, quantization, output, table.
#pragma once

#include <cstdint>

#include "kernels/cuda/quantization.h"

namespace axlut {

// What of a GpuCall kernels see, see gpu_conv2d.h.
struct CallParams {
  GpuOperand a;
  GpuOperand b;
  GpuQuantization quantization;
  const GpuQuantization* device_quantization = nullptr;
  const int32_t* zero_codes_b = nullptr;
  const float* scales_b = nullptr;
  void* out = nullptr;
  GpuSum sum = GpuSum::kInt32;
  bool subtract_zero_points = true;
  bool add_to_out = false;
};

// One form of a table, as multiply.cuh reads it.
struct LookupParams {
  unsigned long long texture = 0;  // of texture multiplies
  const void* entries = nullptr;   // of the others
  int32_t min_product = 0;         // what the entries lack
};

}  // namespace axlut
