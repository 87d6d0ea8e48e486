// SPDX-License-Identifier: MIT
#include "runtime/tf/kernel_log.h"

#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

namespace axlut {

bool KernelLog::IsOn() {
  static const bool is_on = [] {
    const char* const value = std::getenv("AXLUT_VERBOSE");
    return value != nullptr && std::string_view(value) == "1";
  }();
  return is_on;
}

std::optional<std::string> KernelLog::Line(const std::string& name, const LutConv2d& layer) {
  const Conv2dShape& s = layer.shape();
  return Line(name,
              fmt::format("n{}h{}w{}c{} * {}x{}x{}x{}", s.batch, s.in_h, s.in_w, s.in_c, s.kernel_h,
                          s.kernel_w, s.GroupInC(), s.out_c),
              fmt::format("{}, plan: {}", layer.kernel_name(), layer.plan_name()));
}

std::optional<std::string> KernelLog::Line(const std::string& name, const std::string& problem,
                                           const std::string& kernel) {
  std::string line = fmt::format("{}: {} by {}", name, problem, kernel);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (line == last_) return std::nullopt;
  last_ = line;
  return line;
}

}  // namespace axlut
