// SPDX-License-Identifier: MIT
// Layers that multiply through a table: convolution, depthwise convolution, dense.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include "runtime/model/layer.h"
#include "runtime/model/operand_codes.h"
#include "runtime/nn/requantize.h"
#include "runtime/nn/requantize_rows.h"

namespace axlut {
namespace {

class TableLayer : public Layer {
 public:
  TableLayer(LutConv2d conv, uint8_t input_flip, Requantizer requantizer)
      : conv_(std::move(conv)), input_flip_(input_flip), requantizer_(std::move(requantizer)) {}

  int64_t Run(const LayerIo& io, const ParallelFor& parallel_for) const override {
    const uint8_t* codes = io.inputs[0];
    if (input_flip_ != 0) {
      uint8_t* flipped = io.scratch;
      parallel_for(conv_.shape().InputCount() * io.samples, kElementGrain,
                   [&](int64_t begin, int64_t end) {
                     for (int64_t i = begin; i < end; ++i) flipped[i] = codes[i] ^ input_flip_;
                   });
      codes = flipped;
    }
    return conv_.NeedsInt64() ? Convolve<int64_t>(codes, io, parallel_for)
                              : Convolve<int32_t>(codes, io, parallel_for);
  }

  int64_t ScratchBytes(int64_t samples) const override {
    return input_flip_ != 0 ? conv_.shape().InputCount() * samples : 0;
  }
  int64_t ThreadBytes(int64_t samples) const override {
    return conv_.BlockBytes(samples * conv_.shape().batch);
  }
  int64_t Macs() const override { return conv_.shape().Macs(); }
  std::string KernelName() const override { return conv_.kernel_name(); }

 private:
  // Sums become codes block by block, so that no tensor of sums is ever in memory.
  template <typename Sum>
  int64_t Convolve(const uint8_t* codes, const LayerIo& io, const ParallelFor& parallel_for) const {
    std::atomic<int64_t> wrapped{0};
    int8_t* const output = reinterpret_cast<int8_t*>(io.output);
    const int64_t channels = conv_.shape().out_c;
    const SumSink<Sum> requantize = [&](const SumBlock<Sum>& sums) {
      const RequantizeBlock block{sums.positions, sums.first_channel, sums.channels, sums.stride,
                                  channels};
      wrapped += requantizer_.Run(sums.sums, block,
                                  output + sums.first_position * channels + sums.first_channel);
    };
    conv_.RunBlocks(codes, io.samples * conv_.shape().batch, requantize, parallel_for);
    return wrapped;
  }

  LutConv2d conv_;
  uint8_t input_flip_;  // turns an int8 code into the bit pattern of operand a
  Requantizer requantizer_;
};

struct Operands {
  const Tensor* input = nullptr;
  const Tensor* filter = nullptr;
  const Tensor* bias = nullptr;  // may be absent
  const Tensor* output = nullptr;
};

Result<Operands> RequireOperands(const Graph& graph, const Operator& op) {
  Operands operands;
  AXLUT_ASSIGN_OR_RETURN(operands.input, RequireInput(graph, op, 0, "input"));
  AXLUT_ASSIGN_OR_RETURN(operands.filter, RequireInput(graph, op, 1, "filter"));
  if (op.inputs.size() > 2 && op.inputs[2] >= 0) operands.bias = &graph.tensors[op.inputs[2]];
  operands.output = &graph.tensors[op.output];
  AXLUT_RETURN_IF_ERROR(RequireCodes(*operands.input, "input"));
  AXLUT_RETURN_IF_ERROR(RequireCodes(*operands.output, "output"));
  if (operands.input->is_constant) {
    return Error::Unsupported("the input must not be a constant");
  }
  const Tensor& filter = *operands.filter;
  if (filter.type != ElementType::kInt8 || !filter.is_constant) {
    return Error::Unsupported(fmt::format("the filter '{}' must be a constant of int8, found {}{}",
                                          filter.name, filter.is_constant ? "" : "a variable ",
                                          filter.type_name));
  }
  return operands;
}

// Bias values: int32, one per channel, or zeros without a bias tensor.
Result<std::vector<int32_t>> BiasValues(const Tensor* bias, int64_t channels) {
  std::vector<int32_t> values(channels);
  if (bias == nullptr) return values;
  if (bias->type != ElementType::kInt32 || !bias->is_constant) {
    return Error::Unsupported(fmt::format("the bias '{}' must be a constant of int32, found {}{}",
                                          bias->name, bias->is_constant ? "" : "a variable ",
                                          bias->type_name));
  }
  if (bias->ElementCount() != channels) {
    return Error::InvalidInput(fmt::format("the bias '{}' must have {} values, found {}",
                                           bias->name, channels, bias->ElementCount()));
  }
  std::memcpy(values.data(), bias->data.data(), values.size() * sizeof(int32_t));
  return values;
}

// Scales and zero points of the filter: one, or one per output channel along `channel_axis`.
Result<void> CheckFilterQuantization(const Tensor& filter, int64_t channels, int channel_axis) {
  const size_t count = filter.scales.size();
  if (count == 0 || (count > 1 && (static_cast<int64_t>(count) != channels ||
                                   filter.quantized_axis != channel_axis))) {
    return Error::InvalidInput(
        fmt::format("the filter '{}' must have one scale, or {} along dimension {}; found {} along "
                    "dimension {}",
                    filter.name, channels, channel_axis, count, filter.quantized_axis));
  }
  return {};
}

Result<Requantizer> MakeRequantizer(const Operands& operands, int64_t channels,
                                    Activation activation, Rounding rounding) {
  const Tensor& filter = *operands.filter;
  const Tensor& output = *operands.output;
  AXLUT_ASSIGN_OR_RETURN(std::vector<int32_t> bias, BiasValues(operands.bias, channels));
  AXLUT_ASSIGN_OR_RETURN(const CodeRange clamp,
                         ActivationCodes(activation, output.scale(), output.zero_point()));
  std::vector<FixedPointMultiplier> multipliers;
  const float scale_in = operands.input->scale();
  for (int64_t c = 0; c < channels; ++c) {
    const float scale_filter = filter.scales[filter.scales.size() == 1 ? 0 : c];
    const double product = double{scale_in} * double{scale_filter};
    AXLUT_ASSIGN_OR_RETURN(const FixedPointMultiplier multiplier,
                           QuantizeMultiplier(product / output.scale()));
    multipliers.push_back(multiplier);
  }
  return Requantizer(std::move(bias), std::move(multipliers), rounding, output.zero_point(), clamp);
}

// Filter codes in HWIO order as patterns of operand b. `source(i)` is the index of element i in the
// file's order.
template <typename SourceIndex>
Result<std::vector<uint8_t>> FilterPatterns(const Tensor& filter, const OperandCodes& codes_b,
                                            const std::string& table_name, SourceIndex source) {
  std::vector<uint8_t> patterns(filter.data.size());
  for (size_t i = 0; i < patterns.size(); ++i) {
    const int32_t code = static_cast<int8_t>(filter.data[source(static_cast<int64_t>(i))]);
    if (!codes_b.Fits(code)) {
      const auto [low, high] = std::minmax_element(
          filter.data.begin(), filter.data.end(),
          [](uint8_t x, uint8_t y) { return static_cast<int8_t>(x) < static_cast<int8_t>(y); });
      return Error::Unsupported(fmt::format(
          "the weights must fit the {} operand b of table '{}', that is, lie in {}..{}; the codes "
          "of '{}' lie in {}..{}",
          ToString(codes_b.spec), table_name, codes_b.spec.min_value() - codes_b.offset(),
          codes_b.spec.max_value() - codes_b.offset(), filter.name, int{static_cast<int8_t>(*low)},
          int{static_cast<int8_t>(*high)}));
    }
    patterns[i] = codes_b.PatternOf(code);
  }
  return patterns;
}

Result<std::unique_ptr<Layer>> MakeTableLayer(const Operands& operands, const Conv2dShape& shape,
                                              const LayerTable& table,
                                              const std::vector<uint8_t>& patterns,
                                              Requantizer requantizer) {
  const OperandCodes codes_a{table.table->table().a()};
  const OperandCodes codes_b{table.table->table().b()};
  if (codes_a.spec.width != 8) {
    return Error::Unsupported(
        fmt::format("activations are 8-bit codes, but operand a of table '{}' is {}", table.name,
                    ToString(codes_a.spec)));
  }
  std::vector<int32_t> zero_b;
  for (const int32_t zero_point : operands.filter->zero_points) {
    if (!codes_b.Fits(zero_point)) {
      return Error::Unsupported(
          fmt::format("the zero point {} of the filter '{}' must fit the {} "
                      "operand b of table '{}'",
                      zero_point, operands.filter->name, ToString(codes_b.spec), table.name));
    }
    zero_b.push_back(zero_point + codes_b.offset());
  }
  AXLUT_ASSIGN_OR_RETURN(
      LutConv2d conv,
      LutConv2d::Create(table.table, shape, patterns,
                        operands.input->zero_point() + codes_a.offset(), std::move(zero_b)));
  const uint8_t flip = codes_a.spec.is_signed() ? 0 : 0x80;
  return std::unique_ptr<Layer>(
      std::make_unique<TableLayer>(std::move(conv), flip, std::move(requantizer)));
}

Result<void> RequireImages(const Tensor& tensor, const char* role) {
  if (tensor.shape.size() != 4) {
    return Error::InvalidInput(fmt::format("the {} '{}' must have 4 dimensions, found {}", role,
                                           tensor.name, ShapeToString(tensor.shape)));
  }
  return {};
}

// Everything but the groups.
Result<Conv2dShape> MakeConvShape(const Operands& operands, const ConvOptions& options) {
  const Tensor& input = *operands.input;
  const Tensor& filter = *operands.filter;
  AXLUT_RETURN_IF_ERROR(RequireImages(input, "input"));
  AXLUT_RETURN_IF_ERROR(RequireImages(filter, "filter"));
  AXLUT_ASSIGN_OR_RETURN(const WindowDimension rows,
                         PlaceWindows(input.shape[1], filter.shape[1], options.stride_h,
                                      options.dilation_h, options.padding));
  AXLUT_ASSIGN_OR_RETURN(const WindowDimension columns,
                         PlaceWindows(input.shape[2], filter.shape[2], options.stride_w,
                                      options.dilation_w, options.padding));
  Conv2dShape shape;
  shape.batch = input.shape[0];
  shape.in_h = input.shape[1];
  shape.in_w = input.shape[2];
  shape.in_c = input.shape[3];
  shape.kernel_h = filter.shape[1];
  shape.kernel_w = filter.shape[2];
  shape.out_h = rows.out;
  shape.out_w = columns.out;
  shape.stride_h = options.stride_h;
  shape.stride_w = options.stride_w;
  shape.dilation_h = options.dilation_h;
  shape.dilation_w = options.dilation_w;
  shape.pad_top = rows.pad_before;
  shape.pad_left = columns.pad_before;
  return shape;
}

}  // namespace

Result<std::unique_ptr<Layer>> MakeConvLayer(const Graph& graph, const Operator& op,
                                             const LayerTable& table) {
  AXLUT_ASSIGN_OR_RETURN(const Operands operands, RequireOperands(graph, op));
  const ConvOptions& options = std::get<ConvOptions>(op.options);
  const Tensor& filter = *operands.filter;
  AXLUT_ASSIGN_OR_RETURN(Conv2dShape shape, MakeConvShape(operands, options));
  const bool depthwise = op.kind == OpKind::kDepthwiseConv2d;
  // CONV_2D: [out_c][h][w][in_c / groups]; DEPTHWISE_CONV_2D: [1][h][w][out_c].
  shape.out_c = filter.shape[depthwise ? 3 : 0];
  const int64_t group_in_c = depthwise ? 1 : filter.shape[3];
  if (depthwise && filter.shape[0] != 1) {
    return Error::InvalidInput(
        fmt::format("the first dimension of the filter '{}' must be 1, found {}", filter.name,
                    ShapeToString(filter.shape)));
  }
  shape.groups = shape.in_c / group_in_c;
  if (shape.in_c % group_in_c != 0 || shape.out_c % std::max<int64_t>(shape.groups, 1) != 0) {
    return Error::InvalidInput(
        fmt::format("the channels of input {} and filter {} must divide each other",
                    ShapeToString(operands.input->shape), ShapeToString(filter.shape)));
  }
  AXLUT_RETURN_IF_ERROR(RequireShape(*operands.output, "output",
                                     {shape.batch, shape.out_h, shape.out_w, shape.out_c}));
  AXLUT_RETURN_IF_ERROR(CheckFilterQuantization(filter, shape.out_c, depthwise ? 3 : 0));
  for (const int32_t zero_point : filter.zero_points) {
    if (zero_point != 0) {
      return Error::Unsupported(fmt::format(
          "the zero points of the filter '{}' must be 0, found {}", filter.name, zero_point));
    }
  }
  AXLUT_ASSIGN_OR_RETURN(
      Requantizer requantizer,
      MakeRequantizer(operands, shape.out_c, options.activation, Rounding::kTwice));
  const int64_t depth = shape.Depth();
  const auto source = [&](int64_t i) {
    return depthwise ? i : i % shape.out_c * depth + i / shape.out_c;
  };
  AXLUT_ASSIGN_OR_RETURN(
      const std::vector<uint8_t> patterns,
      FilterPatterns(filter, OperandCodes{table.table->table().b()}, table.name, source));
  return MakeTableLayer(operands, shape, table, patterns, std::move(requantizer));
}

Result<std::unique_ptr<Layer>> MakeDenseLayer(const Graph& graph, const Operator& op,
                                              const LayerTable& table) {
  AXLUT_ASSIGN_OR_RETURN(const Operands operands, RequireOperands(graph, op));
  const Tensor& filter = *operands.filter;
  const Tensor& output = *operands.output;
  if (filter.shape.size() != 2) {
    return Error::InvalidInput(fmt::format("the weights '{}' must have 2 dimensions, found {}",
                                           filter.name, ShapeToString(filter.shape)));
  }
  const int64_t units = filter.shape[0];
  const int64_t depth = filter.shape[1];
  const int64_t inputs = operands.input->ElementCount();
  Conv2dShape shape;
  shape.batch = inputs / depth;
  shape.in_c = depth;
  shape.out_c = units;
  if (inputs % depth != 0 || output.ElementCount() != shape.batch * units || output.shape.empty() ||
      output.shape.back() != units) {
    return Error::InvalidInput(fmt::format(
        "input {}, weights {} and output {} must match", ShapeToString(operands.input->shape),
        ShapeToString(filter.shape), ShapeToString(output.shape)));
  }
  AXLUT_RETURN_IF_ERROR(CheckFilterQuantization(filter, units, 0));
  if (operands.bias != nullptr && filter.scales.size() == 1 &&
      operands.bias->IsPerTensorQuantized()) {
    const double product = operands.input->scale() * filter.scale();
    if (std::fabs(product - operands.bias->scale()) / output.scale() > 0.02) {
      return Error::InvalidInput(
          fmt::format("the bias '{}' must have the scale {} (input times weights), found {}",
                      operands.bias->name, product, operands.bias->scale()));
    }
  }
  const DenseOptions& options = std::get<DenseOptions>(op.options);
  AXLUT_ASSIGN_OR_RETURN(Requantizer requantizer,
                         MakeRequantizer(operands, units, options.activation, Rounding::kOnce));
  const auto source = [&](int64_t i) { return i % units * depth + i / units; };
  AXLUT_ASSIGN_OR_RETURN(
      const std::vector<uint8_t> patterns,
      FilterPatterns(filter, OperandCodes{table.table->table().b()}, table.name, source));
  return MakeTableLayer(operands, shape, table, patterns, std::move(requantizer));
}

}  // namespace axlut
