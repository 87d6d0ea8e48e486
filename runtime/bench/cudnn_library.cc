// SPDX-License-Identifier: MIT
#include "runtime/bench/cudnn_library.h"

#include <dlfcn.h>

namespace axlut {
namespace {

bool LoadInto(CudnnLibrary* library) {
  // Stays loaded: its kernels may run until the process ends.
  void* const handle = dlopen("libcudnn.so.9", RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return false;
  bool is_complete = true;
#define AXLUT_CUDNN_LOAD(name)                                                     \
  library->name = reinterpret_cast<decltype(library->name)>(dlsym(handle, #name)); \
  is_complete = is_complete && library->name != nullptr;
  AXLUT_CUDNN_FUNCTIONS(AXLUT_CUDNN_LOAD)
#undef AXLUT_CUDNN_LOAD
  return is_complete;
}

}  // namespace

const CudnnLibrary* CudnnLibrary::Load() {
  static CudnnLibrary library;
  static const bool is_loaded = LoadInto(&library);
  return is_loaded ? &library : nullptr;
}

}  // namespace axlut
