// SPDX-License-Identifier: MIT
// What scripts/check_cuda_budget.py asks of C++:
//   cuda_kernel_resources names       a line "id type" per kernel; type: KernelOf of the function,
//                                     mangled
//   cuda_kernel_resources occupancy   for every line "architecture registers barriers threads
//                                     shared_bytes" of the input, "blocks_per_sm percent"
// No driver and no GPU needed.
#include <cuda_occupancy.h>

#include <iostream>
#include <string>

#include "kernels/cuda/device/device_kernels.h"

namespace axlut {
namespace {

// Of the CUDA programming guide's table of compute capabilities.
struct Multiprocessor {
  int capability;
  int threads;
  int shared_kib;
};
constexpr Multiprocessor kMultiprocessors[] = {
    {75, 1024, 64},  {80, 2048, 164}, {86, 1536, 100},  {87, 1536, 164},
    {89, 1536, 100}, {90, 2048, 228}, {100, 2048, 228},
};

cudaOccDeviceProp PropertiesOf(const Multiprocessor& multiprocessor) {
  cudaOccDeviceProp properties;
  properties.computeMajor = multiprocessor.capability / 10;
  properties.computeMinor = multiprocessor.capability % 10;
  properties.maxThreadsPerBlock = 1024;
  properties.maxThreadsPerMultiprocessor = multiprocessor.threads;
  properties.regsPerBlock = 65536;
  properties.regsPerMultiprocessor = 65536;
  properties.warpSize = 32;
  properties.sharedMemPerBlock = 48 * 1024;
  properties.sharedMemPerMultiprocessor = static_cast<size_t>(multiprocessor.shared_kib) * 1024;
  properties.numSms = 1;
  // From 8.0 on the driver keeps 1 KiB per block for itself.
  properties.reservedSharedMemPerBlock = multiprocessor.capability >= 80 ? 1024 : 0;
  properties.sharedMemPerBlockOptin =
      properties.sharedMemPerMultiprocessor - properties.reservedSharedMemPerBlock;
  return properties;
}

struct Question {
  int architecture, registers, barriers, threads, shared_bytes;
};

// Blocks per multiprocessor; -1 if NVIDIA's header does not take the question.
int BlocksPerMultiprocessor(const cudaOccDeviceProp& properties, const Question& question) {
  cudaOccFuncAttributes attributes;
  attributes.maxThreadsPerBlock = question.threads;
  attributes.numRegs = question.registers;
  attributes.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN;
  attributes.maxDynamicSharedSizeBytes = properties.sharedMemPerBlockOptin;
  attributes.numBlockBarriers = question.barriers;
  const cudaOccDeviceState state;
  cudaOccResult result;
  const cudaOccError error = cudaOccMaxActiveBlocksPerMultiprocessor(
      &result, &properties, &attributes, &state, question.threads,
      static_cast<size_t>(question.shared_bytes));
  return error == CUDA_OCC_SUCCESS ? result.activeBlocksPerMultiprocessor : -1;
}

int AnswerOccupancies() {
  Question q;
  while (std::cin >> q.architecture >> q.registers >> q.barriers >> q.threads >> q.shared_bytes) {
    const Multiprocessor* found = nullptr;
    for (const Multiprocessor& candidate : kMultiprocessors) {
      if (candidate.capability == q.architecture) found = &candidate;
    }
    const int blocks = found == nullptr ? -1 : BlocksPerMultiprocessor(PropertiesOf(*found), q);
    if (blocks < 0) {
      std::cerr << "cuda_kernel_resources: no occupancy for sm_" << q.architecture << ", "
                << q.registers << " registers, " << q.threads << " threads, " << q.shared_bytes
                << " bytes of shared memory\n";
      return 1;
    }
    std::cout << blocks << " " << 100 * blocks * q.threads / found->threads << "\n";
  }
  return 0;
}

int PrintNames() {
  for (const auto& family : {LookupDeviceKernels(), DepthwiseDeviceKernels(), TensorDeviceKernels(),
                             ElementwiseDeviceKernels()}) {
    for (const DeviceKernel& kernel : family) {
      std::cout << GpuKernelName(kernel.id) << " " << kernel.type_name << "\n";
    }
  }
  return 0;
}

}  // namespace
}  // namespace axlut

int main(int argc, char** argv) {
  const std::string command = argc == 2 ? argv[1] : "";
  if (command == "names") return axlut::PrintNames();
  if (command == "occupancy") return axlut::AnswerOccupancies();
  std::cerr << "cuda_kernel_resources: names or occupancy, not '" << command << "'\n";
  return 2;
}
