// SPDX-License-Identifier: MIT
#include "runtime/tf/file_state.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace axlut {

Result<FileState> FileState::Of(const std::string& what, const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    return Error::InvalidInput(
        fmt::format("{} '{}' cannot be read; {}", what, path, std::strerror(errno)));
  }
  FileState state;
  state.device = status.st_dev;
  state.inode = status.st_ino;
  state.size_bytes = status.st_size;
  state.modified_s = status.st_mtim.tv_sec;
  state.modified_ns = status.st_mtim.tv_nsec;
  return state;
}

bool FileState::operator==(const FileState& other) const {
  return device == other.device && inode == other.inode && size_bytes == other.size_bytes &&
         modified_s == other.modified_s && modified_ns == other.modified_ns;
}

}  // namespace axlut
