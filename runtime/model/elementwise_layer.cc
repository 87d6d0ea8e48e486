// SPDX-License-Identifier: MIT
// Layers that work on single codes or rows of them: ADD, RELU, RELU6, SOFTMAX, QUANTIZE,
// DEQUANTIZE.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/model/layer.h"
#include "runtime/nn/elementwise_int8.h"
#include "runtime/nn/softmax_int8.h"
#include "runtime/nn/strided_walk.h"

namespace axlut {
namespace {

class AddLayer : public Layer {
 public:
  AddLayer(const AddParams& params, std::vector<int64_t> shape, std::vector<int64_t> strides_1,
           std::vector<int64_t> strides_2, bool broadcasts)
      : params_(params),
        shape_(std::move(shape)),
        strides_{std::move(strides_1), std::move(strides_2)},
        broadcasts_(broadcasts) {
    for (const int64_t dimension : shape_) count_ *= dimension;
    for (int code = -128; code < 128; ++code) {
      const uint8_t pattern = static_cast<uint8_t>(code);
      terms_1_[pattern] = AddTerm(static_cast<int8_t>(code), params.zero_1, params.multiplier_1);
      terms_2_[pattern] = AddTerm(static_cast<int8_t>(code), params.zero_2, params.multiplier_2);
    }
  }

  int64_t Run(const LayerIo& io, const ParallelFor& parallel_for) const override {
    for (int64_t sample = 0; sample < io.samples; ++sample) {
      const uint8_t* a = io.Input<uint8_t>(0, sample);
      const uint8_t* b = io.Input<uint8_t>(1, sample);
      int8_t* output = io.Output<int8_t>(sample);
      if (broadcasts_) {
        auto add = [&](const Offsets<2>& at) { *output++ = Sum(a[at[0]], b[at[1]]); };
        WalkStrided<2>(shape_, strides_, add);
      } else {
        parallel_for(count_, kElementGrain, [&](int64_t begin, int64_t end) {
          AddInt8(params_, io.Input<int8_t>(0, sample) + begin, io.Input<int8_t>(1, sample) + begin,
                  end - begin, output + begin);
        });
      }
    }
    return 0;
  }

 private:
  int8_t Sum(uint8_t a, uint8_t b) const { return AddTerms(params_, terms_1_[a], terms_2_[b]); }

  AddParams params_;
  std::array<int32_t, 256> terms_1_, terms_2_;  // of each input, by the code's bit pattern
  std::vector<int64_t> shape_;
  std::array<std::vector<int64_t>, 2> strides_;
  bool broadcasts_;
  int64_t count_ = 1;
};

// Any function of one byte code: all 256 answers are computed once, by the equations.
class CodeMapLayer : public Layer {
 public:
  CodeMapLayer(const std::array<uint8_t, 256>& map, int64_t count) : map_(map), count_(count) {}

  int64_t Run(const LayerIo& io, const ParallelFor& parallel_for) const override {
    for (int64_t sample = 0; sample < io.samples; ++sample) {
      const uint8_t* input = io.Input<uint8_t>(0, sample);
      uint8_t* output = io.Output<uint8_t>(sample);
      parallel_for(count_, kElementGrain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) output[i] = map_[input[i]];
      });
    }
    return 0;
  }

 private:
  std::array<uint8_t, 256> map_;
  int64_t count_;
};

class SoftmaxLayer : public Layer {
 public:
  SoftmaxLayer(const SoftmaxParams& params, int64_t rows, int64_t depth)
      : params_(params), rows_(rows), depth_(depth) {}

  int64_t Run(const LayerIo& io, const ParallelFor& /*parallel_for*/) const override {
    for (int64_t sample = 0; sample < io.samples; ++sample) {
      SoftmaxInt8(params_, io.Input<int8_t>(0, sample), rows_, depth_, io.Output<int8_t>(sample));
    }
    return 0;
  }

 private:
  SoftmaxParams params_;
  int64_t rows_, depth_;
};

class QuantizeRealLayer : public Layer {
 public:
  QuantizeRealLayer(float scale, int32_t zero_point, CodeRange range, int64_t count)
      : scale_(scale), zero_point_(zero_point), range_(range), count_(count) {}

  int64_t Run(const LayerIo& io, const ParallelFor& /*parallel_for*/) const override {
    for (int64_t sample = 0; sample < io.samples; ++sample) {
      const float* input = io.Input<float>(0, sample);
      uint8_t* output = io.Output<uint8_t>(sample);
      for (int64_t i = 0; i < count_; ++i) {
        output[i] = static_cast<uint8_t>(QuantizeReal(input[i], scale_, zero_point_, range_));
      }
    }
    return 0;
  }

 private:
  float scale_;
  int32_t zero_point_;
  CodeRange range_;
  int64_t count_;
};

class DequantizeLayer : public Layer {
 public:
  DequantizeLayer(const std::array<float, 256>& values, int64_t count)
      : values_(values), count_(count) {}

  int64_t Run(const LayerIo& io, const ParallelFor& /*parallel_for*/) const override {
    for (int64_t sample = 0; sample < io.samples; ++sample) {
      const uint8_t* input = io.Input<uint8_t>(0, sample);
      float* output = io.Output<float>(sample);
      for (int64_t i = 0; i < count_; ++i) output[i] = values_[input[i]];
    }
    return 0;
  }

 private:
  std::array<float, 256> values_;  // by the code's bit pattern
  int64_t count_;
};

int32_t CodeOf(ElementType type, int pattern) {
  return type == ElementType::kInt8 ? static_cast<int8_t>(pattern) : pattern;
}

CodeRange RangeOf(ElementType type) {
  return type == ElementType::kInt8 ? CodeRange{-128, 127} : CodeRange{0, 255};
}

std::unique_ptr<Layer> MakeRescaleLayer(const RescaleParams& params, const Tensor& input) {
  std::array<uint8_t, 256> map;
  for (int pattern = 0; pattern < 256; ++pattern) {
    map[pattern] = static_cast<uint8_t>(RescaleCode(params, CodeOf(input.type, pattern)));
  }
  return std::make_unique<CodeMapLayer>(map, input.ElementCount());
}

bool IsByteCode(const Tensor& tensor) {
  return tensor.type == ElementType::kInt8 || tensor.type == ElementType::kUint8;
}

// The strides of `tensor` in `shape`, 0 where a dimension of 1 is broadcast; {} if it does not
// broadcast to it.
std::vector<int64_t> BroadcastStrides(const Tensor& tensor, const std::vector<int64_t>& shape) {
  std::vector<int64_t> strides(shape.size());
  const size_t missing = shape.size() - tensor.shape.size();
  const std::vector<int64_t> dense = DenseStrides(tensor.shape);
  for (size_t d = 0; d < dense.size(); ++d) {
    if (tensor.shape[d] != 1) strides[missing + d] = dense[d];
  }
  return strides;
}

// NumPy's rule: dimensions are aligned at the end and must be equal or 1.
Result<std::vector<int64_t>> BroadcastShape(const Tensor& a, const Tensor& b) {
  std::vector<int64_t> shape(std::max(a.shape.size(), b.shape.size()));
  for (size_t back = 1; back <= shape.size(); ++back) {
    const int64_t in_a = back <= a.shape.size() ? a.shape[a.shape.size() - back] : 1;
    const int64_t in_b = back <= b.shape.size() ? b.shape[b.shape.size() - back] : 1;
    if (in_a != in_b && in_a != 1 && in_b != 1) {
      return Error::InvalidInput(
          fmt::format("inputs must have shapes that broadcast, found {} and {}",
                      ShapeToString(a.shape), ShapeToString(b.shape)));
    }
    shape[shape.size() - back] = std::max(in_a, in_b);
  }
  return shape;
}

}  // namespace

Result<std::unique_ptr<Layer>> MakeAddLayer(const Graph& graph, const Operator& op) {
  AXLUT_ASSIGN_OR_RETURN(const Tensor* a, RequireInput(graph, op, 0, "first input"));
  AXLUT_ASSIGN_OR_RETURN(const Tensor* b, RequireInput(graph, op, 1, "second input"));
  const Tensor& output = graph.tensors[op.output];
  AXLUT_RETURN_IF_ERROR(RequireCodes(*a, "first input"));
  AXLUT_RETURN_IF_ERROR(RequireCodes(*b, "second input"));
  AXLUT_RETURN_IF_ERROR(RequireCodes(output, "output"));
  AXLUT_ASSIGN_OR_RETURN(const std::vector<int64_t> shape, BroadcastShape(*a, *b));
  AXLUT_RETURN_IF_ERROR(RequireShape(output, "output", shape));
  AXLUT_ASSIGN_OR_RETURN(const CodeRange clamp,
                         ActivationCodes(std::get<AddOptions>(op.options).activation,
                                         output.scale(), output.zero_point()));
  AXLUT_ASSIGN_OR_RETURN(const AddParams params,
                         MakeAddParams(a->scale(), a->zero_point(), b->scale(), b->zero_point(),
                                       output.scale(), output.zero_point(), clamp));
  return std::unique_ptr<Layer>(
      std::make_unique<AddLayer>(params, shape, BroadcastStrides(*a, shape),
                                 BroadcastStrides(*b, shape), a->shape != b->shape));
}

Result<std::unique_ptr<Layer>> MakeReluLayer(const Graph& graph, const Operator& op) {
  AXLUT_ASSIGN_OR_RETURN(const Tensor* input, RequireInput(graph, op, 0, "input"));
  const Tensor& output = graph.tensors[op.output];
  AXLUT_RETURN_IF_ERROR(RequireCodes(*input, "input"));
  AXLUT_RETURN_IF_ERROR(RequireCodes(output, "output"));
  AXLUT_RETURN_IF_ERROR(RequireShape(output, "output", input->shape));
  RescaleParams params;
  params.zero_in = input->zero_point();
  params.zero_out = output.zero_point();
  // The quotient is a float in the reference, too.
  AXLUT_ASSIGN_OR_RETURN(params.multiplier, QuantizeMultiplier(input->scale() / output.scale()));
  AXLUT_ASSIGN_OR_RETURN(
      params.clamp,
      ActivationCodes(op.kind == OpKind::kRelu6 ? Activation::kRelu6 : Activation::kRelu,
                      output.scale(), output.zero_point()));
  return MakeRescaleLayer(params, *input);
}

Result<std::unique_ptr<Layer>> MakeSoftmaxLayer(const Graph& graph, const Operator& op) {
  AXLUT_ASSIGN_OR_RETURN(const Tensor* input, RequireInput(graph, op, 0, "input"));
  const Tensor& output = graph.tensors[op.output];
  AXLUT_RETURN_IF_ERROR(RequireCodes(*input, "input"));
  AXLUT_RETURN_IF_ERROR(RequireCodes(output, "output"));
  AXLUT_RETURN_IF_ERROR(RequireShape(output, "output", input->shape));
  if (input->shape.empty()) return Error::InvalidInput("the input must have a dimension");
  if (output.scale() != 1.0F / 256 || output.zero_point() != -128) {
    return Error::Unsupported(fmt::format(
        "the output of SOFTMAX must have scale 1/256 and zero point -128, found {} and {}",
        output.scale(), output.zero_point()));
  }
  AXLUT_ASSIGN_OR_RETURN(
      const SoftmaxParams params,
      MakeSoftmaxParams(std::get<SoftmaxOptions>(op.options).beta, input->scale()));
  const int64_t depth = input->shape.back();
  return std::unique_ptr<Layer>(
      std::make_unique<SoftmaxLayer>(params, input->ElementCount() / depth, depth));
}

Result<std::unique_ptr<Layer>> MakeQuantizeLayer(const Graph& graph, const Operator& op) {
  AXLUT_ASSIGN_OR_RETURN(const Tensor* input, RequireInput(graph, op, 0, "input"));
  const Tensor& output = graph.tensors[op.output];
  if (!IsByteCode(output)) AXLUT_RETURN_IF_ERROR(RequireCodes(output, "output"));
  AXLUT_RETURN_IF_ERROR(RequireCodes(output, "output", output.type));
  AXLUT_RETURN_IF_ERROR(RequireShape(output, "output", input->shape));
  const CodeRange range = RangeOf(output.type);
  if (input->type == ElementType::kFloat32) {
    return std::unique_ptr<Layer>(std::make_unique<QuantizeRealLayer>(
        output.scale(), output.zero_point(), range, output.ElementCount()));
  }
  if (!IsByteCode(*input)) {
    return Error::Unsupported(fmt::format("the input '{}' must be float32, int8 or uint8, found {}",
                                          input->name, input->type_name));
  }
  AXLUT_RETURN_IF_ERROR(RequireCodes(*input, "input", input->type));
  RescaleParams params;
  params.zero_in = input->zero_point();
  params.zero_out = output.zero_point();
  params.clamp = range;
  AXLUT_ASSIGN_OR_RETURN(params.multiplier,
                         QuantizeMultiplier(double{input->scale()} / output.scale()));
  return MakeRescaleLayer(params, *input);
}

Result<std::unique_ptr<Layer>> MakeDequantizeLayer(const Graph& graph, const Operator& op) {
  AXLUT_ASSIGN_OR_RETURN(const Tensor* input, RequireInput(graph, op, 0, "input"));
  const Tensor& output = graph.tensors[op.output];
  if (!IsByteCode(*input)) AXLUT_RETURN_IF_ERROR(RequireCodes(*input, "input"));
  AXLUT_RETURN_IF_ERROR(RequireCodes(*input, "input", input->type));
  if (output.type != ElementType::kFloat32) {
    return Error::Unsupported(
        fmt::format("the output '{}' must be float32, found {}", output.name, output.type_name));
  }
  AXLUT_RETURN_IF_ERROR(RequireShape(output, "output", input->shape));
  std::array<float, 256> values;
  for (int pattern = 0; pattern < 256; ++pattern) {
    values[pattern] = static_cast<float>(double{input->scale()} *
                                         (CodeOf(input->type, pattern) - input->zero_point()));
  }
  return std::unique_ptr<Layer>(std::make_unique<DequantizeLayer>(values, input->ElementCount()));
}

}  // namespace axlut
