// SPDX-License-Identifier: MIT
#include "runtime/model/graph.h"

namespace axlut {

int ElementSize(ElementType type) {
  switch (type) {
    case ElementType::kInt8:
    case ElementType::kUint8:
      return 1;
    case ElementType::kInt32:
    case ElementType::kFloat32:
      return 4;
    case ElementType::kInt64:
      return 8;
    case ElementType::kOther:
      return 0;
  }
  return 0;
}

std::string ToString(ElementType type) {
  switch (type) {
    case ElementType::kInt8:
      return "int8";
    case ElementType::kUint8:
      return "uint8";
    case ElementType::kInt32:
      return "int32";
    case ElementType::kInt64:
      return "int64";
    case ElementType::kFloat32:
      return "float32";
    case ElementType::kOther:
      return "other";
  }
  return "other";
}

std::string ShapeToString(const std::vector<int64_t>& shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (const int64_t dimension : shape) {
    if (!text.empty()) text += "x";
    text += std::to_string(dimension);
  }
  return text;
}

int64_t Tensor::ElementCount() const {
  int64_t count = 1;
  for (const int64_t dimension : shape) count *= dimension;
  return count;
}

int64_t Tensor::ByteCount() const { return ElementCount() * ElementSize(type); }

std::string ToString(OpKind kind) {
  switch (kind) {
    case OpKind::kConv2d:
      return "CONV_2D";
    case OpKind::kDepthwiseConv2d:
      return "DEPTHWISE_CONV_2D";
    case OpKind::kFullyConnected:
      return "FULLY_CONNECTED";
    case OpKind::kBatchMatmul:
      return "BATCH_MATMUL";
    case OpKind::kAdd:
      return "ADD";
    case OpKind::kPad:
      return "PAD";
    case OpKind::kAveragePool2d:
      return "AVERAGE_POOL_2D";
    case OpKind::kMaxPool2d:
      return "MAX_POOL_2D";
    case OpKind::kMean:
      return "MEAN";
    case OpKind::kReshape:
      return "RESHAPE";
    case OpKind::kSoftmax:
      return "SOFTMAX";
    case OpKind::kRelu:
      return "RELU";
    case OpKind::kRelu6:
      return "RELU6";
    case OpKind::kConcatenation:
      return "CONCATENATION";
    case OpKind::kQuantize:
      return "QUANTIZE";
    case OpKind::kDequantize:
      return "DEQUANTIZE";
  }
  return "?";
}

bool UsesTable(OpKind kind) {
  return kind == OpKind::kConv2d || kind == OpKind::kDepthwiseConv2d ||
         kind == OpKind::kFullyConnected || kind == OpKind::kBatchMatmul;
}

}  // namespace axlut
