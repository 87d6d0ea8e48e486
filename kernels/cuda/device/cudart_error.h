// SPDX-License-Identifier: MIT
// Errors of the CUDA runtime as GpuStatus.
#pragma once

#include <cuda_runtime_api.h>

#include <string>

#include "kernels/cuda/gpu_status.h"

namespace axlut {

GpuErrorKind KindOfCudaError(cudaError_t error);

// Done if `error` is cudaSuccess. Else "<call>: <the runtime's words> (<its name>)"; the runtime's
// own record of the error is cleared, so that the next call of anyone does not report it again.
// (Errors of kernels that ran wild stay: they end the context, and every later call repeats them.)
GpuStatus StatusOfCuda(cudaError_t error, const std::string& call);

}  // namespace axlut
