// SPDX-License-Identifier: MIT
// AxlutConv2DInteger: the convolution of operand values, without any rounding, as
// runtime/nn/lut_conv2d.h defines it.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/nn/layer_cache.h"
#include "runtime/nn/lut_conv2d.h"
#include "runtime/tf/ax_conv2d_base.h"
#include "runtime/tf/conv2d_output.h"
#include "runtime/tf/conv2d_shape_fn.h"
#include "runtime/tf/integer_input.h"
#include "runtime/tf/quantized_input.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

REGISTER_OP("AxlutConv2DInteger")
    .Input("input: Tinput")
    .Input("filter: Tfilter")
    .Input("input_zero: int32")
    .Input("filter_zero: int32")
    .Attr("Tinput: {uint8, int8}")
    .Attr("Tfilter: {uint8, int8}")
    .Attr("out_type: {int32, int64} = DT_INT32")
    .Attr("table: string")
    .Attr("encoding: {'affine', 'sign_magnitude'} = 'affine'")
    .Attr("strides: list(int) = [1, 1, 1, 1]")
    .Attr("padding: {'SAME', 'VALID', 'EXPLICIT'} = 'SAME'")
    .Attr("explicit_paddings: list(int) = []")
    .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
    .Attr("dilations: list(int) = [1, 1, 1, 1]")
    .Output("output: out_type")
    .SetShapeFn([](tf::shape_inference::InferenceContext* context) {
      return InferConv2dShape(context, 1);
    });

template <typename Sum>
class AxConv2dIntegerOp : public AxConv2dBase {
 public:
  explicit AxConv2dIntegerOp(tf::OpKernelConstruction* context) : AxConv2dBase(context) {
    if (!context->status().ok()) return;
    std::shared_ptr<const LutTable> table;
    OP_REQUIRES_OK(context, Table(&table));
    OP_REQUIRES_OK(context, CheckIntegerType("input", context->input_type(0), table->table().a()));
    OP_REQUIRES_OK(context, CheckIntegerType("filter", context->input_type(1), table->table().b()));
  }

 private:
  absl::Status Convolve(tf::OpKernelContext* context, const std::shared_ptr<const LutTable>& table,
                        const Conv2dShape& shape, tf::Tensor* output) override {
    const OperandSpec& a = table->table().a();
    const OperandSpec& b = table->table().b();
    IntegerInput input, filter;
    std::vector<int32_t> input_zero, filter_zeros;
    TF_RETURN_IF_ERROR(data_format() == DataFormat::kNhwc
                           ? ReadIntegers(context, "input", 0, a, &input)
                           : ReadNchwIntegers(context, "input", 0, a, &input));
    TF_RETURN_IF_ERROR(ReadIntegers(context, "filter", 1, b, &filter));
    TF_RETURN_IF_ERROR(ReadZeroPoints(context, "input_zero_point", 2, a, 0, &input_zero));
    TF_RETURN_IF_ERROR(
        ReadZeroPoints(context, "filter_zero_point", 3, b, shape.out_c, &filter_zeros));
    const auto layer = layers_.Get(table, shape, filter.patterns, input_zero[0], filter_zeros);
    if (!layer.ok()) return ToStatus(layer.error());
    if (sizeof(Sum) < sizeof(int64_t) && (*layer)->NeedsInt64()) {
      return absl::InvalidArgumentError("sums of " + std::to_string(shape.Depth()) +
                                        " products of this table can leave int32; use the "
                                        "out_type int64");
    }
    LogKernel(**layer);
    Sum* const out = output->flat<Sum>().data();
    if (data_format() == DataFormat::kNhwc) {
      (*layer)->Run(input.patterns, shape.batch, out, WorkersOf(context));
      return absl::OkStatus();
    }
    (*layer)->RunBlocks(input.patterns, shape.batch, SumSink<Sum>([&](const SumBlock<Sum>& block) {
                          StoreBlock(
                              block, DataFormat::kNchw, shape, [](Sum sum, int64_t) { return sum; },
                              out);
                        }),
                        WorkersOf(context));
    return absl::OkStatus();
  }

  LayerCache layers_;
};

#define AXLUT_REGISTER(Sum)                                                              \
  REGISTER_KERNEL_BUILDER(                                                               \
      Name("AxlutConv2DInteger").Device(tf::DEVICE_CPU).TypeConstraint<Sum>("out_type"), \
      AxConv2dIntegerOp<Sum>)
AXLUT_REGISTER(int32_t);
AXLUT_REGISTER(int64_t);
#undef AXLUT_REGISTER

}  // namespace
}  // namespace axlut
