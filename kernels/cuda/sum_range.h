// SPDX-License-Identifier: MIT
// How large sums of products can become, and where they go until they are rounded to floats.
// Internal to kernels/cuda.
#pragma once

#include <cstdint>

#include "kernels/cuda/gpu_conv2d.h"
#include "kernels/cuda/gpu_table.h"

namespace axlut {

// Whether every sum of `depth` products, less zero points if wanted, is an int32_t.
bool SumsFitInt32(const GpuTable& table, int64_t depth, bool subtract_zero_points);

// `call` with exact int64_t sums in its workspace instead of floats in `out`.
GpuCall WithSumsInWorkspace(const GpuCall& call);

}  // namespace axlut
