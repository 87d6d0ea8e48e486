// SPDX-License-Identifier: MIT
#include "runtime/base/result.h"

#include <cstdio>
#include <cstdlib>

namespace axlut {

std::string Error::ToString() const {
  std::string text;
  if (!where_.file.empty()) {
    text += where_.file + ":";
    if (where_.line > 0) text += std::to_string(where_.line) + ":";
    if (where_.line > 0 && where_.column > 0) text += std::to_string(where_.column) + ":";
    text += " ";
  }
  text += "error: " + message_;
  if (!id_.empty()) text += " [" + id_ + "]";
  for (const std::string& detail : details_) text += "\n" + detail;
  return text;
}

namespace internal {

void CheckFailed(const char* file, int line, const std::string& what) {
  std::fprintf(stderr, "%s:%d: axlut internal check failed: %s\n", file, line, what.c_str());
  std::abort();
}

}  // namespace internal
}  // namespace axlut
