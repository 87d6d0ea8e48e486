// SPDX-License-Identifier: MIT
// The functions of libcudnn that we call, found when the program runs. Only where cudnn.h was found
// when it was built.
#pragma once

#include <cudnn.h>

#include <string>

#include "runtime/base/result.h"

namespace axlut {

#define AXLUT_CUDNN_FUNCTIONS(X)             \
  X(cudnnCreate)                             \
  X(cudnnDestroy)                            \
  X(cudnnSetStream)                          \
  X(cudnnGetErrorString)                     \
  X(cudnnCreateTensorDescriptor)             \
  X(cudnnDestroyTensorDescriptor)            \
  X(cudnnSetTensor4dDescriptor)              \
  X(cudnnCreateFilterDescriptor)             \
  X(cudnnDestroyFilterDescriptor)            \
  X(cudnnSetFilter4dDescriptor)              \
  X(cudnnCreateConvolutionDescriptor)        \
  X(cudnnDestroyConvolutionDescriptor)       \
  X(cudnnSetConvolution2dDescriptor)         \
  X(cudnnSetConvolutionGroupCount)           \
  X(cudnnSetConvolutionMathType)             \
  X(cudnnGetConvolutionForwardAlgorithm_v7)  \
  X(cudnnGetConvolutionForwardWorkspaceSize) \
  X(cudnnConvolutionForward)

struct CudnnLibrary {
#define AXLUT_CUDNN_MEMBER(name) decltype(&::name) name = nullptr;
  AXLUT_CUDNN_FUNCTIONS(AXLUT_CUDNN_MEMBER)
#undef AXLUT_CUDNN_MEMBER

  // nullptr if there is no libcudnn.so.9, or one without a function of the list. Loaded once.
  static const CudnnLibrary* Load();
};

}  // namespace axlut
