// SPDX-License-Identifier: MIT
// "lutrun bench --device": the same layers on a GPU, every variant of the kernels.
#pragma once

#include <string>
#include <vector>

#include "kernels/conv2d.h"
#include "runtime/base/cli.h"
#include "runtime/bench/operands.h"

namespace axlut {

struct GpuBenchOptions {
  std::string device;  // as OpenGpu takes it
  std::vector<Conv2dShape> shapes;
  std::string variant;  // "": all that run the problem
  CodeDistribution codes = CodeDistribution::kUniform;
  double seconds = 0;  // per case
};

// Prints or writes one result per problem, table and variant, each verified first; and beside them
// cuDNN's exact convolutions, where cuDNN is installed. Nothing is timed on an emulated device.
Result<int> RunGpuBench(const GpuBenchOptions& options, const std::vector<BenchTable>& tables,
                        const cli::Context& context);

}  // namespace axlut
