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

// Around the lengths where the padding needs a block of its own; digests by Python's hashlib.
TEST(Hash, Sha256PadsEveryLength) {
  struct Case {
    size_t length;
    const char* digest;
  };
  for (const Case& c :
       {Case{55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
        Case{56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
        Case{63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
        Case{64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
        Case{65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
        Case{119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"},
        Case{120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c"}}) {
    EXPECT_EQ(Sha256Hex(std::string(c.length, 'a')), c.digest) << c.length;
  }
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
