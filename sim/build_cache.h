// SPDX-License-Identifier: MIT
// A folder of built files that are found again by the hash of what they were built from.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace axlut {

// Safe against concurrent builds (a file appears complete, by rename), against damage (every file
// carries a hash of itself, which is checked on each use: a bad one counts as absent) and against
// growth (the least recently used files go). One file holds the built object (an executable or an
// object file: ELF tolerates what follows it) and a text about it.
class BuildCache {
 public:
  // ${AXLUT_CACHE_DIR:-${XDG_CACHE_HOME:-~/.cache}/axlut}/sim, made if it is not there. nullopt if
  // there is no such place or it cannot be written: callers then build without a cache.
  static std::optional<BuildCache> Open();
  // The folder that Open() uses, or "" if the environment names none.
  static std::string DefaultFolder();

  const std::string& folder() const { return folder_; }

  struct Entry {
    std::string path;
    std::string text;  // what Publish() was given
  };
  std::optional<Entry> Find(const std::string& key) const;

  // Makes `object` (the bytes of a built file; empty if there is only a text) and `text` found
  // under `key`. Replaces a damaged entry; if another process was first, either is good.
  Result<Entry> Publish(const std::string& key, std::string_view object,
                        const std::string& text) const;

 private:
  explicit BuildCache(std::string folder) : folder_(std::move(folder)) {}
  void RemoveLeastRecentlyUsed() const;

  std::string folder_;
};

}  // namespace axlut
