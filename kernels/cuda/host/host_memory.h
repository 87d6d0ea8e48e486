// SPDX-License-Identifier: MIT
// The device memory of an emulated GPU: allocations with guards around them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace axlut {

// Not thread-safe.
class HostMemory {
 public:
  // As cudaMalloc aligns in practice; textures need it.
  static constexpr size_t kAlignment = 512;

  ~HostMemory();

  // Filled with a pattern, so that no one relies on zeros; nullptr if there is no such memory.
  void* Allocate(size_t bytes, const char* purpose);
  // Aborts unless Allocate() gave `memory`.
  void Free(void* memory);

  // Whether an allocation holds all of it.
  bool Holds(const void* memory, size_t bytes) const;
  // Aborts if anything was written just before or behind an allocation. (With AddressSanitizer that
  // reports the write itself instead.)
  void CheckGuards() const;

  size_t allocated_bytes() const { return allocated_bytes_; }
  size_t count() const { return blocks_.size(); }
  // "4096 bytes for the table, 16 bytes for sums".
  std::string Describe() const;

 private:
  struct Block {
    uint8_t* base = nullptr;  // where the guard before the memory begins
    size_t bytes = 0;
    std::string purpose;
  };
  static void CheckGuard(const uint8_t* memory, const Block& block);

  std::map<uint8_t*, Block> blocks_;  // by their memory
  size_t allocated_bytes_ = 0;
};

}  // namespace axlut
