// SPDX-License-Identifier: MIT
#include "runtime/tf/table_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/table/stored_table.h"

namespace axlut {
namespace {

// An 8x8 table with its packed forms takes about half a megabyte. Layers hold their own reference,
// so dropping one here costs at most that it is loaded again.
constexpr size_t kMaxEntries = 256;

}  // namespace

bool TableCache::FileState::operator==(const FileState& other) const {
  return device == other.device && inode == other.inode && size_bytes == other.size_bytes &&
         modified_s == other.modified_s && modified_ns == other.modified_ns;
}

TableCache& TableCache::Global() {
  // Never destroyed: threads of TensorFlow may still run ops while the process exits.
  static TableCache* const cache = new TableCache;
  return *cache;
}

Result<TableCache::FileState> TableCache::StateOf(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    return Error::InvalidInput(
        fmt::format("table '{}' cannot be read; {}", path, std::strerror(errno)));
  }
  FileState state;
  state.device = status.st_dev;
  state.inode = status.st_ino;
  state.size_bytes = status.st_size;
  state.modified_s = status.st_mtim.tv_sec;
  state.modified_ns = status.st_mtim.tv_nsec;
  return state;
}

Result<std::shared_ptr<const LutTable>> TableCache::Get(const std::string& path) {
  // Held while loading too: layers that start together wait for one load instead of each doing it.
  const std::lock_guard<std::mutex> lock(mutex_);
  // The state from before the read: a file that changes meanwhile is read again by the next call.
  AXLUT_ASSIGN_OR_RETURN(const FileState state, StateOf(path));
  const auto known = entries_.find(path);
  if (known != entries_.end() && known->second.state == state) {
    known->second.last_use = ++uses_;
    return known->second.table;
  }
  AXLUT_ASSIGN_OR_RETURN(std::shared_ptr<const LutTable> table, Load(path));
  entries_[path] = Entry{state, table, ++uses_};
  if (entries_.size() > kMaxEntries) DropLeastRecentlyUsed();
  return table;
}

Result<std::shared_ptr<const LutTable>> TableCache::Load(const std::string& path) const {
  AXLUT_ASSIGN_OR_RETURN(StoredTable stored, LoadTable(path));
  for (const auto& [other_path, entry] : entries_) {
    if (entry.table->table() == stored.table) return entry.table;
  }
  return LutTable::Create(std::move(stored.table), stored.plan);
}

void TableCache::DropLeastRecentlyUsed() {
  entries_.erase(std::min_element(
      entries_.begin(), entries_.end(),
      [](const auto& l, const auto& r) { return l.second.last_use < r.second.last_use; }));
}

}  // namespace axlut
