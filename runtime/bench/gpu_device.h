// SPDX-License-Identifier: MIT
// GPUs by name, as command lines give them.
#pragma once

#include <memory>
#include <string>

#include "kernels/cuda/gpu.h"
#include "runtime/base/result.h"

namespace axlut {

// "gpu" (the first), "gpu:1" (the second), or a model that runs the same kernels on the CPU:
// "emulated" (as an H100), "emulated:sm_75", 80, 86, 89, 90 or 100. kUsage for any other name,
// kTool without a usable GPU.
Result<std::unique_ptr<Gpu>> OpenGpu(const std::string& name);

}  // namespace axlut
