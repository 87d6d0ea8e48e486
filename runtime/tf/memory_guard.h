// SPDX-License-Identifier: MIT
// What ops work with beside tensors lies in standard containers, which throw where TensorFlow's
// allocator returns a status.
#pragma once

#include <new>

#include "tensorflow/core/framework/op_kernel.h"

namespace axlut {

// body(), which returns a status; ResourceExhausted if it finds no memory. Not for what runs on
// other threads.
template <typename Body>
absl::Status WithinMemory(const tensorflow::OpKernelContext* context, const Body& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(context->op_kernel().type_string() +
                                        " needs more memory than there is beside its tensors");
  }
}

}  // namespace axlut
