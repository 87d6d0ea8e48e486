// SPDX-License-Identifier: MIT
// How large sums of products can become, and where they go until they are rounded to floats.
// Internal to kernels/cuda.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cuda/gpu_conv2d.h"
#include "kernels/cuda/gpu_table.h"

namespace axlut {

// Whether every sum of `depth` products, less zero points if wanted, is an int32_t.
bool SumsFitInt32(const GpuTable& table, int64_t depth, bool subtract_zero_points);

// What so many int64_t sums take of a workspace whose next part is aligned to 256 bytes again.
size_t SumsWorkspaceBytes(int64_t sums);

// `call` with exact int64_t sums at the beginning of its workspace instead of floats in `out`; the
// rest of the workspace is left to it.
GpuCall WithSumsInWorkspace(const GpuCall& call, int64_t sums);

}  // namespace axlut
