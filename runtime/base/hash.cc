// SPDX-License-Identifier: MIT
#include "runtime/base/hash.h"

#include <openssl/evp.h>

#define XXH_INLINE_ALL  // no link to libxxhash, and no symbol of it in the TensorFlow op
#include <xxhash.h>

#include "runtime/base/check.h"

namespace axlut {

std::string Sha256Hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  // Fails only if OpenSSL was built or configured without SHA-256.
  AXLUT_CHECK_EQ(EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr), 1);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * size);
  for (unsigned int i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

uint64_t Xxh3(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace axlut
