// SPDX-License-Identifier: MIT
#include "kernels/cuda/device/cudart_gpu.h"

#include <cuda_runtime_api.h>

#include "kernels/cuda/device/cudart_error.h"
#include "kernels/cuda/open_gpu.h"

namespace axlut {
namespace {

// Errors of calls that cannot report them (destructors) are dropped, here and in the runtime.
void Drop(cudaError_t error) {
  if (error != cudaSuccess) cudaGetLastError();
}

// Makes a device the calling thread's for as long as it lives. A thread's device is state that
// others in the process (TensorFlow) rely on, so it is put back.
class DeviceScope {
 public:
  explicit DeviceScope(int device) {
    status_ = StatusOfCuda(cudaGetDevice(&previous_), "cudaGetDevice");
    if (!status_.ok() || previous_ == device) return;
    status_ = StatusOfCuda(cudaSetDevice(device), "cudaSetDevice " + std::to_string(device));
    must_restore_ = status_.ok();
  }
  ~DeviceScope() {
    if (must_restore_) Drop(cudaSetDevice(previous_));
  }
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;

  const GpuStatus& status() const { return status_; }

 private:
  GpuStatus status_;
  int previous_ = 0;
  bool must_restore_ = false;
};

#define AXLUT_USE_DEVICE(device)   \
  const DeviceScope scope(device); \
  AXLUT_RETURN_IF_GPU_ERROR(scope.status())

cudaStream_t StreamOf(GpuStream stream) { return static_cast<cudaStream_t>(stream); }
cudaEvent_t EventOf(GpuEvent event) { return static_cast<cudaEvent_t>(event); }

std::string BytesFor(const char* call, size_t bytes, const char* purpose) {
  return std::string(call) + " of " + std::to_string(bytes) + " bytes" + purpose;
}

std::string LaunchText(GpuKernelId kernel, const GpuLaunch& launch) {
  return std::string("kernel ") + GpuKernelName(kernel) + ", grid " +
         std::to_string(launch.grid_x) + "x" + std::to_string(launch.grid_y) + "x" +
         std::to_string(launch.grid_z) + ", " + std::to_string(launch.threads) + " threads, " +
         std::to_string(launch.shared_bytes) + " bytes of shared memory";
}

std::vector<DeviceKernel> KernelsById() {
  std::vector<DeviceKernel> by_id(kGpuKernelCount);
  for (const auto& family : {LookupDeviceKernels(), DepthwiseDeviceKernels(), TensorDeviceKernels(),
                             ElementwiseDeviceKernels()}) {
    for (const DeviceKernel& kernel : family) by_id[static_cast<size_t>(kernel.id)] = kernel;
  }
  return by_id;
}

}  // namespace

int CudaDeviceCount() {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  Drop(error);
  return error == cudaSuccess ? count : 0;
}

GpuStatus OpenCudaGpu(int device, std::unique_ptr<Gpu>* gpu) {
  return CudartGpu::Open(device, gpu);
}

CudartGpu::CudartGpu(int device)
    : device_(device), kernels_(KernelsById()), has_raised_shared_limit_(kernels_.size()) {}

GpuStatus CudartGpu::Open(int device, std::unique_ptr<Gpu>* gpu) {
  int driver = 0;
  Drop(cudaDriverGetVersion(&driver));
  // Without a driver the runtime calls it too old.
  const char* call = driver == 0 ? "no NVIDIA driver; cudaGetDeviceCount" : "cudaGetDeviceCount";
  int count = 0;
  AXLUT_RETURN_IF_GPU_ERROR(StatusOfCuda(cudaGetDeviceCount(&count), call));
  if (device < 0 || device >= count) {
    return {GpuErrorKind::kNoDevice, "there is no GPU " + std::to_string(device) + "; found " +
                                         std::to_string(count) + ", counted from 0"};
  }
  std::unique_ptr<CudartGpu> opened(new CudartGpu(device));
  AXLUT_USE_DEVICE(device);
  AXLUT_RETURN_IF_GPU_ERROR(opened->ReadProperties());
  AXLUT_RETURN_IF_GPU_ERROR(opened->CheckKernelsRunHere());
  *gpu = std::move(opened);
  return {};
}

GpuStatus CudartGpu::ReadProperties() {
  cudaDeviceProp properties;
  AXLUT_RETURN_IF_GPU_ERROR(
      StatusOfCuda(cudaGetDeviceProperties(&properties, device_), "cudaGetDeviceProperties"));
  properties_.name = properties.name;
  properties_.capability = 10 * properties.major + properties.minor;
  properties_.multiprocessors = properties.multiProcessorCount;
  properties_.memory_bytes = static_cast<int64_t>(properties.totalGlobalMem);
  properties_.shared_bytes = static_cast<int>(properties.sharedMemPerBlock);
  properties_.max_shared_bytes = static_cast<int>(properties.sharedMemPerBlockOptin);
  // No member of cudaDeviceProp any more; a virtual GPU may hide it.
  Drop(cudaDeviceGetAttribute(&properties_.clock_khz, cudaDevAttrClockRate, device_));
  return {};
}

GpuStatus CudartGpu::CheckKernelsRunHere() const {
  if (kernels_.empty()) return {};
  cudaFuncAttributes attributes;
  return StatusOfCuda(cudaFuncGetAttributes(&attributes, kernels_[0].function),
                      properties_.name + " (sm_" + std::to_string(properties_.capability) +
                          ") with kernels for sm_" AXLUT_CUDA_ARCHITECTURES " and later");
}

GpuStatus CudartGpu::Allocate(size_t bytes, const char* purpose, void** memory) {
  AXLUT_USE_DEVICE(device_);
  return StatusOfCuda(cudaMalloc(memory, bytes),
                      BytesFor("cudaMalloc", bytes, " for the ") + purpose);
}

void CudartGpu::Free(void* memory) {
  if (memory == nullptr) return;
  const DeviceScope scope(device_);
  Drop(cudaFree(memory));
}

GpuStatus CudartGpu::CopyToDevice(void* device, const void* host, size_t bytes, GpuStream stream) {
  AXLUT_USE_DEVICE(device_);
  return StatusOfCuda(
      cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, StreamOf(stream)),
      BytesFor("cudaMemcpyAsync", bytes, " to the device"));
}

GpuStatus CudartGpu::CopyToHost(void* host, const void* device, size_t bytes, GpuStream stream) {
  AXLUT_USE_DEVICE(device_);
  return StatusOfCuda(
      cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, StreamOf(stream)),
      BytesFor("cudaMemcpyAsync", bytes, " to the host"));
}

GpuStatus CudartGpu::Fill(void* device, uint8_t value, size_t bytes, GpuStream stream) {
  AXLUT_USE_DEVICE(device_);
  return StatusOfCuda(cudaMemsetAsync(device, value, bytes, StreamOf(stream)),
                      BytesFor("cudaMemsetAsync", bytes, ""));
}

// Waits for the default stream and is waited for by it, like streams that others create without
// further ado: work on both is in the order in which it was queued.
GpuStatus CudartGpu::CreateStream(GpuStream* stream) {
  AXLUT_USE_DEVICE(device_);
  cudaStream_t created = nullptr;
  AXLUT_RETURN_IF_GPU_ERROR(StatusOfCuda(cudaStreamCreate(&created), "cudaStreamCreate"));
  *stream = created;
  return {};
}

void CudartGpu::DestroyStream(GpuStream stream) {
  if (stream == nullptr) return;
  const DeviceScope scope(device_);
  Drop(cudaStreamDestroy(StreamOf(stream)));
}

GpuStatus CudartGpu::Synchronize(GpuStream stream) {
  AXLUT_USE_DEVICE(device_);
  return StatusOfCuda(cudaStreamSynchronize(StreamOf(stream)), "cudaStreamSynchronize");
}

GpuStatus CudartGpu::CreateEvent(GpuEvent* event) {
  AXLUT_USE_DEVICE(device_);
  cudaEvent_t created = nullptr;
  AXLUT_RETURN_IF_GPU_ERROR(StatusOfCuda(cudaEventCreate(&created), "cudaEventCreate"));
  *event = created;
  return {};
}

void CudartGpu::DestroyEvent(GpuEvent event) {
  if (event == nullptr) return;
  const DeviceScope scope(device_);
  Drop(cudaEventDestroy(EventOf(event)));
}

GpuStatus CudartGpu::RecordEvent(GpuEvent event, GpuStream stream) {
  AXLUT_USE_DEVICE(device_);
  return StatusOfCuda(cudaEventRecord(EventOf(event), StreamOf(stream)), "cudaEventRecord");
}

GpuStatus CudartGpu::ElapsedMilliseconds(GpuEvent begin, GpuEvent end, float* milliseconds) {
  AXLUT_USE_DEVICE(device_);
  return StatusOfCuda(cudaEventElapsedTime(milliseconds, EventOf(begin), EventOf(end)),
                      "cudaEventElapsedTime");
}

GpuStatus CudartGpu::CreateTexture(const void* memory, GpuTexel texel, size_t count,
                                   GpuTexture* texture) {
  AXLUT_USE_DEVICE(device_);
  const bool is_uint16 = texel == GpuTexel::kUint16;
  cudaResourceDesc resource = {};
  resource.resType = cudaResourceTypeLinear;
  resource.res.linear.devPtr = const_cast<void*>(memory);
  resource.res.linear.desc = is_uint16
                                 ? cudaCreateChannelDesc(16, 0, 0, 0, cudaChannelFormatKindUnsigned)
                                 : cudaCreateChannelDesc(32, 0, 0, 0, cudaChannelFormatKindSigned);
  resource.res.linear.sizeInBytes = count * (is_uint16 ? sizeof(uint16_t) : sizeof(int32_t));
  cudaTextureDesc description = {};
  description.readMode = cudaReadModeElementType;
  cudaTextureObject_t created = 0;
  AXLUT_RETURN_IF_GPU_ERROR(
      StatusOfCuda(cudaCreateTextureObject(&created, &resource, &description, nullptr),
                   "cudaCreateTextureObject of " + std::to_string(count) +
                       (is_uint16 ? " uint16 texels" : " int32 texels")));
  *texture = created;
  return {};
}

void CudartGpu::DestroyTexture(GpuTexture texture) {
  if (texture == 0) return;
  const DeviceScope scope(device_);
  Drop(cudaDestroyTextureObject(texture));
}

std::string CudartGpu::LaunchError(const DeviceKernel& kernel, const GpuLaunch& launch,
                                   size_t params_bytes) const {
  if (launch.shared_bytes > static_cast<size_t>(properties_.max_shared_bytes)) {
    return "a block of this device has at most " + std::to_string(properties_.max_shared_bytes);
  }
  if (params_bytes != kernel.params_bytes) {
    return "parameters of " + std::to_string(params_bytes) + " bytes, but it takes " +
           std::to_string(kernel.params_bytes);
  }
  return "";
}

GpuStatus CudartGpu::RaiseSharedMemoryLimit(const DeviceKernel& kernel) {
  std::atomic<bool>& has_raised = has_raised_shared_limit_[static_cast<size_t>(kernel.id)];
  if (has_raised.load(std::memory_order_acquire)) return {};
  AXLUT_RETURN_IF_GPU_ERROR(StatusOfCuda(
      cudaFuncSetAttribute(kernel.function, cudaFuncAttributeMaxDynamicSharedMemorySize,
                           properties_.max_shared_bytes),
      "cudaFuncSetAttribute(MaxDynamicSharedMemorySize) to " +
          std::to_string(properties_.max_shared_bytes) + " bytes"));
  has_raised.store(true, std::memory_order_release);
  return {};
}

// cudaLaunchKernel says itself what is wrong with grids and blocks.
GpuStatus CudartGpu::Launch(GpuKernelId id, const GpuLaunch& launch, GpuStream stream,
                            const void* params, size_t params_bytes) {
  const DeviceKernel& kernel = kernels_[static_cast<size_t>(id)];
  const std::string error = LaunchError(kernel, launch, params_bytes);
  if (!error.empty()) {
    return {GpuErrorKind::kLaunchFailed, LaunchText(id, launch) + ": " + error};
  }
  AXLUT_USE_DEVICE(device_);
  if (launch.shared_bytes > static_cast<size_t>(properties_.shared_bytes)) {
    AXLUT_RETURN_IF_GPU_ERROR(RaiseSharedMemoryLimit(kernel).In(LaunchText(id, launch)));
  }
  void* arguments[] = {const_cast<void*>(params)};
  return StatusOfCuda(
      cudaLaunchKernel(kernel.function, dim3(launch.grid_x, launch.grid_y, launch.grid_z),
                       dim3(launch.threads), arguments, launch.shared_bytes, StreamOf(stream)),
      LaunchText(id, launch));
}

}  // namespace axlut
