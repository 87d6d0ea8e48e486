// SPDX-License-Identifier: MIT
// Lets g++ compile kernels written in CUDA (kernels/cuda/cuda.cuh includes it where there is no
// nvcc): every CUDA thread is a fiber, all threads of a block run on one thread of the operating
// system, and whatever the device would silently get wrong ends the program. See
// docs/cuda_on_host.md; launching is grid_runner.h's and host_gpu.h's.
#pragma once

#include "kernels/cuda/host/cuda_math.h"
#include "kernels/cuda/host/cuda_threads.h"
#include "kernels/cuda/host/cuda_types.h"
