// SPDX-License-Identifier: MIT
// oneDNN's layers of a shape, as yardsticks. Only in the benchmark program; threads are OpenMP's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernels/conv2d.h"

namespace axlut {

struct OneDnnLayer {
  std::string name;            // "onednn_fp32_nhwc"
  std::string implementation;  // what oneDNN says that it runs: "brgconv:avx512_core"
  std::function<void()> run;
};

// Every way that oneDNN has for the shape and that a user could choose, weights packed beforehand:
// convolutions in fp32 and int8 (u8 x s8 -> s32), with activations in the format that it prefers
// and in NHWC; for dense shapes an fp32 inner product, too. Random operands. Ways that this
// oneDNN lacks are left out.
std::vector<OneDnnLayer> OneDnnLayers(const Conv2dShape& shape);

// "2.6.3"
std::string OneDnnVersion();

}  // namespace axlut
