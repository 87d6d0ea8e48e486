// SPDX-License-Identifier: MIT
// SHA-256 as FIPS 180-4 defines it; the names are the standard's. Our own, because the TensorFlow
// op contains this code too: there, a call into libcrypto would be bound to the BoringSSL that
// TensorFlow exports, whose symbols have the same names.
#include <array>
#include <cstring>

#include "runtime/base/hash.h"

namespace axlut {
namespace {

constexpr size_t kBlockBytes = 64;

// Fractional parts of the cube roots of the first 64 primes, 32 bits each.
constexpr uint32_t kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// Fractional parts of the square roots of the first 8 primes.
using State = std::array<uint32_t, 8>;
constexpr State kInitial = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                            0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

constexpr uint32_t RotateRight(uint32_t x, int n) { return x >> n | x << (32 - n); }

void Compress(const uint8_t* block, State* state) {
  uint32_t w[64];
  for (int t = 0; t < 16; ++t) {
    const uint8_t* const bytes = block + 4 * t;
    w[t] = uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
  }
  for (int t = 16; t < 64; ++t) {
    const uint32_t x = w[t - 15], y = w[t - 2];
    w[t] = w[t - 16] + w[t - 7] + (RotateRight(x, 7) ^ RotateRight(x, 18) ^ x >> 3) +
           (RotateRight(y, 17) ^ RotateRight(y, 19) ^ y >> 10);
  }
  auto [a, b, c, d, e, f, g, h] = *state;
  for (int t = 0; t < 64; ++t) {
    const uint32_t t1 = h + (RotateRight(e, 6) ^ RotateRight(e, 11) ^ RotateRight(e, 25)) +
                        ((e & f) ^ (~e & g)) + kRound[t] + w[t];
    const uint32_t t2 = (RotateRight(a, 2) ^ RotateRight(a, 13) ^ RotateRight(a, 22)) +
                        ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1;
    d = c, c = b, b = a, a = t1 + t2;
  }
  const State added = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < added.size(); ++i) (*state)[i] += added[i];
}

// The last, partial block: a 1 bit, zeros, and the message's length in bits as the last 8 bytes.
void CompressPadded(const uint8_t* rest, size_t rest_bytes, uint64_t message_bytes, State* state) {
  uint8_t blocks[2 * kBlockBytes] = {};
  if (rest_bytes > 0) std::memcpy(blocks, rest, rest_bytes);
  blocks[rest_bytes] = 0x80;
  const size_t end = rest_bytes + 9 <= kBlockBytes ? kBlockBytes : 2 * kBlockBytes;
  for (size_t i = 0; i < 8; ++i) {
    blocks[end - 1 - i] = static_cast<uint8_t>(message_bytes * 8 >> (8 * i));
  }
  for (size_t begin = 0; begin < end; begin += kBlockBytes) Compress(blocks + begin, state);
}

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  const auto* const data = reinterpret_cast<const uint8_t*>(bytes.data());
  State state = kInitial;
  size_t done = 0;
  for (; bytes.size() - done >= kBlockBytes; done += kBlockBytes) Compress(data + done, &state);
  CompressPadded(data + done, bytes.size() - done, bytes.size(), &state);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(64);
  for (uint32_t word : state) {
    for (int shift = 28; shift >= 0; shift -= 4) hex += kDigits[word >> shift & 15];
  }
  return hex;
}

}  // namespace axlut
