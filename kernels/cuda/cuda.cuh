// SPDX-License-Identifier: MIT
// What every kernel includes instead of a CUDA header: the same source is compiled by nvcc for
// GPUs and, through the host emulation, by g++ for tests. Both builds end up in one program, so
// kernels live in `namespace axlut::AXLUT_GPU_TARGET`, which has a name per build.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#include <cuda_runtime.h>
#define AXLUT_GPU_TARGET on_device
#else
#include "kernels/cuda/host/cuda_on_host.h"
#define AXLUT_GPU_TARGET on_host
#endif

#include "kernels/cuda/intrinsics.cuh"
