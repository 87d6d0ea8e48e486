// SPDX-License-Identifier: MIT
// What a GPU call came to: done, or a message that names the call, what it was for, and the reason.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace axlut {

enum class GpuErrorKind : uint8_t {
  kNone,
  kInvalidArgument,  // the caller's: a shape or an option that no kernel takes
  kNoDevice,         // no GPU, or no driver
  kUnsupported,      // the device lacks what the call needs
  kOutOfMemory,
  kLaunchFailed,  // a kernel could not be started, or an earlier one failed
  kOther,
};

class [[nodiscard]] GpuStatus {
 public:
  GpuStatus() = default;  // done
  GpuStatus(GpuErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  bool ok() const { return kind_ == GpuErrorKind::kNone; }
  GpuErrorKind kind() const { return kind_; }
  // "cudaMalloc of 134217728 bytes for the table: out of memory".
  const std::string& message() const { return message_; }
  // The same with what was being done in front: "conv2d n1h28w28c128_k3x3o128...: cudaMalloc ...".
  GpuStatus In(const std::string& what) const {
    return ok() ? *this : GpuStatus(kind_, what + ": " + message_);
  }

 private:
  GpuErrorKind kind_ = GpuErrorKind::kNone;
  std::string message_;
};

#define AXLUT_RETURN_IF_GPU_ERROR(expression)                                     \
  do {                                                                            \
    if (::axlut::GpuStatus status_ = (expression); !status_.ok()) return status_; \
  } while (false)

}  // namespace axlut
