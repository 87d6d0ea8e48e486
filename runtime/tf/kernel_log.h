// SPDX-License-Identifier: MIT
// Which kernel an op runs, said in TensorFlow's log for whoever asks by AXLUT_VERBOSE=1: a result
// that does not change with the table or the instruction set should have a visible reason.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "kernels/conv2d.h"
#include "runtime/nn/lut_conv2d.h"

namespace axlut {

class KernelLog {
 public:
  // Whether the environment has AXLUT_VERBOSE=1; looked up once per process.
  static bool IsOn();

  // The line for op `name` that runs `layer`: "conv1: n8h28w28c128 * 3x3x128x128 by
  // direct_avx512vbmi, plan: table". None if the last one was the same. Any thread may call.
  std::optional<std::string> Line(const std::string& name, const LutConv2d& layer);
  // The same for any problem: "conv1: <problem> by <kernel>".
  std::optional<std::string> Line(const std::string& name, const std::string& problem,
                                  const std::string& kernel);

 private:
  std::mutex mutex_;
  std::string last_;
};

}  // namespace axlut
