// SPDX-License-Identifier: MIT
// AxlutConv2D: tf.nn.conv2d with every multiplication replaced by a look-up in a truth table. The
// op, specified in docs/tensorflow.md, and its kernels for CPUs.
#include "runtime/tf/ax_conv2d_cpu.h"
#include "runtime/tf/conv2d_shape_fn.h"
#include "runtime/tf/register_float_kernels.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

// The gradient attributes are for runtime/python/axlut/_gradients.py, which reads them.
REGISTER_OP("AxlutConv2D")
    .Input("input: T")
    .Input("filter: T")
    .Input("input_min: float")
    .Input("input_max: float")
    .Input("filter_min: float")
    .Input("filter_max: float")
    .Attr("T: {float, half, bfloat16} = DT_FLOAT")
    .Attr("table: string")
    .Attr("encoding: {'affine', 'sign_magnitude'} = 'affine'")
    .Attr("strides: list(int) = [1, 1, 1, 1]")
    .Attr("padding: {'SAME', 'VALID', 'EXPLICIT'} = 'SAME'")
    .Attr("explicit_paddings: list(int) = []")
    .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
    .Attr("dilations: list(int) = [1, 1, 1, 1]")
    .Attr("narrow_input: bool = false")
    .Attr("narrow_filter: bool = false")
    .Attr(
        "gradient: {'straight_through', 'approximate', 'difference_1d', 'difference_2d'} = "
        "'straight_through'")
    .Attr("input_gradient_table: string = ''")
    .Attr("filter_gradient_table: string = ''")
    .Attr("difference_window: int >= 0 = 0")
    .Output("output: T")
    .SetShapeFn([](tf::shape_inference::InferenceContext* context) {
      return InferConv2dShape(context, 2);
    });

AXLUT_REGISTER_FLOAT_KERNELS("AxlutConv2D", AxConv2dCpu);

}  // namespace
}  // namespace axlut
