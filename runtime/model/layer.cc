// SPDX-License-Identifier: MIT
#include "runtime/model/layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace axlut {

Result<const Tensor*> RequireInput(const Graph& graph, const Operator& op, size_t index,
                                   const char* role) {
  if (index >= op.inputs.size() || op.inputs[index] < 0) {
    return Error::InvalidInput(fmt::format("the {} (input {}) is missing", role, index));
  }
  return &graph.tensors[op.inputs[index]];
}

Result<void> RequireCodes(const Tensor& tensor, const char* role, ElementType type) {
  if (tensor.type != type) {
    return Error::Unsupported(fmt::format("the {} '{}' must be {}, found {}", role, tensor.name,
                                          ToString(type), tensor.type_name));
  }
  if (!tensor.IsPerTensorQuantized()) {
    return Error::InvalidInput(fmt::format("the {} '{}' must have one scale, found {}", role,
                                           tensor.name, tensor.scales.size()));
  }
  if (!(tensor.scale() > 0)) {
    return Error::InvalidInput(fmt::format("the {} '{}' must have a positive scale, found {}", role,
                                           tensor.name, tensor.scale()));
  }
  return {};
}

Result<void> RequireSameQuantization(const Tensor& a, const Tensor& b) {
  // Converters write the same number twice; the tolerance is TensorFlow Lite's.
  if (std::fabs(a.scale() - b.scale()) > 1e-6F * std::max(a.scale(), b.scale()) ||
      a.zero_point() != b.zero_point()) {
    return Error::Unsupported(
        fmt::format("input and output must have the same quantization, found scale {} zero point "
                    "{} for '{}' and scale {} zero point {} for '{}'",
                    a.scale(), a.zero_point(), a.name, b.scale(), b.zero_point(), b.name));
  }
  return {};
}

Result<void> RequireShape(const Tensor& tensor, const char* role,
                          const std::vector<int64_t>& expected) {
  if (tensor.shape != expected) {
    return Error::InvalidInput(fmt::format("the {} '{}' must have shape {}, found {}", role,
                                           tensor.name, ShapeToString(expected),
                                           ShapeToString(tensor.shape)));
  }
  return {};
}

Result<std::vector<int64_t>> RequireIntegers(const Tensor& tensor, const char* role) {
  if (!tensor.is_constant ||
      (tensor.type != ElementType::kInt32 && tensor.type != ElementType::kInt64)) {
    return Error::Unsupported(
        fmt::format("the {} '{}' must be a constant of int32 or int64", role, tensor.name));
  }
  std::vector<int64_t> values(tensor.ElementCount());
  for (size_t i = 0; i < values.size(); ++i) {
    if (tensor.type == ElementType::kInt64) {
      std::memcpy(&values[i], &tensor.data[i * 8], 8);
    } else {
      int32_t value;
      std::memcpy(&value, &tensor.data[i * 4], 4);
      values[i] = value;
    }
  }
  return values;
}

Result<WindowDimension> PlaceWindows(int64_t in, int64_t filter, int64_t stride, int64_t dilation,
                                     Padding padding) {
  if (filter < 1 || stride < 1 || dilation < 1) {
    return Error::InvalidInput(
        fmt::format("filter size, stride and dilation must be positive, found {}, {} and {}",
                    filter, stride, dilation));
  }
  const int64_t extent = (filter - 1) * dilation + 1;
  WindowDimension result;
  if (padding == Padding::kSame) {
    result.out = (in + stride - 1) / stride;
    result.pad_before = std::max<int64_t>(0, (result.out - 1) * stride + extent - in) / 2;
  } else if (extent > in) {
    return Error::InvalidInput(
        fmt::format("a window of {} must fit into an input of {}", extent, in));
  } else {
    result.out = (in - extent) / stride + 1;
  }
  return result;
}

Result<std::unique_ptr<Layer>> MakeLayer(const Graph& graph, const Operator& op,
                                         const LayerTable& table) {
  switch (op.kind) {
    case OpKind::kConv2d:
    case OpKind::kDepthwiseConv2d:
      return MakeConvLayer(graph, op, table);
    case OpKind::kFullyConnected:
      return MakeDenseLayer(graph, op, table);
    case OpKind::kBatchMatmul:
      return MakeBatchMatmulLayer(graph, op, table);
    case OpKind::kAdd:
      return MakeAddLayer(graph, op);
    case OpKind::kPad:
      return MakePadLayer(graph, op);
    case OpKind::kAveragePool2d:
    case OpKind::kMaxPool2d:
      return MakePoolLayer(graph, op);
    case OpKind::kMean:
      return MakeMeanLayer(graph, op);
    case OpKind::kReshape:
      return MakeReshapeLayer(graph, op);
    case OpKind::kSoftmax:
      return MakeSoftmaxLayer(graph, op);
    case OpKind::kRelu:
    case OpKind::kRelu6:
      return MakeReluLayer(graph, op);
    case OpKind::kConcatenation:
      return MakeConcatenationLayer(graph, op);
    case OpKind::kQuantize:
      return MakeQuantizeLayer(graph, op);
    case OpKind::kDequantize:
      return MakeDequantizeLayer(graph, op);
  }
  return Error::Unsupported("unknown operator");
}

}  // namespace axlut
