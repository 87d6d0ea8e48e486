// SPDX-License-Identifier: MIT
// The kernels of kernel_list.h as g++ compiled them. A host_kernels_<family>.cc per family fills
// its part of the table from the family's kernels.inc.
#pragma once

#include <array>
#include <cstddef>

#include "kernels/cuda/kernel_list.h"

namespace axlut {

struct HostKernel {
  const char* name = "";
  void (*run)(const void* params) = nullptr;  // one thread
  size_t params_bytes = 0;
};

namespace on_host {

template <typename Params, void (*kKernel)(Params)>
void RunKernelThread(const void* params) {
  kKernel(*static_cast<const Params*>(params));
}

template <typename Params, void (*kKernel)(Params)>
HostKernel MakeHostKernel(const char* name) {
  return {name, &RunKernelThread<Params, kKernel>, sizeof(Params)};
}

}  // namespace on_host

// By GpuKernelId.
using HostKernelTable = std::array<HostKernel, kGpuKernelCount>;
void AddLookupHostKernels(HostKernelTable* table);
void AddDepthwiseHostKernels(HostKernelTable* table);
void AddTensorHostKernels(HostKernelTable* table);
void AddElementwiseHostKernels(HostKernelTable* table);

const HostKernel& FindHostKernel(GpuKernelId id);

}  // namespace axlut
