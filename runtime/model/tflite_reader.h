// SPDX-License-Identifier: MIT
// Reads TensorFlow Lite models (.tflite, schema version 3).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/model/graph.h"

namespace axlut {

// Bytes that the tensors of one sample may need together, without constants: a corrupt file can
// claim any shape.
inline constexpr int64_t kMaxActivationBytes = int64_t{1} << 30;

// The graph of a whole file; `name` stands for the file in messages. kInvalidInput for anything
// malformed, kUnsupported for valid models outside of what AxLUT runs: several subgraphs, inputs
// or outputs, operators that are not in OpKind, sparse or external data. The bytes are not trusted.
Result<Graph> ParseTflite(const std::vector<uint8_t>& bytes, const std::string& name);
Result<Graph> ReadTflite(const std::string& path);

}  // namespace axlut
