// SPDX-License-Identifier: MIT
// Which variant runs a product: a table of rates per architecture, and a prediction from it.
// docs/gpu-kernels.md explains it.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cuda/gpu_conv2d.h"
#include "kernels/cuda/gpu_table.h"

namespace axlut {

// A product as the choice sees it: `rows` x `columns` outputs of `depth` products each, `count`
// times (groups, or a batch of matrices).
struct GpuProblem {
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t depth = 0;
  int64_t count = 1;
  bool is_depthwise = false;
  double planes_filled = 0;  // DepthwisePlanesFilled of a depthwise layer, forward
  bool is_forward = true;    // tensor kernels run nothing else
};

struct GpuChoice {
  GpuVariant variant = GpuVariant::kTexture;
  double clocks = 0;  // predicted for the whole product, every multiprocessor busy
};

// "auto", "texture", "l1", "shared", "tensor".
const char* Name(GpuVariant variant);

// Every variant that can run the problem on the table's device, least predicted time first. Never
// empty: kTexture runs everything.
std::vector<GpuChoice> GpuChoices(const GpuTable& table, const GpuProblem& problem);

// The best that looks products up: for residuals of plans, whose terms run on tensor cores.
GpuVariant BestLookupVariant(const GpuTable& table, const GpuProblem& problem);

// The variant to run. `wish` kAuto: what AXLUT_GPU_KERNEL asks for, else the first of GpuChoices.
// kInvalidArgument for an unknown name in AXLUT_GPU_KERNEL, kUnsupported for a variant that cannot
// run the problem.
GpuStatus ChooseGpuVariant(const GpuTable& table, const GpuProblem& problem, GpuVariant wish,
                           GpuVariant* variant);

}  // namespace axlut
