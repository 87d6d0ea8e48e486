// SPDX-License-Identifier: MIT
#include "kernels/cuda/device/cudart_error.h"

namespace axlut {

GpuErrorKind KindOfCudaError(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return GpuErrorKind::kNone;
    case cudaErrorMemoryAllocation:
      return GpuErrorKind::kOutOfMemory;
    case cudaErrorNoDevice:
    case cudaErrorInvalidDevice:
    case cudaErrorDevicesUnavailable:
    case cudaErrorInsufficientDriver:
    case cudaErrorInitializationError:
    case cudaErrorSystemNotReady:
    case cudaErrorSystemDriverMismatch:
    case cudaErrorCompatNotSupportedOnDevice:
    case cudaErrorStubLibrary:
      return GpuErrorKind::kNoDevice;
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorInvalidDeviceFunction:
    case cudaErrorInvalidKernelImage:
    case cudaErrorInvalidPtx:
    case cudaErrorUnsupportedPtxVersion:
    case cudaErrorJitCompilerNotFound:
    case cudaErrorJitCompilationDisabled:
    case cudaErrorNotSupported:
      return GpuErrorKind::kUnsupported;
    case cudaErrorLaunchFailure:
    case cudaErrorLaunchTimeout:
    case cudaErrorLaunchOutOfResources:
    case cudaErrorInvalidConfiguration:
    case cudaErrorIllegalAddress:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorIllegalInstruction:
    case cudaErrorInvalidPc:
    case cudaErrorHardwareStackError:
    case cudaErrorAssert:
      return GpuErrorKind::kLaunchFailed;
    default:
      return GpuErrorKind::kOther;
  }
}

GpuStatus StatusOfCuda(cudaError_t error, const std::string& call) {
  if (error == cudaSuccess) return {};
  cudaGetLastError();
  return {KindOfCudaError(error),
          call + ": " + cudaGetErrorString(error) + " (" + cudaGetErrorName(error) + ")"};
}

}  // namespace axlut
