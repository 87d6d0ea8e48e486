// SPDX-License-Identifier: MIT
// Problem strings: a convolution in one word, as benchmarks print and take it.
#pragma once

#include <string>
#include <vector>

#include "kernels/conv2d.h"
#include "runtime/base/result.h"

namespace axlut {

// "n8h56w56c64_k3o64s1" is a batch of 8 images of 56x56 with 64 channels, a 3x3 filter, 64 output
// channels and stride 1. Letters, each at most once, those before '_' about the input:
//   n batch (1)   h height (1)   w width (the height)   c channels (must be given)
//   k kernel's height and width (1)   o output channels (must be given)   s stride (1)
//   d dilation (1)   g groups (1)   p padding on every side (as TensorFlow's SAME)
// A dense layer is "n32c1024_o1024"; a depthwise one has g = c. kUsage with the part that is wrong;
// kUnsupported for a tensor of more than 2^31 elements.
Result<Conv2dShape> ParseProblem(const std::string& text);

// The word for `shape`, n to s always written, d and g unless 1, p unless the padding is SAME's.
// ParseProblem of it is `shape` again if kernel, stride, dilation and padding are the same in both
// directions.
std::string ProblemString(const Conv2dShape& shape);

// Layers of real networks, batch 1: what benchmarks run when nobody says otherwise.
const std::vector<std::string>& DefaultProblems();

}  // namespace axlut
