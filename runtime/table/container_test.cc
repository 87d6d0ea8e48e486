// SPDX-License-Identifier: MIT
#include "runtime/table/container.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "runtime/base/file_io.h"
#include "runtime/base/hash.h"
#include "runtime/table/table_info_json.h"

namespace axlut {
namespace {

using ::testing::HasSubstr;

constexpr Signedness kUnsigned = Signedness::kUnsigned;
constexpr Signedness kSigned = Signedness::kTwosComplement;

std::string Golden(const std::string& name) {
  return ReadTextFile(AXLUT_SOURCE_DIR "/testdata/tables/" + name).value();
}

// Reads from a heap block of exactly this size, so that the sanitizers see any byte behind it.
Result<StoredTable> Parse(std::string_view file) {
  const std::vector<char> exact(file.begin(), file.end());
  return ParseContainer({exact.data(), exact.size()}, "in.axt");
}

// --- files that an independent script wrote ----------------------------------------------------

TEST(Container, ExactGoldenFileHoldsTheExactTable) {
  const auto stored = Parse(Golden("exact_2x2.axt"));
  ASSERT_TRUE(stored.ok()) << stored.error().ToString();
  EXPECT_TRUE(stored->table == ExactTable({2, kUnsigned}, {2, kUnsigned}).value());
  EXPECT_EQ(stored->info.name, "exact:2x2");
  EXPECT_EQ(stored->info.ports.a, "A");
  EXPECT_EQ(stored->info.ports.b, "B");
  EXPECT_EQ(stored->info.ports.product, "O");
  EXPECT_EQ(stored->info.source.kind, "formula");
  EXPECT_EQ(stored->info.tools.at("axlut"), "0.1.0");
  EXPECT_EQ(stored->info.metrics.at("wce"), 0.0);
  EXPECT_TRUE(stored->plan.empty());
}

TEST(Container, SignedGoldenFileOfUnequalWidthsIsIndexedByBitPattern) {
  const auto stored = Parse(Golden("signed_3x2.axt"));
  ASSERT_TRUE(stored.ok()) << stored.error().ToString();
  const TruthTable& table = stored->table;
  EXPECT_EQ(table.a(), (OperandSpec{3, kSigned}));
  EXPECT_EQ(table.b(), (OperandSpec{2, kSigned}));
  EXPECT_EQ(table.product(), (OperandSpec{5, kSigned}));
  for (uint32_t a = 0; a < 8; ++a) {
    for (uint32_t b = 0; b < 4; ++b) {
      // The script's multiplier clears the lowest bit of the product.
      const int64_t product = table.a().ValueOf(a) * table.b().ValueOf(b);
      EXPECT_EQ(table.ProductAt(a, b), product - (product & 1)) << a << " " << b;
    }
  }
  EXPECT_EQ(stored->info.source.file, "Vervielf\xC3\xA4ltiger/mul3x2s_floor.v");
  EXPECT_EQ(stored->info.source.sha256.size(), 64u);
  EXPECT_EQ(stored->info.tools.at("yosys"), "0.23");
  EXPECT_EQ(stored->info.metrics.at("bias"), -0.5);
  EXPECT_EQ(stored->info.hardware.at("power_mw"), 0.0085);
}

TEST(Container, GoldenFileWithAPlanAndWideEntriesIsReadWhole) {
  const auto stored = Parse(Golden("plan_2x1.axt"));
  ASSERT_TRUE(stored.ok()) << stored.error().ToString();
  EXPECT_EQ(stored->table.product(), (OperandSpec{20, kUnsigned}));
  EXPECT_EQ(stored->table.ProductAt(3, 1), 900009);
  ASSERT_EQ(stored->plan.size(), 86u);
  EXPECT_EQ(stored->plan.front(), 1);
  EXPECT_EQ(stored->plan.back(), 0);
}

TEST(Container, WriterGivesTheGoldenFilesByteForByte) {
  for (const char* name : {"exact_2x2.axt", "signed_3x2.axt", "plan_2x1.axt"}) {
    const std::string golden = Golden(name);
    EXPECT_EQ(SerializeContainer(Parse(golden).value()).value(), golden) << name;
  }
}

// Every line of the form "000000c0  00 11 ...  |...|" in the page, in order.
TEST(Container, DumpInTheDocumentationIsTheGoldenFile) {
  std::string bytes;
  std::istringstream page(ReadTextFile(AXLUT_SOURCE_DIR "/docs/container-format.md").value());
  for (std::string line; std::getline(page, line);) {
    if (line.size() < 62 || line.find("  |") == std::string::npos || line[8] != ' ') continue;
    if (line.find_first_not_of("0123456789abcdef") != 8) continue;
    EXPECT_EQ(std::stoul(line.substr(0, 8), nullptr, 16), bytes.size()) << line;
    std::istringstream digits(line.substr(8, line.find("  |") - 8));
    std::string text;
    for (std::string pair; digits >> pair;) {
      bytes += static_cast<char>(std::stoi(pair, nullptr, 16));
      text += bytes.back() >= 0x20 && bytes.back() < 0x7F ? bytes.back() : '.';
    }
    EXPECT_EQ(line.substr(line.find("  |") + 2), "|" + text + "|");
  }
  EXPECT_EQ(bytes, Golden("exact_2x2.axt"));
}

// --- damage --------------------------------------------------------------------------------------

class DamagedContainer : public ::testing::TestWithParam<const char*> {
 protected:
  const std::string golden_ = Golden(GetParam());

  static void ExpectRefused(std::string_view file, const std::string& what) {
    const auto stored = Parse(file);
    ASSERT_FALSE(stored.ok()) << what << " was not noticed";
    EXPECT_FALSE(stored.error().message().empty());
    EXPECT_THAT(stored.error().ToString(), HasSubstr("in.axt: error: "));
  }
};

TEST_P(DamagedContainer, EveryTruncationIsRefused) {
  for (size_t size = 0; size < golden_.size(); ++size) {
    ExpectRefused(golden_.substr(0, size), "truncation to " + std::to_string(size));
  }
}

TEST_P(DamagedContainer, EveryChangeOfOneByteIsRefused) {
  std::string file = golden_;
  for (size_t i = 0; i < file.size(); ++i) {
    for (int change = 1; change < 256; ++change) {
      file[i] = static_cast<char>(golden_[i] ^ change);
      ExpectRefused(file, "byte " + std::to_string(i) + " ^ " + std::to_string(change));
    }
    file[i] = golden_[i];
  }
}

TEST_P(DamagedContainer, SurplusBytesAreRefused) {
  for (const size_t count : {1, 8, 56, 64, 4096}) {
    ExpectRefused(golden_ + std::string(count, '\0'), std::to_string(count) + " zero bytes");
    ExpectRefused(golden_ + std::string(count, 'x'), std::to_string(count) + " bytes");
  }
}

TEST_P(DamagedContainer, SwappedAndRepeatedBlocksAreRefused) {
  for (size_t i = 0; i + 64 <= golden_.size(); i += 32) {
    for (size_t j = i + 32; j + 32 <= golden_.size(); j += 32) {
      if (golden_.substr(i, 32) == golden_.substr(j, 32)) continue;
      std::string file = golden_;
      file.replace(i, 32, golden_, j, 32).replace(j, 32, golden_, i, 32);
      ExpectRefused(file, "swap of " + std::to_string(i) + " and " + std::to_string(j));
    }
    ExpectRefused(golden_.substr(0, i) + golden_.substr(i, 64) + golden_.substr(i),
                  "repetition at " + std::to_string(i));
  }
}

INSTANTIATE_TEST_SUITE_P(GoldenFiles, DamagedContainer,
                         ::testing::Values("exact_2x2.axt", "signed_3x2.axt", "plan_2x1.axt"),
                         [](const auto& info) {
                           const std::string name = info.param;
                           return name.substr(0, name.find('.'));
                         });

// --- consistent files that break a rule: only the rule's own check can find them
// ------------------

uint64_t Get(const std::string& file, size_t offset, int size) {
  uint64_t value = 0;
  for (int i = size - 1; i >= 0; --i) {
    value = value << 8 | static_cast<uint8_t>(file[offset + static_cast<size_t>(i)]);
  }
  return value;
}

void Put(std::string* file, size_t offset, int size, uint64_t value) {
  for (int i = 0; i < size; ++i) {
    (*file)[offset + static_cast<size_t>(i)] = static_cast<char>(value >> (8 * i));
  }
}

// Makes all checksums right that can be, as someone with bad intentions would.
std::string Sealed(std::string file) {
  for (size_t slot = 64; slot < 160; slot += 32) {
    const uint64_t offset = Get(file, slot + 8, 8), size = Get(file, slot + 16, 8);
    if (size == 0 || offset > file.size() || size > file.size() - offset) continue;
    Put(&file, slot + 24, 8, Xxh3(std::string_view(file).substr(offset, size)));
  }
  Put(&file, 184, 8, Xxh3(std::string_view(file).substr(0, 184)));
  return file;
}

TEST(Container, EachRuleIsCheckedBehindValidChecksums) {
  const std::string golden = Golden("exact_2x2.axt");
  constexpr uint64_t kHuge = std::numeric_limits<uint64_t>::max();
  const auto put = [](size_t offset, int size, uint64_t value) {
    return [=](std::string* file) { Put(file, offset, size, value); };
  };
  const struct {
    std::function<void(std::string*)> damage;
    ErrorCode code;
    const char* message;
  } cases[] = {
      {put(8, 2, 2), ErrorCode::kUnsupported, "version of an .axt file must be 1, got 2"},
      {put(10, 1, 2), ErrorCode::kUnsupported, "mantissas"},
      {put(10, 1, 3), ErrorCode::kUnsupported, "float32"},
      {put(10, 1, 0), ErrorCode::kUnsupported, "kind of table"},
      {put(11, 1, 1), ErrorCode::kInvalidInput, "entry type of 4-bit unsigned products must be 2"},
      {put(12, 1, 0), ErrorCode::kInvalidInput, "width of operand a must be 1..12, got 0"},
      {put(13, 1, 13), ErrorCode::kInvalidInput, "width of operand b must be 1..12, got 13"},
      {put(12, 2, 0x0C0C), ErrorCode::kInvalidInput, "must have 16777216 entries, got 16"},
      {put(14, 1, 33), ErrorCode::kInvalidInput, "width of the product must be 1..32, got 33"},
      {put(14, 1, 3), ErrorCode::kInvalidInput, "must fit a 3-bit unsigned number, got 9"},
      {put(15, 1, 1), ErrorCode::kInvalidInput, "reserved byte at offset 15"},
      {put(16, 1, 2), ErrorCode::kInvalidInput, "signedness of operand a"},
      {put(19, 1, 1), ErrorCode::kInvalidInput, "reserved byte at offset 19"},
      {put(20, 4, 1), ErrorCode::kInvalidInput, "number of sections must be 2 or 3, got 1"},
      {put(20, 4, 4), ErrorCode::kInvalidInput, "number of sections must be 2 or 3, got 4"},
      {put(20, 4, 3), ErrorCode::kInvalidInput, "section in slot 2 must be 3 (plan), got 0"},
      {put(24, 8, 17), ErrorCode::kInvalidInput, "must have 16 entries, got 17"},
      {put(24, 8, kHuge), ErrorCode::kInvalidInput, "must have 16 entries"},
      {put(32, 8, 455), ErrorCode::kInvalidInput, "too long: it must have 455 bytes, got 456"},
      {put(32, 8, kHuge), ErrorCode::kInvalidInput, "truncated"},
      {put(63, 1, 1), ErrorCode::kInvalidInput, "reserved byte at offset 63"},
      {put(64, 4, 2), ErrorCode::kInvalidInput, "section in slot 0 must be 1 (entries), got 2"},
      {put(68, 1, 1), ErrorCode::kInvalidInput, "reserved byte at offset 68"},
      {put(72, 8, 256), ErrorCode::kInvalidInput, "'entries' must begin at offset 192, got 256"},
      {put(72, 8, kHuge), ErrorCode::kInvalidInput, "'entries' must begin at offset 192"},
      {put(80, 8, kHuge), ErrorCode::kInvalidInput, "must end inside the file"},
      {put(80, 8, 265), ErrorCode::kInvalidInput, "must end inside the file"},
      {put(80, 8, 30), ErrorCode::kInvalidInput, "padding byte at offset 222 must be 0, got 9"},
      {put(80, 8, 34), ErrorCode::kInvalidInput,
       "section 'entries' must have 32..32 bytes, got 34"},
      {put(112, 8, 199), ErrorCode::kInvalidInput, "must end with its last section at offset 455"},
      {put(112, 8, 201), ErrorCode::kInvalidInput, "must end inside the file"},
      {put(128, 1, 1), ErrorCode::kInvalidInput, "byte of an unused slot at offset 128"},
      {put(183, 1, 1), ErrorCode::kInvalidInput, "reserved byte at offset 183"},
      {put(222, 2, 16), ErrorCode::kInvalidInput, "product at entry 15"},
      {put(255, 1, 1), ErrorCode::kInvalidInput, "padding byte at offset 255"},
      {put(256, 1, '['), ErrorCode::kInvalidInput, "must be valid JSON"},
      {put(256, 1, 0xFF), ErrorCode::kInvalidInput, "must be valid JSON"},
  };
  for (const auto& c : cases) {
    std::string file = golden;
    c.damage(&file);
    const auto stored = Parse(Sealed(file));
    ASSERT_FALSE(stored.ok()) << c.message;
    EXPECT_EQ(stored.error().code(), c.code) << c.message;
    EXPECT_THAT(stored.error().message(), HasSubstr(c.message));
  }
  EXPECT_TRUE(Parse(Sealed(golden)).ok());  // the sealing itself breaks nothing
}

// Every byte of the header takes every value under a valid checksum: what is accepted must be a
// table that is written back as the same file.
TEST(Container, WhateverIsAcceptedIsWrittenBackUnchanged) {
  for (const char* name : {"exact_2x2.axt", "signed_3x2.axt", "plan_2x1.axt"}) {
    const std::string golden = Golden(name);
    int accepted = 0;
    for (size_t i = 8; i < 184; ++i) {
      for (int value = 0; value < 256; ++value) {
        std::string file = golden;
        file[i] = static_cast<char>(value);
        const std::string sealed = Sealed(file);
        const auto stored = Parse(sealed);
        if (!stored.ok()) continue;
        ++accepted;
        EXPECT_EQ(SerializeContainer(*stored).value(), sealed) << name << " byte " << i;
      }
    }
    EXPECT_GT(accepted, 100) << name;  // e.g. the file itself, once for each byte of the header
  }
}

// --- round trips ---------------------------------------------------------------------------------

TEST(Container, EntryTypeIsTheSmallestForTheProduct) {
  const struct {
    OperandSpec product;
    int type;
    size_t size;
  } cases[] = {
      {{1, kUnsigned}, 2, 2},  {{16, kUnsigned}, 2, 2}, {{17, kUnsigned}, 3, 4},
      {{31, kUnsigned}, 3, 4}, {{2, kSigned}, 1, 2},    {{16, kSigned}, 1, 2},
      {{17, kSigned}, 3, 4},   {{32, kSigned}, 3, 4},
  };
  for (const auto& c : cases) {
    const auto smallest = static_cast<int32_t>(c.product.min_value());
    const auto largest = static_cast<int32_t>(c.product.max_value());
    const StoredTable stored{
        TruthTable::Create({1, kUnsigned}, {1, kSigned}, c.product, {smallest, largest, 0, 1})
            .value(),
        {}};
    const std::string file = SerializeContainer(stored).value();
    EXPECT_EQ(Get(file, 11, 1), static_cast<uint64_t>(c.type)) << ToString(c.product);
    EXPECT_EQ(Get(file, 80, 8), 4 * c.size) << ToString(c.product);
    EXPECT_TRUE(Parse(file).value().table == stored.table) << ToString(c.product);
  }
}

TEST(Container, TablesOfAllWidthsComeBack) {
  for (int width_a = 1; width_a <= kMaxStoredOperandWidth; ++width_a) {
    for (int width_b = 1; width_b <= kMaxStoredOperandWidth; width_b += width_a > 6 ? 5 : 1) {
      const TruthTable table = ExactTable({width_a, width_a % 2 == 0 ? kSigned : kUnsigned},
                                          {width_b, width_b % 3 == 0 ? kSigned : kUnsigned})
                                   .value();
      const std::string file = SerializeContainer({table, {}}).value();
      EXPECT_TRUE(Parse(file).value().table == table) << width_a << "x" << width_b;
      EXPECT_EQ(Get(file, 72, 8) % 64, 0u);
    }
  }
}

TEST(Container, WhatCannotBeStoredIsRefused) {
  StoredTable stored{ExactTable({2, kUnsigned}, {2, kUnsigned}).value(), {}};
  stored.info.name.assign(kMaxInfoSize, 'x');
  EXPECT_THAT(SerializeContainer(stored).error().message(), HasSubstr("section 'info'"));
  stored.info.name.clear();
  stored.info.metrics["mre_pct"] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(SerializeContainer(stored).error().message(), HasSubstr("info.metrics.mre_pct"));
}

}  // namespace
}  // namespace axlut
