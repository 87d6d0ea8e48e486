// SPDX-License-Identifier: MIT
// The kernels that the ops have on GPUs, registered for CPUs under a label, for tests.
#include "runtime/tf/ax_conv2d_gpu.h"
#include "runtime/tf/emulated_gpu.h"
#include "runtime/tf/fake_quantize_gpu.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

GpuPlace PlaceOf(tf::OpKernelContext*) { return {EmulatedTables(), 0, EmulatedStream()}; }

REGISTER_KERNEL_BUILDER(
    Name("AxlutConv2D").Device(tf::DEVICE_CPU).Label("emulated_gpu").TypeConstraint<float>("T"),
    AxConv2dGpuOp<PlaceOf>);
REGISTER_KERNEL_BUILDER(Name("AxlutFakeQuantize")
                            .Device(tf::DEVICE_CPU)
                            .Label("emulated_gpu")
                            .TypeConstraint<float>("T"),
                        FakeQuantizeGpuOp<PlaceOf>);

}  // namespace
}  // namespace axlut
