// SPDX-License-Identifier: MIT
#include "runtime/base/hash.h"

#include <gtest/gtest.h>

namespace axlut {
namespace {

TEST(Hash, Sha256EqualsTheExamplesOfFips180) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Hash, Xxh3EqualsThePublishedValueOfTheEmptyInput) { EXPECT_EQ(Xxh3(""), 0x2D06800538D394C2u); }

// The container relies on this.
TEST(Hash, Xxh3SeesEveryBit) {
  std::string text(300, '\0');
  const uint64_t original = Xxh3(text);
  for (size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      text[i] ^= static_cast<char>(1 << bit);
      EXPECT_NE(Xxh3(text), original) << "byte " << i << " bit " << bit;
      text[i] ^= static_cast<char>(1 << bit);
    }
  }
}

}  // namespace
}  // namespace axlut
