// SPDX-License-Identifier: MIT
// open_gpu.h in a build that was configured without a CUDA toolkit.
#include "kernels/cuda/open_gpu.h"

namespace axlut {

int CudaDeviceCount() { return 0; }

GpuStatus OpenCudaGpu(int /*device*/, std::unique_ptr<Gpu>* /*gpu*/) {
  return {GpuErrorKind::kUnsupported,
          "this build has no CUDA kernels (configured without a CUDA toolkit)"};
}

}  // namespace axlut
