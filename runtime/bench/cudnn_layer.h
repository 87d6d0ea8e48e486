// SPDX-License-Identifier: MIT
// cuDNN's convolutions as a yardstick beside ours. cuDNN is loaded when it is first asked for, so
// nothing here needs it to be built or installed.
#pragma once

#include <string>
#include <vector>

#include "kernels/conv2d.h"
#include "kernels/cuda/gpu.h"
#include "runtime/base/result.h"

namespace axlut {

struct CudnnTiming {
  std::string name;    // "cudnn_fp32 algorithm 1", numbers of cudnnConvolutionFwdAlgo_t
  double seconds = 0;  // of one run, the least of many, by the device's clock
};

// Exact convolutions of the shape with random operands, NHWC: fp32 (without TF32), and int8 (int8
// operands, fp32 output) where cuDNN has a kernel for it. Empty if libcudnn.so.9 cannot be loaded
// or the build has no CUDA; kTool if cuDNN fails.
Result<std::vector<CudnnTiming>> TimeCudnn(Gpu* gpu, const Conv2dShape& shape, double seconds);

}  // namespace axlut
