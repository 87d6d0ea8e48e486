// SPDX-License-Identifier: MIT
#include "runtime/base/file_io.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace axlut {
namespace {

Error FileError(const std::string& path, const std::string& what, int error_number) {
  return Error::InvalidInput(fmt::format("{}: {}", what, std::strerror(error_number))).At({path});
}

// Closes on every way out.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  // Some file systems (NFS, quotas) report a failed write only here. 0 or -1 and errno.
  int Close() { return ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

Error TooLarge(const std::string& path, uint64_t limit) {
  return Error::InvalidInput(fmt::format("file must not be larger than {} bytes", limit))
      .At({path});
}

// Appends to `bytes` up to the end of the file. The size that fstat gave is a hint only: files of
// /proc say 0, and a file can grow while it is read.
template <typename Bytes>
Result<void> ReadToEnd(int fd, const std::string& path, uint64_t size_hint, uint64_t limit,
                       Bytes* bytes) {
  uint64_t size = 0;
  bytes->resize(size_hint + 1);  // one more, so that the end is seen without growing
  while (true) {
    if (size == bytes->size()) bytes->resize(2 * bytes->size());
    const ssize_t count = ::read(fd, bytes->data() + size, bytes->size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError(path, "file cannot be read", errno);
    if (count == 0) break;
    size += static_cast<uint64_t>(count);
    if (size > limit) return TooLarge(path, limit);
  }
  bytes->resize(size);
  return {};
}

template <typename Bytes>
Result<Bytes> ReadWhole(const std::string& path, uint64_t limit) {
  // O_NONBLOCK: opening a pipe must not wait for its other end.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return FileError(path, "file cannot be opened", errno);
  struct stat info;
  if (::fstat(file.get(), &info) != 0) return FileError(path, "file cannot be examined", errno);
  if (S_ISDIR(info.st_mode)) {
    return Error::InvalidInput("a file is needed, but this is a directory").At({path});
  }
  if (!S_ISREG(info.st_mode)) {
    return Error::InvalidInput("a regular file is needed, but this is a pipe, socket or device")
        .At({path});
  }
  const uint64_t size = static_cast<uint64_t>(info.st_size);
  if (size > limit) return TooLarge(path, limit);
  Bytes bytes;
  AXLUT_RETURN_IF_ERROR(ReadToEnd(file.get(), path, size, limit, &bytes));
  return bytes;
}

// 0, or the errno of the write that failed.
int WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return 0;
}

// A symbolic link is followed, so that the file it names is replaced and not the link.
std::string FollowLinks(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return path;  // a new file
  std::string result = resolved;
  std::free(resolved);
  return result;
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Makes the rename itself survive a power cut; an error here no longer concerns the content.
void SyncFolder(const std::string& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() >= 0) ::fsync(descriptor.get());
}

// Opens a file of a name that nobody uses. Created with mode 0666 as ordinary files are, so that
// the user's umask decides (mkstemp's 0600 would hide results from a group).
int OpenTemporary(const std::string& folder, std::string* path) {
  static std::atomic<unsigned> counter{0};
  int fd = -1;
  do {
    *path = fmt::format("{}/.axlut-{}-{}.tmp", folder, ::getpid(), counter++);
    fd = ::open(path->c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (fd < 0 && errno == EEXIST);
  return fd;
}

// Devices and pipes (/dev/null, /dev/stdout) have no content to protect and cannot be replaced.
Result<void> WriteInPlace(const std::string& path, std::string_view bytes) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0) return FileError(path, "file cannot be opened for writing", errno);
  const int error_number = WriteAll(file.get(), bytes);
  if (error_number != 0) return FileError(path, "file cannot be written", error_number);
  return {};
}

Result<void> WriteStandardOutput(std::string_view bytes) {
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size();
  if (!written || std::fflush(stdout) != 0) {
    return FileError("-", "standard output cannot be written", errno);
  }
  return {};
}

// Fills and syncs the temporary file; `mode` is given when an existing file is replaced. 0 or
// errno.
int FillTemporary(Descriptor* file, std::string_view bytes, const struct stat* replaced) {
  const int error_number = WriteAll(file->get(), bytes);
  if (error_number != 0) return error_number;
  if (replaced != nullptr && ::fchmod(file->get(), replaced->st_mode & 07777) != 0) return errno;
  if (::fsync(file->get()) != 0) return errno;
  return file->Close() == 0 ? 0 : errno;
}

}  // namespace

Result<std::vector<uint8_t>> ReadFile(const std::string& path, uint64_t limit) {
  return ReadWhole<std::vector<uint8_t>>(path, limit);
}

Result<std::string> ReadTextFile(const std::string& path, uint64_t limit) {
  return ReadWhole<std::string>(path, limit);
}

Result<void> WriteFileAtomically(const std::string& path, std::string_view bytes) {
  if (path == "-") return WriteStandardOutput(bytes);
  const std::string target = FollowLinks(path);
  struct stat existing;
  const bool exists = ::stat(target.c_str(), &existing) == 0;
  if (exists && S_ISDIR(existing.st_mode)) {
    return Error::InvalidInput("a file is to be written, but this is a directory").At({path});
  }
  if (exists && !S_ISREG(existing.st_mode)) return WriteInPlace(target, bytes);
  const std::string folder = FolderOf(target);
  std::string temporary;
  Descriptor file(OpenTemporary(folder, &temporary));
  if (file.get() < 0) return FileError(path, "file cannot be created", errno);
  int error_number = FillTemporary(&file, bytes, exists ? &existing : nullptr);
  if (error_number == 0 && ::rename(temporary.c_str(), target.c_str()) != 0) error_number = errno;
  if (error_number != 0) {
    ::unlink(temporary.c_str());
    return FileError(path, "file cannot be written", error_number);
  }
  SyncFolder(folder);
  return {};
}

std::string FileStem(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const size_t dot = name.rfind('.');
  // The dot of a hidden file (".bashrc") begins no extension.
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

std::string FileExtension(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0) return "";
  std::string extension = name.substr(dot);
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return extension;
}

}  // namespace axlut
