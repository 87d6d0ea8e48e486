// SPDX-License-Identifier: MIT
// In a build without cudnn.h.
#include "runtime/bench/cudnn_layer.h"

namespace axlut {

Result<std::vector<CudnnTiming>> TimeCudnn(Gpu*, const Conv2dShape&, double) {
  return std::vector<CudnnTiming>();
}

}  // namespace axlut
