// SPDX-License-Identifier: MIT
// Test data for a network: .npy arrays to the bytes that its input tensor takes, and labels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/npy.h"
#include "runtime/base/result.h"
#include "runtime/model/graph.h"

namespace axlut {

// The first `limit` samples (0: all) of an array [samples][...], as the input tensor's bytes.
// Dimensions after the first must be the input's after its first, except for dimensions of 1.
// Elements of the input's own type are taken as codes; float32, float64 and uint8 are real numbers
// and are quantized with the input's scale and zero point (docs/emulation.md, eq. 12), or passed on
// as float32 to an input of that type. kInvalidInput for other shapes and for numbers that are not
// finite, kUnsupported for other types.
struct Samples {
  int64_t count = 0;
  std::vector<uint8_t> bytes;
};
Result<Samples> PrepareSamples(const NpyArray& array, const Tensor& input, int64_t limit);

// Class numbers: one per sample of the data (`samples_in_file`), 0 <= label < classes.
Result<std::vector<int64_t>> PrepareLabels(const NpyArray& array, int64_t samples_in_file,
                                           int64_t classes);

// Samples whose largest output is the label's; of equal outputs the first counts, as in NumPy's
// argmax.
int64_t CountCorrect(const Tensor& output, const std::vector<uint8_t>& outputs,
                     const std::vector<int64_t>& labels, int64_t samples);

// The outputs as an array [samples][...] of the output tensor's type.
NpyArray OutputArray(const Tensor& output, std::vector<uint8_t> outputs, int64_t samples);

}  // namespace axlut
