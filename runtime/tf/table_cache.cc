// SPDX-License-Identifier: MIT
#include "runtime/tf/table_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "runtime/table/sign_magnitude.h"
#include "runtime/table/stored_table.h"
#include "runtime/tf/tfapprox_table.h"

namespace axlut {
namespace {

// An 8x8 table with its packed forms takes about half a megabyte. Layers hold their own reference,
// so dropping one here costs at most that it is loaded again.
constexpr size_t kMaxEntries = 256;

}  // namespace

Result<OperandEncoding> ParseEncoding(const std::string& name) {
  if (name == "affine") return OperandEncoding::kAffine;
  if (name == "sign_magnitude") return OperandEncoding::kSignMagnitude;
  return Error::InvalidInput(
      fmt::format("encoding must be 'affine' or 'sign_magnitude'; it is '{}'", name));
}

bool TableCache::Key::operator<(const Key& other) const {
  return std::tie(path, encoding, tfapprox_bits) <
         std::tie(other.path, other.encoding, other.tfapprox_bits);
}

TableCache& TableCache::Global() {
  // Never destroyed: threads of TensorFlow may still run ops while the process exits.
  static TableCache* const cache = new TableCache;
  return *cache;
}

Result<std::shared_ptr<const LutTable>> TableCache::Get(const std::string& path,
                                                        OperandEncoding encoding) {
  // Held while loading too: layers that start together wait for one load instead of each doing it.
  const std::lock_guard<std::mutex> lock(mutex_);
  // The state from before the read: a file that changes meanwhile is read again by the next call.
  AXLUT_ASSIGN_OR_RETURN(const FileState state, FileState::Of("table", path));
  return GetLocked({path, encoding}, state);
}

Result<std::shared_ptr<const LutTable>> TableCache::GetTfapprox(const std::string& mul_map_file,
                                                                int64_t num_bits) {
  const std::lock_guard<std::mutex> lock(mutex_);
  FileState state;  // of no file: always the same
  if (!mul_map_file.empty()) {
    AXLUT_ASSIGN_OR_RETURN(state, FileState::Of("table", mul_map_file));
  }
  return GetLocked({mul_map_file, OperandEncoding::kAffine, num_bits}, state);
}

Result<std::shared_ptr<const LutTable>> TableCache::GetLocked(const Key& key,
                                                              const FileState& state) {
  const auto known = entries_.find(key);
  if (known != entries_.end() && known->second.state == state) {
    known->second.last_use = ++uses_;
    return known->second.table;
  }
  AXLUT_ASSIGN_OR_RETURN(std::shared_ptr<const LutTable> table, Load(key, state));
  entries_[key] = Entry{state, table, ++uses_};
  if (entries_.size() > kMaxEntries) DropLeastRecentlyUsed();
  return table;
}

Result<std::shared_ptr<const LutTable>> TableCache::Load(const Key& key, const FileState& state) {
  const std::string& path = key.path;
  const auto equal_one = [this](const TruthTable& table) -> std::shared_ptr<const LutTable> {
    for (const auto& [other, entry] : entries_) {
      if (entry.table->table() == table) return entry.table;
    }
    return nullptr;
  };
  if (key.tfapprox_bits) {
    AXLUT_ASSIGN_OR_RETURN(TruthTable table, LoadTfapproxTable(path, *key.tfapprox_bits));
    if (auto shared = equal_one(table)) return shared;
    return LutTable::Create(std::move(table));
  }
  if (key.encoding == OperandEncoding::kSignMagnitude) {
    AXLUT_ASSIGN_OR_RETURN(const std::shared_ptr<const LutTable> magnitudes,
                           GetLocked({path, OperandEncoding::kAffine}, state));
    Result<TruthTable> table = SignMagnitudeTable(magnitudes->table());
    if (!table.ok()) return Error(table.error()).At({path});
    if (auto shared = equal_one(*table)) return shared;
    return LutTable::Create(std::move(*table));
  }
  AXLUT_ASSIGN_OR_RETURN(StoredTable stored, LoadTable(path));
  if (auto shared = equal_one(stored.table)) return shared;
  auto table = LutTable::Create(std::move(stored.table), stored.plan);
  if (!table.ok()) return Error(table.error()).At({path});
  return table;
}

void TableCache::DropLeastRecentlyUsed() {
  entries_.erase(std::min_element(
      entries_.begin(), entries_.end(),
      [](const auto& l, const auto& r) { return l.second.last_use < r.second.last_use; }));
}

}  // namespace axlut
