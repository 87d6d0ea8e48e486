// SPDX-License-Identifier: MIT
// Apart from the XXH3 half of hash.h, so that what needs only that (table files, and with them the
// TensorFlow op) is not linked against libcrypto.
#include <openssl/evp.h>

#include "runtime/base/check.h"
#include "runtime/base/hash.h"

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

}  // namespace axlut
