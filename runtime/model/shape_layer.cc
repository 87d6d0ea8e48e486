// SPDX-License-Identifier: MIT
// Layers that move codes without changing them: PAD, RESHAPE, CONCATENATION.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runtime/model/layer.h"
#include "runtime/nn/strided_walk.h"

namespace axlut {
namespace {

class PadLayer : public Layer {
 public:
  // `rows` are the input without its last dimension; out_strides and start are in output bytes.
  PadLayer(std::vector<int64_t> rows, int64_t row_bytes, std::vector<int64_t> out_strides,
           int64_t start, int64_t out_bytes, uint8_t fill)
      : rows_(std::move(rows)),
        row_bytes_(row_bytes),
        strides_{std::move(out_strides)},
        start_(start),
        out_bytes_(out_bytes),
        fill_(fill) {}

  int64_t Run(const LayerIo& io, const ParallelFor& /*parallel_for*/) const override {
    for (int64_t sample = 0; sample < io.samples; ++sample) {
      const uint8_t* input = io.Input<uint8_t>(0, sample);
      uint8_t* output = io.Output<uint8_t>(sample);
      std::memset(output, fill_, out_bytes_);
      auto copy_row = [&](const Offsets<1>& at) {
        std::memcpy(output + start_ + at[0], input, row_bytes_);
        input += row_bytes_;
      };
      WalkStrided<1>(rows_, strides_, copy_row);
    }
    return 0;
  }

 private:
  std::vector<int64_t> rows_;
  int64_t row_bytes_;
  std::array<std::vector<int64_t>, 1> strides_;
  int64_t start_;
  int64_t out_bytes_;
  uint8_t fill_;
};

class CopyLayer : public Layer {
 public:
  explicit CopyLayer(int64_t bytes) : bytes_(bytes) {}

  int64_t Run(const LayerIo& io, const ParallelFor& /*parallel_for*/) const override {
    for (int64_t sample = 0; sample < io.samples; ++sample) {
      std::memcpy(io.Output<uint8_t>(sample), io.Input<uint8_t>(0, sample), bytes_);
    }
    return 0;
  }

 private:
  int64_t bytes_;
};

// Bytes of one input that lie together in the output, once per outer index.
class ConcatenationLayer : public Layer {
 public:
  ConcatenationLayer(int64_t outer, std::vector<int64_t> chunk_bytes)
      : outer_(outer), chunk_bytes_(std::move(chunk_bytes)) {}

  int64_t Run(const LayerIo& io, const ParallelFor& /*parallel_for*/) const override {
    for (int64_t sample = 0; sample < io.samples; ++sample) {
      uint8_t* output = io.Output<uint8_t>(sample);
      for (int64_t i = 0; i < outer_; ++i) {
        for (size_t k = 0; k < chunk_bytes_.size(); ++k) {
          std::memcpy(output, io.Input<uint8_t>(static_cast<int>(k), sample) + i * chunk_bytes_[k],
                      chunk_bytes_[k]);
          output += chunk_bytes_[k];
        }
      }
    }
    return 0;
  }

 private:
  int64_t outer_;
  std::vector<int64_t> chunk_bytes_;
};

}  // namespace

Result<std::unique_ptr<Layer>> MakePadLayer(const Graph& graph, const Operator& op) {
  AXLUT_ASSIGN_OR_RETURN(const Tensor* input, RequireInput(graph, op, 0, "input"));
  AXLUT_ASSIGN_OR_RETURN(const Tensor* paddings_tensor, RequireInput(graph, op, 1, "paddings"));
  const Tensor& output = graph.tensors[op.output];
  AXLUT_RETURN_IF_ERROR(RequireCodes(*input, "input"));
  AXLUT_RETURN_IF_ERROR(RequireCodes(output, "output"));
  AXLUT_RETURN_IF_ERROR(RequireSameQuantization(*input, output));
  AXLUT_ASSIGN_OR_RETURN(const std::vector<int64_t> paddings,
                         RequireIntegers(*paddings_tensor, "paddings"));
  const size_t rank = input->shape.size();
  if (rank == 0 || paddings.size() != 2 * rank) {
    return Error::InvalidInput(
        fmt::format("the paddings must be {} pairs, found {} numbers", rank, paddings.size()));
  }
  std::vector<int64_t> expected = input->shape;
  for (size_t d = 0; d < rank; ++d) {
    const int64_t before = paddings[2 * d];
    const int64_t after = paddings[2 * d + 1];
    if (before < 0 || after < 0 || before > INT32_MAX || after > INT32_MAX) {
      return Error::InvalidInput(
          fmt::format("paddings must lie in 0..2^31-1, found {} and {}", before, after));
    }
    expected[d] += before + after;
  }
  AXLUT_RETURN_IF_ERROR(RequireShape(output, "output", expected));
  std::vector<int64_t> strides = DenseStrides(expected);
  int64_t start = 0;
  for (size_t d = 0; d < rank; ++d) start += paddings[2 * d] * strides[d];
  std::vector<int64_t> rows(input->shape.begin(), input->shape.end() - 1);
  strides.pop_back();
  return std::unique_ptr<Layer>(
      std::make_unique<PadLayer>(std::move(rows), input->shape.back(), std::move(strides), start,
                                 output.ByteCount(), static_cast<uint8_t>(output.zero_point())));
}

Result<std::unique_ptr<Layer>> MakeReshapeLayer(const Graph& graph, const Operator& op) {
  AXLUT_ASSIGN_OR_RETURN(const Tensor* input, RequireInput(graph, op, 0, "input"));
  const Tensor& output = graph.tensors[op.output];
  if (input->type != output.type || input->type == ElementType::kOther) {
    return Error::Unsupported(
        fmt::format("input and output must have the same type, found {} and {}", input->type_name,
                    output.type_name));
  }
  if (input->ElementCount() != output.ElementCount()) {
    return Error::InvalidInput(
        fmt::format("input and output must have the same number of elements, found {} and {}",
                    ShapeToString(input->shape), ShapeToString(output.shape)));
  }
  if (input->type == ElementType::kInt8 || input->type == ElementType::kUint8) {
    AXLUT_RETURN_IF_ERROR(RequireCodes(*input, "input", input->type));
    AXLUT_RETURN_IF_ERROR(RequireCodes(output, "output", output.type));
    AXLUT_RETURN_IF_ERROR(RequireSameQuantization(*input, output));
  }
  if (op.inputs.size() > 1 && op.inputs[1] >= 0) {
    // The shape that the operator asks for must be the output's; -1 stands for any number.
    AXLUT_ASSIGN_OR_RETURN(const std::vector<int64_t> wanted,
                           RequireIntegers(graph.tensors[op.inputs[1]], "new shape"));
    bool same = wanted.size() == output.shape.size();
    for (size_t d = 0; same && d < wanted.size(); ++d) {
      same = wanted[d] == -1 || wanted[d] == output.shape[d];
    }
    if (!same) {
      return Error::InvalidInput(fmt::format("the new shape {} must be the output's, found {}",
                                             ShapeToString(wanted), ShapeToString(output.shape)));
    }
  }
  return std::unique_ptr<Layer>(std::make_unique<CopyLayer>(output.ByteCount()));
}

Result<std::unique_ptr<Layer>> MakeConcatenationLayer(const Graph& graph, const Operator& op) {
  const Tensor& output = graph.tensors[op.output];
  AXLUT_RETURN_IF_ERROR(RequireCodes(output, "output"));
  const int64_t rank = static_cast<int64_t>(output.shape.size());
  int64_t axis = std::get<ConcatenationOptions>(op.options).axis;
  if (axis < -rank || axis >= rank) {
    return Error::InvalidInput(
        fmt::format("the axis must lie in {}..{}, found {}", -rank, rank - 1, axis));
  }
  if (axis < 0) axis += rank;
  int64_t outer = 1, inner = 1, sum = 0;
  for (int64_t d = 0; d < axis; ++d) outer *= output.shape[d];
  for (int64_t d = axis + 1; d < rank; ++d) inner *= output.shape[d];
  std::vector<int64_t> chunk_bytes;
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    AXLUT_ASSIGN_OR_RETURN(const Tensor* input, RequireInput(graph, op, i, "input"));
    AXLUT_RETURN_IF_ERROR(RequireCodes(*input, "input"));
    AXLUT_RETURN_IF_ERROR(RequireSameQuantization(*input, output));
    std::vector<int64_t> expected = output.shape;
    if (static_cast<int64_t>(input->shape.size()) == rank) expected[axis] = input->shape[axis];
    AXLUT_RETURN_IF_ERROR(RequireShape(*input, "input", expected));
    sum += input->shape[axis];
    chunk_bytes.push_back(input->shape[axis] * inner);
  }
  if (sum != output.shape[axis]) {
    return Error::InvalidInput(
        fmt::format("the inputs must fill dimension {} of the output, {}; "
                    "found {}",
                    axis, output.shape[axis], sum));
  }
  return std::unique_ptr<Layer>(
      std::make_unique<ConcatenationLayer>(outer, std::move(chunk_bytes)));
}

}  // namespace axlut
