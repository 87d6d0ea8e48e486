// SPDX-License-Identifier: MIT
// The GPUs of this machine, through the CUDA runtime.
#pragma once

#include <memory>

#include "kernels/cuda/gpu.h"

namespace axlut {

// 0 without GPUs, without a driver, and in a build without CUDA kernels.
int CudaDeviceCount();

// kNoDevice with the runtime's reason if there is no such device, kUnsupported if the kernels were
// not compiled for it, or if this build has no CUDA kernels (configured without a CUDA toolkit).
// Device numbers are the CUDA runtime's. Works in the process's primary context, like TensorFlow
// and PyTorch: streams, events and memory of theirs can be passed to the Gpu.
GpuStatus OpenCudaGpu(int device, std::unique_ptr<Gpu>* gpu);

}  // namespace axlut
