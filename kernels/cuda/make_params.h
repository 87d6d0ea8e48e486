// SPDX-License-Identifier: MIT
// Kernel parameters from what launchers are given.
#pragma once

#include "kernels/cuda/call_params.h"
#include "kernels/cuda/gpu_conv2d.h"
#include "kernels/cuda/gpu_table.h"

namespace axlut {

inline CallParams MakeCallParams(const GpuCall& call, bool add_to_out) {
  CallParams p;
  p.a = call.a;
  p.b = call.b;
  p.quantization = call.quantization;
  p.device_quantization = call.device_quantization;
  p.zero_codes_b = call.zero_codes_b;
  p.scales_b = call.scales_b;
  p.out = call.out;
  p.sum = call.sum;
  p.subtract_zero_points = call.subtract_zero_points;
  p.add_to_out = add_to_out;
  return p;
}

// Both the texture and the entries that multiplies read; `transposed` entries of 16 bits are those
// with b as the row.
inline LookupParams MakeLookupParams(const GpuTable& table, bool transposed) {
  const GpuTableImages& images = table.images();
  LookupParams p;
  if (images.entries16 == nullptr) {
    p.texture = images.texture32;
    p.entries = images.entries32;
    return p;  // whose entries lack nothing
  }
  p.texture = images.texture16;
  p.entries = transposed ? images.transposed16 : images.entries16;
  p.min_product = table.min_product();
  return p;
}

}  // namespace axlut
