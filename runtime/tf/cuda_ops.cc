// SPDX-License-Identifier: MIT
// The ops' kernels for TensorFlow's GPUs. No CUDA header is needed: a stream is a pointer.
#include "kernels/cuda/open_gpu.h"
#include "runtime/tf/ax_conv2d_gpu.h"
#include "runtime/tf/fake_quantize_gpu.h"
#include "xla/stream_executor/stream.h"

namespace axlut {
namespace {

namespace tf = ::tensorflow;

GpuPlace PlaceOf(tf::OpKernelContext* context) {
  // Never destroyed: at exit the driver may be gone before our objects are.
  static GpuTables* const tables = new GpuTables(OpenCudaGpu);
  GpuPlace place;
  place.tables = tables;
  // The CUDA runtime's number, not TensorFlow's, which can leave devices out or split one.
  place.device = context->device()->tensorflow_accelerator_device_info()->gpu_id;
  place.stream = context->op_device_context()->stream()->platform_specific_handle().stream;
  return place;
}

// Ranges are not in host memory: to copy them there would make every layer wait for the one before.
REGISTER_KERNEL_BUILDER(Name("AxlutConv2D").Device(tf::DEVICE_GPU).TypeConstraint<float>("T"),
                        AxConv2dGpuOp<PlaceOf>);
REGISTER_KERNEL_BUILDER(Name("AxlutFakeQuantize").Device(tf::DEVICE_GPU).TypeConstraint<float>("T"),
                        FakeQuantizeGpuOp<PlaceOf>);

}  // namespace
}  // namespace axlut
