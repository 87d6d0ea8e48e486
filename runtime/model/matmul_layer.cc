// SPDX-License-Identifier: MIT
// BATCH_MATMUL: products of activations, through a table like those with weights.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "runtime/model/layer.h"
#include "runtime/model/operand_codes.h"
#include "runtime/nn/lut_matmul.h"
#include "runtime/nn/requantize_rows.h"

namespace axlut {
namespace {

constexpr uint8_t kFlip = 0x80;  // makes an int8 code the pattern of an unsigned operand

class BatchMatmulLayer : public Layer {
 public:
  BatchMatmulLayer(LutMatmul matmul, bool flip_a, bool flip_b, Requantizer requantizer)
      : matmul_(std::move(matmul)),
        flip_a_(flip_a),
        flip_b_(flip_b),
        requantizer_(std::move(requantizer)) {}

  int64_t Run(const LayerIo& io, const ParallelFor& parallel_for) const override {
    int64_t wrapped = 0;
    for (int64_t sample = 0; sample < io.samples; ++sample) {
      wrapped += matmul_.NeedsInt64() ? RunSample<int64_t>(io, sample, parallel_for)
                                      : RunSample<int32_t>(io, sample, parallel_for);
    }
    return wrapped;
  }

  int64_t ScratchBytes(int64_t /*samples*/) const override {
    const MatmulShape& shape = matmul_.shape();
    return (flip_a_ ? shape.ACount() : 0) + (flip_b_ ? shape.BCount() : 0);
  }
  int64_t ThreadBytes(int64_t /*samples*/) const override { return matmul_.ThreadBytes(); }
  int64_t Macs() const override { return matmul_.shape().Macs(); }
  std::string KernelName() const override { return matmul_.kernel_name(); }

 private:
  template <typename Sum>
  int64_t RunSample(const LayerIo& io, int64_t sample, const ParallelFor& parallel_for) const {
    const MatmulShape& shape = matmul_.shape();
    uint8_t* scratch = io.scratch;
    const auto operand = [&](int input, int64_t count, bool flip) {
      const uint8_t* codes = io.Input<uint8_t>(input, sample);
      if (!flip) return codes;
      uint8_t* flipped = scratch;
      scratch += count;
      for (int64_t i = 0; i < count; ++i) flipped[i] = codes[i] ^ kFlip;
      return static_cast<const uint8_t*>(flipped);
    };
    const uint8_t* a = operand(0, shape.ACount(), flip_a_);
    const uint8_t* b = operand(1, shape.BCount(), flip_b_);
    int8_t* const output = io.Output<int8_t>(sample);
    std::atomic<int64_t> wrapped{0};
    const SumSink<Sum> requantize = [&](const SumBlock<Sum>& sums) {
      const RequantizeBlock block{sums.positions, sums.first_channel, sums.channels, sums.stride,
                                  shape.n};
      wrapped += requantizer_.Run(sums.sums, block,
                                  output + sums.first_position * shape.n + sums.first_channel);
    };
    matmul_.RunBlocks(a, b, requantize, parallel_for);
    return wrapped;
  }

  LutMatmul matmul_;
  bool flip_a_, flip_b_;
  Requantizer requantizer_;
};

// All but the last two dimensions.
std::vector<int64_t> BatchDimensions(const Tensor& tensor) {
  return {tensor.shape.begin(), tensor.shape.end() - 2};
}

// Matrices in the last two dimensions; B's others are A's, or all 1 (or missing).
Result<MatmulShape> MakeShape(const Tensor& a, const Tensor& b, const BatchMatmulOptions& options) {
  if (a.shape.size() < 2 || b.shape.size() < 2) {
    return Error::InvalidInput(fmt::format("inputs must be matrices, found {} and {}",
                                           ShapeToString(a.shape), ShapeToString(b.shape)));
  }
  MatmulShape shape;
  shape.transpose_a = options.transpose_a;
  shape.transpose_b = options.transpose_b;
  shape.m = a.shape[a.shape.size() - (options.transpose_a ? 1 : 2)];
  shape.k = a.shape[a.shape.size() - (options.transpose_a ? 2 : 1)];
  shape.n = b.shape[b.shape.size() - (options.transpose_b ? 2 : 1)];
  if (b.shape[b.shape.size() - (options.transpose_b ? 1 : 2)] != shape.k) {
    return Error::InvalidInput(
        fmt::format("the inner dimensions of {}{} and {}{} must be equal", ShapeToString(a.shape),
                    options.transpose_a ? " (transposed)" : "", ShapeToString(b.shape),
                    options.transpose_b ? " (transposed)" : ""));
  }
  shape.batch = a.ElementCount() / (shape.m * shape.k);
  shape.broadcast_b = b.ElementCount() == shape.k * shape.n;
  if (!shape.broadcast_b && BatchDimensions(a) != BatchDimensions(b)) {
    return Error::Unsupported(fmt::format(
        "the second input's leading dimensions must be the first's or 1, found {} and {}",
        ShapeToString(a.shape), ShapeToString(b.shape)));
  }
  return shape;
}

}  // namespace

Result<std::unique_ptr<Layer>> MakeBatchMatmulLayer(const Graph& graph, const Operator& op,
                                                    const LayerTable& table) {
  AXLUT_ASSIGN_OR_RETURN(const Tensor* a, RequireInput(graph, op, 0, "first input"));
  AXLUT_ASSIGN_OR_RETURN(const Tensor* b, RequireInput(graph, op, 1, "second input"));
  const Tensor& output = graph.tensors[op.output];
  AXLUT_RETURN_IF_ERROR(RequireCodes(*a, "first input"));
  AXLUT_RETURN_IF_ERROR(RequireCodes(*b, "second input"));
  AXLUT_RETURN_IF_ERROR(RequireCodes(output, "output"));
  AXLUT_ASSIGN_OR_RETURN(const MatmulShape shape,
                         MakeShape(*a, *b, std::get<BatchMatmulOptions>(op.options)));
  std::vector<int64_t> expected = BatchDimensions(*a);
  // Matrices of B without A's leading dimensions of 1 are the same; more of them are the output's.
  while (expected.size() + 2 < b->shape.size()) expected.insert(expected.begin(), 1);
  expected.push_back(shape.m);
  expected.push_back(shape.n);
  AXLUT_RETURN_IF_ERROR(RequireShape(output, "output", expected));
  const OperandCodes codes_a{table.table->table().a()};
  const OperandCodes codes_b{table.table->table().b()};
  if (codes_a.spec.width != 8 || codes_b.spec.width != 8) {
    return Error::Unsupported(
        fmt::format("both inputs are 8-bit codes, but the operands of table '{}' are {} and {}",
                    table.name, ToString(codes_a.spec), ToString(codes_b.spec)));
  }
  // The product of scales is a float in the reference.
  AXLUT_ASSIGN_OR_RETURN(const FixedPointMultiplier multiplier,
                         QuantizeMultiplier(double{a->scale() * b->scale()} / output.scale()));
  Requantizer requantizer(std::vector<int32_t>(shape.n),
                          std::vector<FixedPointMultiplier>(shape.n, multiplier), Rounding::kTwice,
                          output.zero_point(), CodeRange{});
  AXLUT_ASSIGN_OR_RETURN(LutMatmul matmul,
                         LutMatmul::Create(table.table, shape, a->zero_point() + codes_a.offset(),
                                           {b->zero_point() + codes_b.offset()}));
  return std::unique_ptr<Layer>(
      std::make_unique<BatchMatmulLayer>(std::move(matmul), !codes_a.spec.is_signed(),
                                         !codes_b.spec.is_signed(), std::move(requantizer)));
}

}  // namespace axlut
