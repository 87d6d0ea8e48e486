// SPDX-License-Identifier: MIT
#include "runtime/model/tflite_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "runtime/base/file_io.h"
#include "runtime/model/layer.h"
#include "runtime/model/tflite_generated.h"

namespace axlut {
namespace {

namespace schema = tflite_schema;

constexpr int64_t kMaxDimensions = 8;
constexpr int64_t kMaxElements = std::numeric_limits<int32_t>::max();
// A verified file may still point at the same table from many places; this bounds the work.
constexpr flatbuffers::uoffset_t kMaxTables = 200000;
constexpr flatbuffers::uoffset_t kMaxDepth = 32;
// Several tensors may share a buffer, and each gets a copy: in all at most four times the file, or
// this many bytes.
constexpr int64_t kMinConstantBytes = int64_t{1} << 26;

struct KnownOperator {
  schema::BuiltinOperator code;
  OpKind kind;
};
constexpr KnownOperator kKnownOperators[] = {
    {schema::BuiltinOperator::CONV_2D, OpKind::kConv2d},
    {schema::BuiltinOperator::DEPTHWISE_CONV_2D, OpKind::kDepthwiseConv2d},
    {schema::BuiltinOperator::FULLY_CONNECTED, OpKind::kFullyConnected},
    {schema::BuiltinOperator::BATCH_MATMUL, OpKind::kBatchMatmul},
    {schema::BuiltinOperator::ADD, OpKind::kAdd},
    {schema::BuiltinOperator::PAD, OpKind::kPad},
    {schema::BuiltinOperator::AVERAGE_POOL_2D, OpKind::kAveragePool2d},
    {schema::BuiltinOperator::MAX_POOL_2D, OpKind::kMaxPool2d},
    {schema::BuiltinOperator::MEAN, OpKind::kMean},
    {schema::BuiltinOperator::RESHAPE, OpKind::kReshape},
    {schema::BuiltinOperator::SOFTMAX, OpKind::kSoftmax},
    {schema::BuiltinOperator::RELU, OpKind::kRelu},
    {schema::BuiltinOperator::RELU6, OpKind::kRelu6},
    {schema::BuiltinOperator::CONCATENATION, OpKind::kConcatenation},
    {schema::BuiltinOperator::QUANTIZE, OpKind::kQuantize},
    {schema::BuiltinOperator::DEQUANTIZE, OpKind::kDequantize},
};

ElementType ToElementType(schema::TensorType type) {
  switch (type) {
    case schema::TensorType::INT8:
      return ElementType::kInt8;
    case schema::TensorType::UINT8:
      return ElementType::kUint8;
    case schema::TensorType::INT32:
      return ElementType::kInt32;
    case schema::TensorType::INT64:
      return ElementType::kInt64;
    case schema::TensorType::FLOAT32:
      return ElementType::kFloat32;
    default:
      return ElementType::kOther;
  }
}

std::string TypeName(schema::TensorType type) {
  const ElementType known = ToElementType(type);
  if (known != ElementType::kOther) return ToString(known);
  const std::string name = schema::EnumNameTensorType(type);
  return name.empty() ? fmt::format("type {}", static_cast<int>(type)) : name;
}

std::string OperatorName(schema::BuiltinOperator code) {
  const std::string name = schema::EnumNameBuiltinOperator(code);
  return name.empty() ? fmt::format("number {}", static_cast<int>(code)) : name;
}

// A name of an untrusted file, fit for a message or a table on a terminal.
std::string PrintableName(const flatbuffers::String* name) {
  if (name == nullptr) return "";
  std::string text = name->str();
  if (text.size() > 1000) text.resize(1000);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return text;
}

template <typename T>
int64_t SizeOf(const flatbuffers::Vector<T>* vector) {
  return vector == nullptr ? 0 : vector->size();
}

// Reads one file that the flatbuffers verifier has passed: offsets are sound, contents are not.
class Reader {
 public:
  Reader(const schema::Model& model, int64_t file_bytes)
      : model_(model), constant_bytes_left_(std::max(kMinConstantBytes, 4 * file_bytes)) {}

  Result<Graph> Read();

 private:
  Result<Tensor> ReadTensor(int64_t index);
  Result<void> ReadShape(const schema::Tensor& source, Tensor& tensor);
  Result<void> ReadQuantization(const schema::QuantizationParameters& source, Tensor& tensor);
  Result<void> ReadConstant(const schema::Tensor& source, Tensor& tensor);
  Result<OpKind> ReadKind(const schema::Operator& source);
  Result<Operator> ReadOperator(const schema::Operator& source);
  Result<void> ReadOptions(const schema::Operator& source, Operator& op);
  Result<int> ReadEnd(const flatbuffers::Vector<int32_t>* indices, const char* role);
  Result<void> CheckOrder();
  Result<void> CheckMemory();

  const schema::Model& model_;
  const schema::SubGraph* subgraph_ = nullptr;
  Graph graph_;
  int64_t constant_bytes_left_;
};

Result<void> Reader::ReadShape(const schema::Tensor& source, Tensor& tensor) {
  if (SizeOf(source.shape()) > kMaxDimensions) {
    return Error::Unsupported(
        fmt::format("has {} dimensions, more than {}", SizeOf(source.shape()), kMaxDimensions));
  }
  int64_t count = 1;
  for (int64_t d = 0; d < SizeOf(source.shape()); ++d) {
    const int64_t dimension = source.shape()->Get(d);
    if (dimension < 1) {
      return Error::InvalidInput(
          fmt::format("has dimension {} of size {}; sizes must be positive", d, dimension));
    }
    if (dimension > kMaxElements / count) {
      return Error::InvalidInput(fmt::format("has more than {} elements", kMaxElements));
    }
    count *= dimension;
    tensor.shape.push_back(dimension);
  }
  return {};
}

Result<void> Reader::ReadQuantization(const schema::QuantizationParameters& source,
                                      Tensor& tensor) {
  const int64_t count = SizeOf(source.scale());
  const int64_t zeros = SizeOf(source.zero_point());
  if (count == 0) return {};  // minimum and maximum alone are a record of training
  if (source.details_type() != 0) {
    return Error::Unsupported("has a custom quantization");
  }
  if (zeros != count && zeros != 1) {
    return Error::InvalidInput(fmt::format("has {} scales, but {} zero points", count, zeros));
  }
  tensor.quantized_axis = source.quantized_dimension();
  const int64_t rank = static_cast<int64_t>(tensor.shape.size());
  if (count > 1 && (tensor.quantized_axis < 0 || tensor.quantized_axis >= rank ||
                    tensor.shape[tensor.quantized_axis] != count)) {
    return Error::InvalidInput(fmt::format("of shape {} has {} scales along dimension {}",
                                           ShapeToString(tensor.shape), count,
                                           tensor.quantized_axis));
  }
  int64_t low = std::numeric_limits<int32_t>::min(), high = std::numeric_limits<int32_t>::max();
  if (tensor.type == ElementType::kInt8) low = -128, high = 127;
  if (tensor.type == ElementType::kUint8) low = 0, high = 255;
  for (int64_t i = 0; i < count; ++i) {
    const float scale = source.scale()->Get(i);
    const int64_t zero_point = source.zero_point()->Get(zeros == 1 ? 0 : i);
    if (!std::isfinite(scale) || scale < 0) {
      return Error::InvalidInput(
          fmt::format("has scale {}; scales must be finite and not negative", scale));
    }
    if (zero_point < low || zero_point > high) {
      return Error::InvalidInput(fmt::format("of type {} has zero point {}, outside {}..{}",
                                             tensor.type_name, zero_point, low, high));
    }
    tensor.scales.push_back(scale);
    tensor.zero_points.push_back(static_cast<int32_t>(zero_point));
  }
  return {};
}

Result<void> Reader::ReadConstant(const schema::Tensor& source, Tensor& tensor) {
  // Buffer 0 is empty by convention; an index that is not there means a damaged file.
  if (source.buffer() >= SizeOf(model_.buffers())) {
    return Error::InvalidInput(
        fmt::format("uses buffer {} of {}", source.buffer(), SizeOf(model_.buffers())));
  }
  const schema::Buffer* buffer = model_.buffers()->Get(source.buffer());
  if (buffer->offset() > 1 || buffer->size() > 1) {
    return Error::Unsupported("has its data outside the flatbuffer");
  }
  if (SizeOf(buffer->data()) == 0) return {};
  tensor.is_constant = true;
  if (tensor.type != ElementType::kOther && SizeOf(buffer->data()) != tensor.ByteCount()) {
    return Error::InvalidInput(fmt::format(
        "of shape {} and type {} needs {} bytes, buffer {} has {}", ShapeToString(tensor.shape),
        tensor.type_name, tensor.ByteCount(), source.buffer(), SizeOf(buffer->data())));
  }
  constant_bytes_left_ -= SizeOf(buffer->data());
  if (constant_bytes_left_ < 0) {
    return Error::Unsupported("uses a buffer that too many tensors share");
  }
  if (tensor.type != ElementType::kOther) {
    tensor.data.assign(buffer->data()->begin(), buffer->data()->end());
  }
  return {};
}

Result<Tensor> Reader::ReadTensor(int64_t index) {
  const schema::Tensor* source = subgraph_->tensors()->Get(index);
  Tensor tensor;
  tensor.name = PrintableName(source->name());
  tensor.type = ToElementType(source->type());
  tensor.type_name = TypeName(source->type());
  const auto read = [&]() -> Result<void> {
    if (source->is_variable()) return Error::Unsupported("is a variable");
    if (source->sparsity() != nullptr) return Error::Unsupported("is sparse");
    AXLUT_RETURN_IF_ERROR(ReadShape(*source, tensor));
    if (source->quantization() != nullptr) {
      AXLUT_RETURN_IF_ERROR(ReadQuantization(*source->quantization(), tensor));
    }
    return ReadConstant(*source, tensor);
  };
  if (Result<void> result = read(); !result.ok()) {
    return Error(result.error().code(),
                 fmt::format("tensor {} '{}' {}", index, tensor.name, result.error().message()));
  }
  return tensor;
}

Result<OpKind> Reader::ReadKind(const schema::Operator& source) {
  if (source.opcode_index() >= SizeOf(model_.operator_codes())) {
    return Error::InvalidInput(fmt::format("uses operator code {} of {}", source.opcode_index(),
                                           SizeOf(model_.operator_codes())));
  }
  const schema::OperatorCode* code = model_.operator_codes()->Get(source.opcode_index());
  // Old files have only the one-byte field, new ones both; the larger number is meant.
  const auto old_code = static_cast<schema::BuiltinOperator>(code->deprecated_builtin_code());
  const schema::BuiltinOperator builtin = std::max(code->builtin_code(), old_code);
  if (builtin == schema::BuiltinOperator::CUSTOM) {
    return Error::Unsupported(
        fmt::format("is the custom operator '{}'", PrintableName(code->custom_code())));
  }
  for (const KnownOperator& known : kKnownOperators) {
    if (known.code == builtin) return known.kind;
  }
  return Error::Unsupported(
      fmt::format("is the operator {}, which AxLUT does not run", OperatorName(builtin)));
}

Result<Padding> ToPadding(schema::Padding padding) {
  if (padding == schema::Padding::SAME) return Padding::kSame;
  if (padding == schema::Padding::VALID) return Padding::kValid;
  return Error::InvalidInput(fmt::format("has the unknown padding {}", static_cast<int>(padding)));
}

Result<Activation> ToActivation(schema::ActivationFunctionType activation) {
  switch (activation) {
    case schema::ActivationFunctionType::NONE:
      return Activation::kNone;
    case schema::ActivationFunctionType::RELU:
      return Activation::kRelu;
    case schema::ActivationFunctionType::RELU_N1_TO_1:
      return Activation::kReluN1To1;
    case schema::ActivationFunctionType::RELU6:
      return Activation::kRelu6;
    default:
      return Error::Unsupported(fmt::format("has the fused activation {}, which AxLUT does not run",
                                            static_cast<int>(activation)));
  }
}

// The options of an operator that cannot do without them.
template <typename Options>
Result<const Options*> Require(const Options* options) {
  if (options == nullptr) return Error::InvalidInput("has no options of its kind");
  return options;
}

template <typename Source>
Result<ConvOptions> ToConvOptions(const Source& source) {
  ConvOptions options;
  AXLUT_ASSIGN_OR_RETURN(options.padding, ToPadding(source.padding()));
  AXLUT_ASSIGN_OR_RETURN(options.activation, ToActivation(source.fused_activation_function()));
  options.stride_h = source.stride_h();
  options.stride_w = source.stride_w();
  options.dilation_h = source.dilation_h_factor();
  options.dilation_w = source.dilation_w_factor();
  return options;
}

Result<PoolOptions> ToPoolOptions(const schema::Pool2DOptions& source) {
  PoolOptions options;
  AXLUT_ASSIGN_OR_RETURN(options.padding, ToPadding(source.padding()));
  AXLUT_ASSIGN_OR_RETURN(options.activation, ToActivation(source.fused_activation_function()));
  options.stride_h = source.stride_h();
  options.stride_w = source.stride_w();
  options.filter_h = source.filter_height();
  options.filter_w = source.filter_width();
  return options;
}

Result<void> Reader::ReadOptions(const schema::Operator& source, Operator& op) {
  switch (op.kind) {
    case OpKind::kConv2d: {
      AXLUT_ASSIGN_OR_RETURN(const auto* from, Require(source.builtin_options_as_Conv2DOptions()));
      AXLUT_ASSIGN_OR_RETURN(op.options, ToConvOptions(*from));
      return {};
    }
    case OpKind::kDepthwiseConv2d: {
      AXLUT_ASSIGN_OR_RETURN(const auto* from,
                             Require(source.builtin_options_as_DepthwiseConv2DOptions()));
      AXLUT_ASSIGN_OR_RETURN(op.options, ToConvOptions(*from));
      return {};
    }
    case OpKind::kFullyConnected: {
      AXLUT_ASSIGN_OR_RETURN(const auto* from,
                             Require(source.builtin_options_as_FullyConnectedOptions()));
      if (from->weights_format() != 0) {
        return Error::Unsupported("has shuffled weights, which only one CPU family reads");
      }
      DenseOptions options;
      AXLUT_ASSIGN_OR_RETURN(options.activation, ToActivation(from->fused_activation_function()));
      op.options = options;
      return {};
    }
    case OpKind::kBatchMatmul: {
      AXLUT_ASSIGN_OR_RETURN(const auto* from,
                             Require(source.builtin_options_as_BatchMatMulOptions()));
      op.options = BatchMatmulOptions{from->adj_x(), from->adj_y()};
      return {};
    }
    case OpKind::kAveragePool2d:
    case OpKind::kMaxPool2d: {
      AXLUT_ASSIGN_OR_RETURN(const auto* from, Require(source.builtin_options_as_Pool2DOptions()));
      AXLUT_ASSIGN_OR_RETURN(op.options, ToPoolOptions(*from));
      return {};
    }
    case OpKind::kAdd: {
      AddOptions options;  // may be absent in old files
      if (const auto* from = source.builtin_options_as_AddOptions()) {
        AXLUT_ASSIGN_OR_RETURN(options.activation, ToActivation(from->fused_activation_function()));
      }
      op.options = options;
      return {};
    }
    case OpKind::kSoftmax: {
      AXLUT_ASSIGN_OR_RETURN(const auto* from, Require(source.builtin_options_as_SoftmaxOptions()));
      op.options = SoftmaxOptions{from->beta()};
      return {};
    }
    case OpKind::kConcatenation: {
      AXLUT_ASSIGN_OR_RETURN(const auto* from,
                             Require(source.builtin_options_as_ConcatenationOptions()));
      if (from->fused_activation_function() != schema::ActivationFunctionType::NONE) {
        return Error::Unsupported("has a fused activation, which AxLUT does not run");
      }
      op.options = ConcatenationOptions{from->axis()};
      return {};
    }
    case OpKind::kMean: {
      AXLUT_ASSIGN_OR_RETURN(const auto* from, Require(source.builtin_options_as_ReducerOptions()));
      op.options = MeanOptions{from->keep_dims()};
      return {};
    }
    case OpKind::kPad:
    case OpKind::kReshape:
    case OpKind::kRelu:
    case OpKind::kRelu6:
    case OpKind::kQuantize:
    case OpKind::kDequantize:
      return {};
  }
  return {};
}

Result<Operator> Reader::ReadOperator(const schema::Operator& source) {
  Operator op;
  AXLUT_ASSIGN_OR_RETURN(op.kind, ReadKind(source));
  const auto read = [&]() -> Result<void> {
    const int64_t tensors = static_cast<int64_t>(graph_.tensors.size());
    if (SizeOf(source.inputs()) < 1 || SizeOf(source.inputs()) > kMaxLayerInputs) {
      return Error::Unsupported(
          fmt::format("has {} inputs, outside 1..{}", SizeOf(source.inputs()), kMaxLayerInputs));
    }
    for (const int32_t input : *source.inputs()) {
      if (input < -1 || input >= tensors) {
        return Error::InvalidInput(fmt::format("reads tensor {} of {}", input, tensors));
      }
      op.inputs.push_back(input);
    }
    if (SizeOf(source.outputs()) != 1) {
      return Error::InvalidInput(fmt::format("has {} outputs, not 1", SizeOf(source.outputs())));
    }
    op.output = source.outputs()->Get(0);
    if (op.output < 0 || op.output >= tensors) {
      return Error::InvalidInput(fmt::format("writes tensor {} of {}", op.output, tensors));
    }
    return ReadOptions(source, op);
  };
  if (Result<void> result = read(); !result.ok()) {
    return Error(result.error().code(),
                 fmt::format("({}) {}", ToString(op.kind), result.error().message()));
  }
  return op;
}

Result<int> Reader::ReadEnd(const flatbuffers::Vector<int32_t>* indices, const char* role) {
  if (SizeOf(indices) != 1) {
    return Error::Unsupported(
        fmt::format("the model must have one {}, found {}", role, SizeOf(indices)));
  }
  const int index = indices->Get(0);
  if (index < 0 || index >= static_cast<int64_t>(graph_.tensors.size())) {
    return Error::InvalidInput(
        fmt::format("the {} is tensor {} of {}", role, index, graph_.tensors.size()));
  }
  return index;
}

// Every tensor is a constant, the input, or made by one earlier operator.
Result<void> Reader::CheckOrder() {
  std::vector<bool> ready(graph_.tensors.size());
  bool output_made = false;
  for (size_t i = 0; i < ready.size(); ++i) ready[i] = graph_.tensors[i].is_constant;
  if (ready[graph_.input]) return Error::InvalidInput("the input is a constant");
  ready[graph_.input] = true;
  for (size_t i = 0; i < graph_.operators.size(); ++i) {
    const Operator& op = graph_.operators[i];
    for (const int input : op.inputs) {
      if (input >= 0 && !ready[input]) {
        return Error::InvalidInput(
            fmt::format("operator {} ({}) reads tensor {} '{}', which no earlier operator makes", i,
                        ToString(op.kind), input, graph_.tensors[input].name));
      }
    }
    if (ready[op.output]) {
      return Error::InvalidInput(
          fmt::format("operator {} ({}) writes tensor {} '{}', which is there already", i,
                      ToString(op.kind), op.output, graph_.tensors[op.output].name));
    }
    ready[op.output] = true;
    output_made = output_made || op.output == graph_.output;
  }
  if (!output_made) {
    return Error::InvalidInput(
        fmt::format("no operator makes the output '{}'", graph_.tensors[graph_.output].name));
  }
  return {};
}

Result<void> Reader::CheckMemory() {
  int64_t bytes = 0;
  for (const Tensor& tensor : graph_.tensors) {
    if (!tensor.is_constant) bytes += tensor.ByteCount();
  }
  if (bytes > kMaxActivationBytes) {
    return Error::Unsupported(fmt::format(
        "the activations of one sample need {} bytes, more than {}", bytes, kMaxActivationBytes));
  }
  return {};
}

Result<Graph> Reader::Read() {
  if (model_.version() != 3) {
    return Error::Unsupported(
        fmt::format("the schema version must be 3, found {}", model_.version()));
  }
  if (SizeOf(model_.subgraphs()) != 1) {
    return Error::Unsupported(
        fmt::format("the model must have one subgraph, found {}", SizeOf(model_.subgraphs())));
  }
  subgraph_ = model_.subgraphs()->Get(0);
  graph_.name = PrintableName(model_.description());
  for (int64_t i = 0; i < SizeOf(subgraph_->tensors()); ++i) {
    AXLUT_ASSIGN_OR_RETURN(Tensor tensor, ReadTensor(i));
    graph_.tensors.push_back(std::move(tensor));
  }
  for (int64_t i = 0; i < SizeOf(subgraph_->operators()); ++i) {
    Result<Operator> op = ReadOperator(*subgraph_->operators()->Get(i));
    if (!op.ok()) {
      return Error(op.error().code(), fmt::format("operator {} {}", i, op.error().message()));
    }
    graph_.operators.push_back(*std::move(op));
  }
  AXLUT_ASSIGN_OR_RETURN(graph_.input, ReadEnd(subgraph_->inputs(), "input"));
  AXLUT_ASSIGN_OR_RETURN(graph_.output, ReadEnd(subgraph_->outputs(), "output"));
  AXLUT_RETURN_IF_ERROR(CheckOrder());
  AXLUT_RETURN_IF_ERROR(CheckMemory());
  return std::move(graph_);
}

}  // namespace

Result<Graph> ParseTflite(const std::vector<uint8_t>& bytes, const std::string& name) {
  const auto fail = [&](Error error) -> Result<Graph> { return std::move(error).At({name, 0, 0}); };
  // A flatbuffer starts with the root's offset and, in a .tflite, the identifier.
  if (bytes.size() < 8 || std::memcmp(bytes.data() + 4, schema::ModelIdentifier(), 4) != 0) {
    return fail(Error::InvalidInput("not a TensorFlow Lite model: bytes 4 to 7 must be 'TFL3'"));
  }
  flatbuffers::Verifier verifier(bytes.data(), bytes.size(), kMaxDepth, kMaxTables);
  if (!schema::VerifyModelBuffer(verifier)) {
    return fail(Error::InvalidInput(fmt::format(
        "damaged TensorFlow Lite model: the flatbuffer of {} bytes has an offset or a size that "
        "points outside the file",
        bytes.size())));
  }
  Result<Graph> graph =
      Reader(*schema::GetModel(bytes.data()), static_cast<int64_t>(bytes.size())).Read();
  if (!graph.ok()) return fail(std::move(graph).error());
  return graph;
}

Result<Graph> ReadTflite(const std::string& path) {
  AXLUT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, uint64_t{1} << 31));
  return ParseTflite(bytes, path);
}

}  // namespace axlut
