// SPDX-License-Identifier: MIT
// AVERAGE_POOL_2D, MAX_POOL_2D and MEAN.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/model/layer.h"
#include "runtime/nn/mean_int8.h"
#include "runtime/nn/pool_int8.h"

namespace axlut {
namespace {

class PoolLayer : public Layer {
 public:
  PoolLayer(const PoolShape& shape, int64_t images, bool average)
      : shape_(shape), images_(images), average_(average) {}

  int64_t Run(const LayerIo& io, const ParallelFor& parallel_for) const override {
    const int64_t in_size = shape_.in_h * shape_.in_w * shape_.channels;
    const int64_t out_size = shape_.out_h * shape_.out_w * shape_.channels;
    for (int64_t sample = 0; sample < io.samples; ++sample) {
      for (int64_t image = 0; image < images_; ++image) {
        const int8_t* input = io.Input<int8_t>(0, sample) + image * in_size;
        int8_t* output = io.Output<int8_t>(sample) + image * out_size;
        const int64_t row_codes = shape_.out_w * shape_.channels *
                                  std::min(shape_.filter_h, shape_.in_h) *
                                  std::min(shape_.filter_w, shape_.in_w);
        parallel_for(shape_.out_h, 1 + kElementGrain / row_codes, [&](int64_t begin, int64_t end) {
          average_ ? AveragePoolInt8(shape_, begin, end, input, output)
                   : MaxPoolInt8(shape_, begin, end, input, output);
        });
      }
    }
    return 0;
  }

 private:
  PoolShape shape_;
  int64_t images_;
  bool average_;
};

class MeanLayer : public Layer {
 public:
  explicit MeanLayer(MeanParams params) : params_(std::move(params)) {}

  int64_t Run(const LayerIo& io, const ParallelFor& /*parallel_for*/) const override {
    for (int64_t sample = 0; sample < io.samples; ++sample) {
      MeanInt8(params_, io.Input<int8_t>(0, sample), reinterpret_cast<int32_t*>(io.scratch),
               io.Output<int8_t>(sample));
    }
    return 0;
  }
  int64_t ScratchBytes(int64_t /*samples*/) const override {
    return params_.out_count * static_cast<int64_t>(sizeof(int32_t));
  }

 private:
  MeanParams params_;
};

}  // namespace

Result<std::unique_ptr<Layer>> MakePoolLayer(const Graph& graph, const Operator& op) {
  AXLUT_ASSIGN_OR_RETURN(const Tensor* input, RequireInput(graph, op, 0, "input"));
  const Tensor& output = graph.tensors[op.output];
  AXLUT_RETURN_IF_ERROR(RequireCodes(*input, "input"));
  AXLUT_RETURN_IF_ERROR(RequireCodes(output, "output"));
  AXLUT_RETURN_IF_ERROR(RequireSameQuantization(*input, output));
  if (input->shape.size() != 4) {
    return Error::InvalidInput(fmt::format("the input '{}' must have 4 dimensions, found {}",
                                           input->name, ShapeToString(input->shape)));
  }
  const PoolOptions& options = std::get<PoolOptions>(op.options);
  AXLUT_ASSIGN_OR_RETURN(
      const WindowDimension rows,
      PlaceWindows(input->shape[1], options.filter_h, options.stride_h, 1, options.padding));
  AXLUT_ASSIGN_OR_RETURN(
      const WindowDimension columns,
      PlaceWindows(input->shape[2], options.filter_w, options.stride_w, 1, options.padding));
  AXLUT_RETURN_IF_ERROR(
      RequireShape(output, "output", {input->shape[0], rows.out, columns.out, input->shape[3]}));
  const int64_t positions = std::min<int64_t>(options.filter_h, input->shape[1]) *
                            std::min<int64_t>(options.filter_w, input->shape[2]);
  if (positions >= 1 << 24) {
    return Error::Unsupported(
        fmt::format("a window must have less than 2^24 positions, found {}", positions));
  }
  PoolShape shape;
  shape.in_h = input->shape[1];
  shape.in_w = input->shape[2];
  shape.channels = input->shape[3];
  shape.out_h = rows.out;
  shape.out_w = columns.out;
  shape.filter_h = options.filter_h;
  shape.filter_w = options.filter_w;
  shape.stride_h = options.stride_h;
  shape.stride_w = options.stride_w;
  shape.pad_top = rows.pad_before;
  shape.pad_left = columns.pad_before;
  AXLUT_ASSIGN_OR_RETURN(shape.clamp,
                         ActivationCodes(options.activation, output.scale(), output.zero_point()));
  return std::unique_ptr<Layer>(
      std::make_unique<PoolLayer>(shape, input->shape[0], op.kind == OpKind::kAveragePool2d));
}

Result<std::unique_ptr<Layer>> MakeMeanLayer(const Graph& graph, const Operator& op) {
  AXLUT_ASSIGN_OR_RETURN(const Tensor* input, RequireInput(graph, op, 0, "input"));
  AXLUT_ASSIGN_OR_RETURN(const Tensor* axes_tensor, RequireInput(graph, op, 1, "axes"));
  const Tensor& output = graph.tensors[op.output];
  AXLUT_RETURN_IF_ERROR(RequireCodes(*input, "input"));
  AXLUT_RETURN_IF_ERROR(RequireCodes(output, "output"));
  AXLUT_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, RequireIntegers(*axes_tensor, "axes"));
  const int64_t rank = static_cast<int64_t>(input->shape.size());
  std::vector<bool> reduced(rank);
  for (const int64_t axis : axes) {
    if (axis < -rank || axis >= rank) {
      return Error::InvalidInput(
          fmt::format("an axis must lie in {}..{}, found {}", -rank, rank - 1, axis));
    }
    reduced[axis < 0 ? axis + rank : axis] = true;
  }
  const bool keep_dims = std::get<MeanOptions>(op.options).keep_dims;
  std::vector<int64_t> expected;
  for (int64_t d = 0; d < rank; ++d) {
    if (!reduced[d]) expected.push_back(input->shape[d]);
    if (reduced[d] && keep_dims) expected.push_back(1);
  }
  AXLUT_RETURN_IF_ERROR(RequireShape(output, "output", expected));
  AXLUT_ASSIGN_OR_RETURN(MeanParams params,
                         MakeMeanParams(input->shape, reduced, input->scale(), input->zero_point(),
                                        output.scale(), output.zero_point()));
  return std::unique_ptr<Layer>(std::make_unique<MeanLayer>(std::move(params)));
}

}  // namespace axlut
