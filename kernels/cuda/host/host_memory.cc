// SPDX-License-Identifier: MIT
#include "kernels/cuda/host/host_memory.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace axlut {
namespace {

constexpr uint8_t kUninitialized = 0xCD;
constexpr uint8_t kFreed = 0xDD;
constexpr uint8_t kGuard = 0xB7;
#ifdef __SANITIZE_ADDRESS__
constexpr size_t kGuardBytes = 0;  // malloc's red zones begin at the very next byte
#else
constexpr size_t kGuardBytes = 1024;
#endif
static_assert(kGuardBytes % HostMemory::kAlignment == 0);

}  // namespace

HostMemory::~HostMemory() {
  for (const auto& [memory, block] : blocks_) std::free(block.base);
}

void* HostMemory::Allocate(size_t bytes, const char* purpose) {
  void* base = nullptr;
  if (posix_memalign(&base, kAlignment, bytes + 2 * kGuardBytes) != 0) return nullptr;
  Block block{static_cast<uint8_t*>(base), bytes, purpose};
  uint8_t* const memory = block.base + kGuardBytes;
  std::memset(block.base, kGuard, kGuardBytes);
  std::memset(memory, kUninitialized, bytes);
  std::memset(memory + bytes, kGuard, kGuardBytes);
  blocks_.emplace(memory, std::move(block));
  allocated_bytes_ += bytes;
  return memory;
}

void HostMemory::Free(void* memory) {
  const auto found = blocks_.find(static_cast<uint8_t*>(memory));
  if (found == blocks_.end()) {
    std::fprintf(stderr, "cuda_on_host: Free of %p, which was not allocated or is free already\n",
                 memory);
    std::abort();
  }
  CheckGuard(found->first, found->second);
  std::memset(memory, kFreed, found->second.bytes);
  std::free(found->second.base);
  allocated_bytes_ -= found->second.bytes;
  blocks_.erase(found);
}

bool HostMemory::Holds(const void* memory, size_t bytes) const {
  const uint8_t* const begin = static_cast<const uint8_t*>(memory);
  auto after = blocks_.upper_bound(const_cast<uint8_t*>(begin));
  if (after == blocks_.begin()) return false;
  const auto& [start, block] = *--after;
  const size_t offset = static_cast<size_t>(begin - start);
  return offset <= block.bytes && bytes <= block.bytes - offset;
}

void HostMemory::CheckGuard(const uint8_t* memory, const Block& block) {
  const auto is_written = [](uint8_t byte) { return byte != kGuard; };
  const uint8_t* const end = memory + block.bytes;
  const uint8_t* written = std::find_if(end, end + kGuardBytes, is_written);
  if (written == end + kGuardBytes) {
    written = std::find_if(static_cast<const uint8_t*>(block.base), memory, is_written);
    if (written == memory) return;
  }
  std::fprintf(stderr,
               "cuda_on_host: write outside of the %zu bytes for the %s, at offset %td (build with "
               "AddressSanitizer to see where)\n",
               block.bytes, block.purpose.c_str(), written - memory);
  std::abort();
}

void HostMemory::CheckGuards() const {
  for (const auto& [memory, block] : blocks_) CheckGuard(memory, block);
}

std::string HostMemory::Describe() const {
  std::string text;
  for (const auto& [memory, block] : blocks_) {
    text += (text.empty() ? "" : ", ") + std::to_string(block.bytes) + " bytes for the " +
            block.purpose;
  }
  return text;
}

}  // namespace axlut
