// SPDX-License-Identifier: MIT
// What a convolution's shape and zero points must fulfil, for the forward pass and its gradients.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/conv2d.h"
#include "runtime/base/result.h"
#include "runtime/table/truth_table.h"

namespace axlut {

// kInvalidInput unless every size is in its range (empty images and batches are allowed) and the
// channels are multiples of the groups; kUnsupported if a tensor has more than 1e15 elements.
Result<void> CheckConv2dSizes(const Conv2dShape& shape);

// kInvalidInput unless `zero` is a value of the operand. `operand` names it: "filter".
Result<void> CheckZeroPoint(const char* operand, const OperandSpec& spec, int32_t zero);

// Both, and kInvalidInput unless there are as many weights as the shape says and one zero point for
// all or one for each output channel.
Result<void> CheckConv2dArguments(const TruthTable& table, const Conv2dShape& shape,
                                  const std::vector<uint8_t>& filter, int32_t zero_a,
                                  const std::vector<int32_t>& zero_b);

}  // namespace axlut
