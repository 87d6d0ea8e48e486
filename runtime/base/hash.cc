// SPDX-License-Identifier: MIT
#include "runtime/base/hash.h"

#define XXH_INLINE_ALL  // no link to libxxhash, and no symbol of it in the TensorFlow op
#include <xxhash.h>

namespace axlut {

uint64_t Xxh3(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace axlut
