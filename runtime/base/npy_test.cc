// SPDX-License-Identifier: MIT
#include "runtime/base/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace axlut {
namespace {

using ::testing::HasSubstr;

// A version 1.0 file around `dictionary`, without alignment.
std::string FileOf(const std::string& dictionary, const std::string& data) {
  std::string file = std::string("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(dictionary.size() & 0xFF);
  file += static_cast<char>(dictionary.size() >> 8);
  return file + dictionary + data;
}

template <typename T>
NpyArray ArrayOf(std::vector<int64_t> shape, const std::vector<T>& values) {
  NpyArray array{NpyTypeOf<T>(), std::move(shape), {}};
  array.bytes.resize(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(array.bytes.data(), values.data(), array.bytes.size());
  return array;
}

// The bytes that NumPy writes for numpy.array([[1, -2, 3]], dtype='<i2').
TEST(Npy, WritesTheBytesThatNumpyWrites) {
  std::string expected("\x93NUMPY\x01\x00v\x00", 10);
  expected += "{'descr': '<i2', 'fortran_order': False, 'shape': (1, 3), }";
  expected.resize(127, ' ');
  expected += '\n';
  expected += std::string("\x01\x00\xFE\xFF\x03\x00", 6);
  EXPECT_EQ(SerializeNpy(ArrayOf<int16_t>({1, 3}, {1, -2, 3})), expected);
}

TEST(Npy, EveryTypeAndShapeComesBack) {
  const auto check = [](const NpyArray& array) {
    const std::string file = SerializeNpy(array);
    EXPECT_EQ((file.size() - array.bytes.size()) % 64, 0u);
    const auto read = ParseNpy(file, "x.npy");
    ASSERT_TRUE(read.ok()) << read.error().ToString();
    EXPECT_EQ(read->type, array.type);
    EXPECT_EQ(read->shape, array.shape);
    EXPECT_EQ(read->bytes, array.bytes);
  };
  check(ArrayOf<int8_t>({}, {-1}));
  check(ArrayOf<uint8_t>({3}, {1, 2, 3}));
  check(ArrayOf<int16_t>({1, 1, 1}, {-5}));
  check(ArrayOf<uint16_t>({2, 2}, {1, 2, 3, 65535}));
  check(ArrayOf<int32_t>({0}, {}));
  check(ArrayOf<uint32_t>({4, 0, 1 << 30}, {}));
  check(ArrayOf<int64_t>({1}, {-1}));
  check(ArrayOf<uint64_t>({1}, {~uint64_t{0}}));
  check(ArrayOf<float>({2}, {1.5f, -0.0f}));
  check(ArrayOf<double>({2}, {1e300, 0}));
  check(ArrayOf<uint8_t>(std::vector<int64_t>(32, 1), {7}));
}

TEST(Npy, HeadersOfOtherWritersAreRead) {
  const std::string dictionaries[] = {
      "{'shape':(2,),'fortran_order':False,'descr':'|u1'}",
      "  { \"descr\" : \"<u1\" , \"fortran_order\" : False , \"shape\" : ( 2L , ) , } \n\n",
      "{'descr': '>u1', 'fortran_order': False, 'shape': (1, 2)}",
  };
  for (const std::string& dictionary : dictionaries) {
    const auto array = ParseNpy(FileOf(dictionary, "ab"), "x.npy");
    ASSERT_TRUE(array.ok()) << dictionary << ": " << array.error().ToString();
    EXPECT_EQ(array->ElementCount(), 2);
    EXPECT_EQ(array->Data<uint8_t>()[1], 'b');
  }
  std::string version3("\x93NUMPY\x03\x00\x35\x00\x00\x00", 12);
  version3 += "{'descr': '|u1', 'fortran_order': False, 'shape': ()}";
  EXPECT_TRUE(ParseNpy(version3 + "x", "x.npy").ok());
}

TEST(Npy, MalformedFilesAreRefusedWithTheReason) {
  const std::string good = "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }";
  const auto with_shape = [](const std::string& shape) {
    return "{'descr': '<i4', 'fortran_order': False, 'shape': " + shape + "}";
  };
  const std::string eight(8, '\0');
  const struct {
    std::string file;
    ErrorCode code;
    std::string message;
  } cases[] = {
      {"", ErrorCode::kInvalidInput, "does not begin as .npy files do"},
      {"PK\3\4 an .npz", ErrorCode::kInvalidInput, "does not begin as .npy files do"},
      {std::string("\x93NUMPY\x04\x00\x00\x00", 10), ErrorCode::kUnsupported, "got 4.0"},
      {std::string("\x93NUMPY\x01\x00\xFF\xFF", 10), ErrorCode::kInvalidInput,
       "claims 65535 bytes"},
      {FileOf(good, eight + "x"), ErrorCode::kInvalidInput, "needs 8 bytes of data, got 9"},
      {FileOf(good, "1234567"), ErrorCode::kInvalidInput, "needs more bytes of data, got 7"},
      {FileOf(with_shape("(9223372036854775807, 9223372036854775807)"), eight),
       ErrorCode::kInvalidInput, "needs more bytes"},
      {FileOf(with_shape("(9223372036854775808,)"), eight), ErrorCode::kInvalidInput, "2^63"},
      {FileOf(with_shape("(-2,)"), eight), ErrorCode::kInvalidInput, "got '-'"},
      {FileOf(with_shape("(2)"), eight), ErrorCode::kInvalidInput, "must be a tuple"},
      {FileOf(with_shape("(2,"), eight), ErrorCode::kInvalidInput, "got '}'"},
      {FileOf("{}", eight), ErrorCode::kInvalidInput, "lacks the key 'descr'"},
      {FileOf("{'descr': '<i4', 'fortran_order': False}", eight), ErrorCode::kInvalidInput,
       "lacks the key 'shape'"},
      {FileOf("{'descr': '<i4', 'descr': '<i4'}", eight), ErrorCode::kInvalidInput,
       "'descr' twice"},
      {FileOf("{'color': '<i4'}", eight), ErrorCode::kInvalidInput, "got 'color'"},
      {FileOf(good + "x", eight), ErrorCode::kInvalidInput, "the end of the header"},
      {FileOf("{'descr", eight), ErrorCode::kInvalidInput, "the end of a quoted string"},
      {FileOf("{'descr': '<i4', 'fortran_order': 0, 'shape': (2,)}", eight),
       ErrorCode::kInvalidInput, "True or False"},
      {FileOf("{'descr': '<i4', 'fortran_order': True, 'shape': (2,)}", eight),
       ErrorCode::kUnsupported, "Fortran order"},
      {FileOf("{'descr': '>i4', 'fortran_order': False, 'shape': (2,)}", eight),
       ErrorCode::kUnsupported, "got '>i4'"},
      {FileOf("{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", eight),
       ErrorCode::kUnsupported, "got '|O'"},
      {FileOf("{'descr': [('x', '<i4')], 'fortran_order': False, 'shape': (2,)}", eight),
       ErrorCode::kUnsupported, "records"},
  };
  for (const auto& c : cases) {
    const auto result = ParseNpy(c.file, "in.npy");
    ASSERT_FALSE(result.ok()) << c.message;
    EXPECT_EQ(result.error().code(), c.code) << c.message;
    EXPECT_THAT(result.error().ToString(), HasSubstr("in.npy: error: "));
    EXPECT_THAT(result.error().message(), HasSubstr(c.message));
  }
}

TEST(Npy, EveryTruncationIsRefused) {
  const std::string file = SerializeNpy(ArrayOf<int32_t>({2, 3}, {1, 2, 3, 4, 5, 6}));
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(ParseNpy(std::string_view(file).substr(0, size), "x.npy").ok()) << size;
  }
}

// Meant for the sanitizers: whatever the bytes say, reading stays inside the file, and what is
// accepted is consistent.
TEST(Npy, MutatedFilesNeverBreakTheReader) {
  const std::string file = SerializeNpy(ArrayOf<int32_t>({2, 3}, {1, 2, 3, 4, 5, 6}));
  const auto check = [](const std::string& mutated) {
    // A copy of exactly this size on the heap, so that a read behind the end is seen.
    const std::vector<char> exact(mutated.begin(), mutated.end());
    const auto array = ParseNpy({exact.data(), exact.size()}, "x.npy");
    if (!array.ok()) {
      EXPECT_FALSE(array.error().message().empty());
      return;
    }
    EXPECT_EQ(
        static_cast<size_t>(array->ElementCount()) * static_cast<size_t>(NpyTypeSize(array->type)),
        array->bytes.size());
  };
  for (size_t i = 0; i < file.size(); ++i) {
    std::string mutated = file;
    for (int value = 0; value < 256; ++value) {
      mutated[i] = static_cast<char>(value);
      check(mutated);
    }
  }
  constexpr unsigned kSeed = 20261123;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  std::mt19937 random(kSeed);
  // Characters that mean something to the parser are drawn more often than others.
  const std::string alphabet = "{}()[],:'\"0123456789<>|=iuf TrueFalsedescrshape\n\x93\xFF";
  for (int round = 0; round < 50000; ++round) {
    std::string mutated = file.substr(0, random() % 4 == 0 ? random() % file.size() : file.size());
    for (int change = random() % 5; change >= 0 && !mutated.empty(); --change) {
      const size_t at = random() % std::min<size_t>(mutated.size(), 80);
      const char c =
          random() % 2 == 0 ? static_cast<char>(random()) : alphabet[random() % alphabet.size()];
      if (random() % 3 == 0) {
        mutated.insert(at, 1, c);
      } else if (random() % 3 == 0) {
        mutated.erase(at, 1);
      } else {
        mutated[at] = c;
      }
    }
    check(mutated);
  }
}

}  // namespace
}  // namespace axlut
