// SPDX-License-Identifier: MIT
// A quantized network as a list of tensors and operators, free of any file format.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "runtime/nn/requantize.h"  // Activation

namespace axlut {

enum class ElementType : uint8_t { kInt8, kUint8, kInt32, kInt64, kFloat32, kOther };

// Bytes of one element; 0 for kOther.
int ElementSize(ElementType type);
// "int8", "float32"; "other" for kOther.
std::string ToString(ElementType type);

// "1x32x32x3"; "scalar" for no dimension.
std::string ShapeToString(const std::vector<int64_t>& shape);

struct Tensor {
  std::string name;
  ElementType type = ElementType::kInt8;
  std::string type_name;       // as the file calls it, for messages
  std::vector<int64_t> shape;  // every entry >= 1
  // real = scale * (code - zero_point). Empty: not quantized. One entry: per tensor; else one entry
  // for each index of dimension `quantized_axis`. Both vectors have the same length.
  std::vector<float> scales;
  std::vector<int32_t> zero_points;
  int quantized_axis = 0;
  bool is_constant = false;
  std::vector<uint8_t> data;  // of a constant: ByteCount() bytes, little-endian

  int64_t ElementCount() const;
  int64_t ByteCount() const;
  bool IsPerTensorQuantized() const { return scales.size() == 1; }
  float scale() const { return scales[0]; }
  int32_t zero_point() const { return zero_points[0]; }
};

enum class OpKind : uint8_t {
  kConv2d,
  kDepthwiseConv2d,
  kFullyConnected,
  kBatchMatmul,
  kAdd,
  kPad,
  kAveragePool2d,
  kMaxPool2d,
  kMean,
  kReshape,
  kSoftmax,
  kRelu,
  kRelu6,
  kConcatenation,
  kQuantize,
  kDequantize,
};

// TensorFlow Lite's name: "CONV_2D".
std::string ToString(OpKind kind);
// True for the operators that multiply activations by weights or by each other, that is, through a
// table.
bool UsesTable(OpKind kind);

enum class Padding : uint8_t { kSame, kValid };

struct ConvOptions {  // depthwise, too
  Padding padding = Padding::kSame;
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1;
  Activation activation = Activation::kNone;
};
struct DenseOptions {
  Activation activation = Activation::kNone;
};
struct BatchMatmulOptions {
  bool transpose_a = false, transpose_b = false;
};
struct PoolOptions {
  Padding padding = Padding::kSame;
  int stride_h = 1, stride_w = 1;
  int filter_h = 1, filter_w = 1;
  Activation activation = Activation::kNone;
};
struct AddOptions {
  Activation activation = Activation::kNone;
};
struct SoftmaxOptions {
  float beta = 1;
};
struct ConcatenationOptions {
  int axis = 0;  // negative: from the end
};
struct MeanOptions {
  bool keep_dims = false;
};

using OperatorOptions =
    std::variant<std::monostate, ConvOptions, DenseOptions, BatchMatmulOptions, PoolOptions,
                 AddOptions, SoftmaxOptions, ConcatenationOptions, MeanOptions>;

struct Operator {
  OpKind kind = OpKind::kConv2d;
  std::vector<int> inputs;  // indices of tensors; -1: an optional input that is absent
  int output = 0;
  OperatorOptions options;
};

// A graph that a reader has returned is sound: every index is valid, operators are in an order in
// which they can run, each non-constant tensor is made exactly once, constants have their bytes,
// and shapes do not overflow. Whether an operator can work on its tensors (types, shapes,
// quantization) is checked when a Network is made of the graph.
struct Graph {
  std::string name;
  std::vector<Tensor> tensors;
  std::vector<Operator> operators;
  int input = 0;   // the one input tensor
  int output = 0;  // the one output tensor
};

}  // namespace axlut
