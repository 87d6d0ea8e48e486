// SPDX-License-Identifier: MIT
#include "kernels/cuda/host/intrinsics_on_host.h"

namespace axlut::on_host {

void FailFetch(unsigned long long texture, int32_t index, const char* texel, CallSite site) {
  const auto* found = reinterpret_cast<const HostTexture*>(texture);
  if (found == nullptr) FailKernel(site, "%s fetch from a null texture", texel);
  if (found->is_destroyed) FailKernel(site, "%s fetch from a destroyed texture", texel);
  const bool is_uint16 = found->uint16_count > 0;
  if (is_uint16 != (texel[0] == 'u')) {
    FailKernel(site, "%s fetch from a texture of %s texels", texel, is_uint16 ? "uint16" : "int32");
  }
  FailKernel(site, "%s fetch of texel %d from a texture of %zu", texel, index,
             is_uint16 ? found->uint16_count : found->int32_count);
}

namespace {

// Element `i` of four packed ones.
uint32_t U8(uint64_t word, int i) { return static_cast<uint8_t>(word >> (8 * i)); }
uint32_t S8(uint64_t word, int i) {
  return static_cast<uint32_t>(static_cast<int32_t>(static_cast<int8_t>(word >> (8 * i))));
}

// Row `row` of A (four packed k in lane 4 row + k / 4) times column `column` of B (likewise), 16 k.
uint32_t Dot16(const WarpValues& values, int row, int column, int word_a, int shift_a, int word_b,
               int shift_b) {
  uint32_t sum = 0;
  for (int quad = 0; quad < 4; ++quad) {
    const uint64_t a = values.words[4 * row + quad][word_a] >> shift_a;
    const uint64_t b = values.words[4 * column + quad][word_b] >> shift_b;
    for (int i = 0; i < 4; ++i) sum += U8(a, i) * S8(b, i);
  }
  return sum;
}

}  // namespace

// PTX ISA, "Matrix Fragments for mma.m16n8k32": with group = lane / 4 and quad = lane % 4,
//   a[0], a[2]: row group,     k 4 quad + 0..3 and 16 more;  a[1], a[3]: row group + 8
//   b[0], b[1]: column group,  k 4 quad + 0..3 and 16 more
//   d[0], d[1]: row group,     columns 2 quad and 2 quad + 1;  d[2], d[3]: row group + 8
void MmaU8S8(int32_t (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], const char* file,
             int line) {
  const auto pack = [](uint32_t low, uint32_t high) {
    return (static_cast<uint64_t>(high) << 32) | low;
  };
  const uint64_t words[] = {pack(a[0], a[2]), pack(a[1], a[3]), pack(b[0], b[1])};
  const WarpValues& values = MeetWarp(Rendezvous::kMma, kFullWarp, words, 3, {file, line});
  const int group = static_cast<int>(LaneOfThisThread() / 4);
  const int quad = static_cast<int>(LaneOfThisThread() % 4);
  for (int i = 0; i < 4; ++i) {
    const int column = 2 * quad + i % 2;
    const uint32_t low = Dot16(values, group, column, i / 2, 0, 2, 0);
    const uint32_t high = Dot16(values, group, column, i / 2, 32, 2, 32);
    d[i] = static_cast<int32_t>(static_cast<uint32_t>(d[i]) + low + high);
  }
}

// "Matrix Fragments for mma.m8n8k16": as above without the second row and the second 16 k.
void MmaU8S8(int32_t (&d)[2], uint32_t a, uint32_t b, const char* file, int line) {
  const uint64_t words[] = {a, b};
  const WarpValues& values = MeetWarp(Rendezvous::kMma, kFullWarp, words, 2, {file, line});
  const int group = static_cast<int>(LaneOfThisThread() / 4);
  const int quad = static_cast<int>(LaneOfThisThread() % 4);
  for (int i = 0; i < 2; ++i) {
    const uint32_t sum = Dot16(values, group, 2 * quad + i, 0, 0, 1, 0);
    d[i] = static_cast<int32_t>(static_cast<uint32_t>(d[i]) + sum);
  }
}

}  // namespace axlut::on_host
