// SPDX-License-Identifier: MIT
// Every style of signature found in EvoApproxLib (written anew here), and what else C allows. The
// models are not commutative, so an exchanged operand shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <thread>

#include "frontend/read_multiplier.h"
#include "runtime/base/file_io.h"
#include "runtime/base/hash.h"
#include "runtime/base/subprocess.h"

namespace axlut {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CModel : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = TemporaryFolder::Create();
    ASSERT_TRUE(folder.ok()) << folder.error().ToString();
    folder_ = std::make_unique<TemporaryFolder>(std::move(*folder));
  }

  Result<MultiplierModel> Read(const std::string& file, const std::string& text) {
    const std::string path = folder_->path() + "/" + file;
    EXPECT_TRUE(WriteFileAtomically(path, text).ok());
    return ReadCModel(path, options_);
  }

  std::string MessageOf(const std::string& file, const std::string& text) {
    const Result<MultiplierModel> model = Read(file, text);
    if (!model.ok()) return model.error().ToString();
    std::vector<int64_t> products(model->ports.a.spec.count() * model->ports.b.spec.count());
    const Result<void> evaluated = Evaluate(*model, 0, products);
    return evaluated.ok() ? "accepted" : evaluated.error().ToString();
  }

  static Result<void> Evaluate(const MultiplierModel& model, uint32_t first_row,
                               std::vector<int64_t>& products) {
    const uint64_t rows = products.size() / model.ports.b.spec.count();
    return std::get<std::unique_ptr<ProductFunction>>(model.behaviour)
        ->EvaluateRows(first_row, static_cast<uint32_t>(rows), products.data());
  }

  // Compares rows [first_row, first_row + rows) with a function of the operands' numbers.
  void Expect(const Result<MultiplierModel>& model, const std::string& row_name,
              const OperandSpec& a, const OperandSpec& b,
              const std::function<int64_t(int64_t, int64_t)>& product, uint32_t first_row = 0,
              uint32_t rows = 0) {
    ASSERT_TRUE(model.ok()) << model.error().ToString();
    const PortMap& ports = model->ports;
    EXPECT_EQ(ports.a.name, row_name);
    ASSERT_EQ(ports.a.spec, a) << ToString(ports.a.spec);
    ASSERT_EQ(ports.b.spec, b) << ToString(ports.b.spec);
    std::vector<int64_t> products((rows == 0 ? a.count() : rows) * b.count());
    const Result<void> evaluated = Evaluate(*model, first_row, products);
    ASSERT_TRUE(evaluated.ok()) << evaluated.error().ToString();
    for (size_t i = 0; i < products.size(); ++i) {
      const uint64_t row = first_row + i / b.count();
      const uint64_t column = i % b.count();
      ASSERT_EQ(products[i], product(a.ValueOf(row), b.ValueOf(column)))
          << "row " << row << " column " << column;
    }
  }

  static OperandSpec Unsigned(int width) { return {width, Signedness::kUnsigned}; }
  static OperandSpec Signed(int width) { return {width, Signedness::kTwosComplement}; }

  std::unique_ptr<TemporaryFolder> folder_;
  FrontendOptions options_;
};

// What most models below compute: the exact product of a without its two lowest bits and b.
int64_t Low(int64_t a, int64_t b) { return (a & ~int64_t{3}) * b; }

TEST_F(CModel, Unsigned8x8WithBFirstHasAAsItsRows) {
  Expect(Read("mul8u_B1.c",
              "#include <stdint.h>\n#include <stdlib.h>\n\n"
              "/// MAE% = 0.5 % { (\nuint64_t mul8u_B1(const uint64_t B,const uint64_t A)\n"
              "{\n  uint64_t O = 0;\n  O |= (A & ~(uint64_t)3) * B;\n  return O;\n}\n"),
         "A", Unsigned(8), Unsigned(8), Low);
}

TEST_F(CModel, LikeTfapproxTheFirstParameterIsTheRow) {
  options_.ports.like_tfapprox = true;
  Expect(Read("mul8u_B1.c",
              "#include <stdint.h>\nuint64_t mul8u_B1(const uint64_t B,const uint64_t A)"
              " { return (A & ~3) * B; }\n"),
         "B", Unsigned(8), Unsigned(8), [](int64_t b, int64_t a) { return Low(a, b); });
}

TEST_F(CModel, RowsBExchangesTheOperands) {
  options_.ports.rows = "B";
  Expect(Read("mul8x4u_B1.c",
              "#include <stdint.h>\nuint64_t mul8x4u_B1(const uint64_t A, const uint64_t B)"
              " { return (A & ~3) * B; }\n"),
         "B", Unsigned(4), Unsigned(8), [](int64_t b, int64_t a) { return Low(a, b); });
}

TEST_F(CModel, Unsigned8x8InNarrowTypes) {
  Expect(Read("mul8u_N1.c",
              "#include <stdint.h>\nuint16_t mul8u_N1(uint8_t a, uint8_t b) {\n"
              "  return (uint16_t)((a & 0xFC) * b);\n}\n"),
         "a", Unsigned(8), Unsigned(8), Low);
}

TEST_F(CModel, UnequalWidthsWithCommentsInTheParameterList) {
  Expect(
      Read(
          "mul8x3u_C1.c",
          "#include <stdint.h>\nuint64_t mul8x3u_C1(const uint64_t A /* 8-bit unsigned operand */, "
          "const uint64_t B /* 3-bit, (the narrow one) */)\n{\n  return (A & ~3) * B;\n}\n"),
      "A", Unsigned(8), Unsigned(3), Low);
}

TEST_F(CModel, Unsigned7x7And11x11InWideTypes) {
  const std::string body = "(uint64_t a, uint64_t b)\n{\n  return (a & ~3ull) * b;\n}\n";
  Expect(Read("mul7u_W1.c", "#include <stdint.h>\nuint64_t mul7u_W1" + body), "a", Unsigned(7),
         Unsigned(7), Low);
  Expect(Read("mul11u_W1.c", "#include <stdint.h>\nuint64_t mul11u_W1" + body), "a", Unsigned(11),
         Unsigned(11), Low);
}

TEST_F(CModel, Signed8x8InSignedTypes) {
  Expect(Read("mul8s_S1.c",
              "#include <stdint.h>\nint16_t mul8s_S1(int8_t A, int8_t B)\n"
              "{ return (A & ~3) * B; }\n"),
         "A", Signed(8), Signed(8), Low);
}

TEST_F(CModel, Signed8x8InUnsignedTypesGetsAndGivesBitPatterns) {
  Expect(Read("mul8s_U1.c",
              "#include <stdint.h>\nuint16_t mul8s_U1(uint8_t A, uint8_t B)\n{\n"
              "  int a = A >> 7 ? A - 256 : A, b = B >> 7 ? B - 256 : B;\n"
              "  return (uint16_t)((a & ~3) * b);\n}\n"),
         "A", Signed(8), Signed(8), Low);
}

TEST_F(CModel, Signed12x12InSignedAndInUnsignedTypes) {
  Expect(Read("mul12s_S1.c",
              "#include <stdint.h>\nint32_t mul12s_S1(int16_t A, int16_t B)\n"
              "{ return (A & ~3) * B; }\n"),
         "A", Signed(12), Signed(12), Low, 2040, 16);
  // The pattern of 12 bits, not a number of 16: bits 12..15 are zero. The result's upper bits may
  // be anything.
  Expect(Read("mul12s_U1.c",
              "#include <stdint.h>\nuint32_t mul12s_U1(uint16_t A, uint16_t B)\n{\n"
              "  int a = A >= 2048 ? A - 4096 : A, b = B >= 2048 ? B - 4096 : B;\n"
              "  return (((a & ~3) * b) & 0xFFFFFF) | (a & 1) << 30;\n}\n"),
         "A", Signed(12), Signed(12), Low, 2040, 16);
}

TEST_F(CModel, SignedInWideUnsignedTypesGetsBitPatternsToo) {
  Expect(Read("mul8s_Q1.c",
              "#include <stdint.h>\nuint64_t mul8s_Q1(uint64_t A, uint64_t B)\n{\n"
              "  if (A > 255 || B > 255) __builtin_trap();\n"
              "  return (uint64_t)(((int8_t)A & ~3) * (int8_t)B);\n}\n"),
         "A", Signed(8), Signed(8), Low);
}

TEST_F(CModel, SignedInWideSignedTypesGetsNumbers) {
  Expect(Read("mul8s_I1.c",
              "#include <stdint.h>\nint64_t mul8s_I1(int64_t a, int64_t b)\n"
              "{ return (a & ~3) * b; }\n"),
         "a", Signed(8), Signed(8), Low);
}

TEST_F(CModel, UnsignedNameWinsOverSignedTypes) {
  Expect(Read("mul8u_I1.c", "int mul8u_I1(int a, int b) { return (a & ~3) * b; }\n"), "a",
         Unsigned(8), Unsigned(8), Low);
}

TEST_F(CModel, Unsigned12x12And16x16WithHelpersFirst) {
  Expect(Read("mul12u_H1.c",
              "#include <stdint.h>\nuint32_t mul12u_H1(uint16_t A, uint16_t B)\n"
              "{ return (A & ~3) * B; }\n"),
         "A", Unsigned(12), Unsigned(12), Low, 4090, 6);
  Expect(
      Read("mul16u_H1.c",
           "#include <stdint.h>\n#include <stdlib.h>\n"
           "static inline uint64_t mul8_364(const uint64_t B, const uint64_t A) { return A * B; }\n"
           "uint64_t mul8_206(uint64_t A, uint64_t B)\n{ return A * B; }\n"
           "uint64_t mul16u_H1(const uint64_t B,const uint64_t A)\n{\n  uint64_t a = A & ~3ull;\n"
           "  return mul8_206(a & 255, B & 255) + (mul8_364(B & 255, a >> 8) << 8) +\n"
           "         (mul8_206(a & 255, B >> 8) << 8) + (mul8_364(a >> 8, B >> 8) << 16);\n}\n"),
      "A", Unsigned(16), Unsigned(16), Low, 65530, 6);
}

TEST_F(CModel, ARangeLargerThanOneRequestIsPutTogether) {
  const Result<MultiplierModel> model =
      Read("mul16u_R1.c",
           "#include <stdint.h>\nuint32_t mul16u_R1(uint16_t a, uint16_t b)"
           " { return (a & ~3) * (uint32_t)b; }\n");
  Expect(model, "a", Unsigned(16), Unsigned(16), Low, 1000, 20);
  Expect(model, "a", Unsigned(16), Unsigned(16), Low, 3, 1);
}

TEST_F(CModel, AStaticFunctionCanBeTheModel) {
  Expect(Read("mul4u_X.c",
              "static inline unsigned mul4u_X(unsigned a, unsigned b)\n"
              "{ return (a & ~3u) * b; }\n"),
         "a", Unsigned(4), Unsigned(4), Low);
}

TEST_F(CModel, TypesTellWidthAndSignednessWhereTheNameDoesNot) {
  Expect(
      Read("mine.c", "short mine(signed char a, char b) { return (a & ~3) * (signed char)b; }\n"),
      "a", Signed(8), Signed(8), Low);
  Expect(Read("mine.c",
              "#include <stdint.h>\ntypedef uint8_t word;\n#define WIDE uint16_t\n"
              "WIDE mine(word a, word b) { return (a & ~3) * b; }\n"),
         "a", Unsigned(8), Unsigned(8), Low);
}

TEST_F(CModel, WidthOptionsGoWithTheOperandNotWithThePlace) {
  options_.ports.width_a = 6;
  options_.ports.width_b = 5;
  Expect(Read("mine.c", "unsigned mine(unsigned B, unsigned A) { return (A & ~3u) * B; }\n"), "A",
         Unsigned(6), Unsigned(5), Low);
}

TEST_F(CModel, AnUnknownWidthIsAskedFor) {
  const std::string text =
      "#include <stdint.h>\nuint64_t mine(uint64_t B, uint64_t A) { return A * B; }\n";
  EXPECT_THAT(
      MessageOf("mine.c", text),
      AllOf(HasSubstr("mine.c:2:24: error: the width of operand 'B' of 'mine' is not known"),
            HasSubstr("help: give --width-b BITS")));
  options_.ports.width_b = 4;
  EXPECT_THAT(MessageOf("mine.c", text), HasSubstr("help: give --width-a BITS"));
  options_.ports.width_a = 4;
  EXPECT_EQ(MessageOf("mine.c", text), "accepted");
}

TEST_F(CModel, AWidthThatDoesNotFitTheTypeIsRefused) {
  EXPECT_THAT(MessageOf("mul12u_T.c",
                        "#include <stdint.h>\nuint32_t mul12u_T(uint8_t a, uint16_t b)"
                        " { return a * b; }\n"),
              HasSubstr("operand 'a' has 12 bits, but its type 'uint8_t' only 8"));
}

TEST_F(CModel, AnUnsignedResultThatDoesNotFitIsRefusedInsteadOfWrapped) {
  EXPECT_THAT(
      MessageOf("mul8u_O.c",
                "unsigned mul8u_O(unsigned A, unsigned B)"
                " { return A == 17 && B == 3 ? 65536 : A * B; }\n"),
      AllOf(HasSubstr("'mul8u_O' returned 65536 for A = 17, B = 3"), HasSubstr("& 0xFFFF")));
}

TEST_F(CModel, ASignedResultTypeMayHoldAnUnsignedPattern) {
  Expect(Read("mul8u_P.c",
              "short mul8u_P(unsigned char a, unsigned char b) { return (a & ~3) * b; }\n"),
         "a", Unsigned(8), Unsigned(8), Low);
  EXPECT_THAT(MessageOf("mul8u_P.c", "int mul8u_P(int a, int b) { return a * b - 1; }\n"),
              HasSubstr("'mul8u_P' returned -1 for a = 0, b = 0"));
}

TEST_F(CModel, TheFunctionOptionChoosesAndItsOwnNameTellsTheWidths) {
  const std::string text =
      "#include <stdint.h>\nuint64_t mul4u_in(uint64_t a, uint64_t b) { return (a & ~3) * b; }\n"
      "uint64_t mul8u_F(uint64_t a, uint64_t b) { return mul4u_in(a & 15, b & 15); }\n";
  options_.function = "mul4u_in";
  Expect(Read("mul8u_F.c", text), "a", Unsigned(4), Unsigned(4), Low);
  options_.function = "mul4u_im";
  EXPECT_THAT(MessageOf("mul8u_F.c", text), HasSubstr("did you mean 'mul4u_in'?"));
}

TEST_F(CModel, DefinesIncludesAndConditionalsAreTheCompilersBusiness) {
  ASSERT_TRUE(WriteFileAtomically(folder_->path() + "/near.h", "#define SEVEN 7\n").ok());
  options_.defines = {"KEEP=3", "ON"};
  Expect(Read("mul8u_D.c",
              "#include \"near.h\"\n#include <math.h>\n#if SEVEN != 7\n#error near\n#endif\n"
              "#ifdef ON\nunsigned mul8u_D(unsigned a, unsigned b) {\n#else\n"
              "unsigned mul8u_D(unsigned a) {\n#endif\n"
              "  return (unsigned)floor((a & ~KEEP) * (double)b);\n}\n"
              "#if 0\nint mul8u_D(int a, int b) { {\n#endif\n"),
         "a", Unsigned(8), Unsigned(8), Low);
}

TEST_F(CModel, AMainOfTheModelsAuthorIsNotInTheWay) {
  Expect(Read("mul8u_M.c",
              "#include <stdio.h>\nunsigned mul8u_M(unsigned a, unsigned b)"
              " { return (a & ~3u) * b; }\n"
              "int main(int argc, char** argv) { printf(\"%u\\n\", mul8u_M(1, 2)); return 1; }\n"),
         "a", Unsigned(8), Unsigned(8), Low);
}

TEST_F(CModel, NamesOfOursMacrosAndOddPathsDoNotClash) {
  Expect(
      Read("mul8u \"x\" \\ é.c",
           "\xEF\xBB\xBF#define A out\n#define first shared\n#define read write\nstruct shared { "
           "int x; };\n"
           "static int filter(int x) { return x; }\nunsigned mul8u_Z(unsigned A, unsigned second)"
           " { return (A & ~3u) * filter(second); }\n"),
      "out", Unsigned(8), Unsigned(8), Low);
}

TEST_F(CModel, AFunctionOfFloatsInDisguiseIsUnsupported) {
  EXPECT_THAT(
      MessageOf("mul8u_G.c", "typedef float real;\nint mul8u_G(real a, int b) { return a * b; }\n"),
      HasSubstr("a multiplier computes with integers; parameter 'a' of 'mul8u_G' is none"));
  EXPECT_THAT(MessageOf("mul8u_G.c",
                        "typedef struct { int i; } word;\n"
                        "int mul8u_G(word a, int b) { return a.i * b; }\n"),
              HasSubstr("'mul8u_G' cannot be called with two integers"));
}

TEST_F(CModel, SourceToolsAndNameAreKnown) {
  const std::string text = "unsigned mul8u_S(unsigned a, unsigned b) { return a * b; }\n";
  const Result<MultiplierModel> model = Read("mul8u_S_v2.c", text);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(model->name, "mul8u_S_v2");
  EXPECT_EQ(model->source.file, folder_->path() + "/mul8u_S_v2.c");
  EXPECT_EQ(model->source.sha256, Sha256Hex(text));
  EXPECT_EQ(model->source.kind, "c");
  EXPECT_EQ(model->source.top, "mul8u_S");
  EXPECT_FALSE(model->tools.at("cc").empty());
}

TEST_F(CModel, ErrorsNameTheFileTheLineAndTheCause) {
  EXPECT_THAT(ReadCModel("/nonexistent/mul8u.c", {}).error().ToString(),
              HasSubstr("/nonexistent/mul8u.c"));
  EXPECT_THAT(MessageOf("mul8u_E.c", "#include \"gone.h\"\n"),
              HasSubstr("mul8u_E.c:1:10: error: gone.h: No such file or directory"));
  EXPECT_THAT(
      MessageOf("mul8u_E.c", "int helper(int);\nint mul8u_E(int a, int b) { return helper(a); }\n"),
      HasSubstr("the C model does not link: undefined reference to `helper'"));
  EXPECT_THAT(MessageOf("mul8u_E.c", ""), HasSubstr("none is defined here"));
  EXPECT_THAT(MessageOf("mul8u_E.c", "int mul8u_E(int a, int b) { return a * b;\n"),
              AllOf(HasSubstr("mul8u_E.c:1:"), HasSubstr("error: expected")));
}

TEST_F(CModel, AnotherCompilerGivesTheSameTable) {
  if (std::system("clang --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "clang is not installed";
  setenv("AXLUT_CC", "clang", 1);
  const Result<MultiplierModel> model =
      Read("mul8s_K.c",
           "#include <stdint.h>\nint16_t mul8s_K(int8_t B, int8_t A) { return (A & ~3) * B; }\n");
  unsetenv("AXLUT_CC");
  Expect(model, "A", Signed(8), Signed(8), Low);
}

TEST_F(CModel, SeveralThreadsCanEachHaveAModel) {
  std::vector<std::thread> threads;
  std::vector<int> right(4, 0);
  for (int t = 0; t < 4; ++t) {
    const std::string path = folder_->path() + "/mul6u_T" + std::to_string(t) + ".c";
    ASSERT_TRUE(WriteFileAtomically(path, "unsigned f(unsigned a, unsigned b) { return a * b / " +
                                              std::to_string(t + 1) + "; }\n")
                    .ok());
    threads.emplace_back([path, t, &right] {
      const Result<MultiplierModel> model = ReadCModel(path, {});
      if (!model.ok()) return;
      std::vector<int64_t> products(4096);
      for (int repeat = 0; repeat < 20; ++repeat) {
        if (!Evaluate(*model, 0, products).ok()) return;
      }
      int count = 0;
      for (int i = 0; i < 4096; ++i) count += products[i] == (i / 64) * (i % 64) / (t + 1) ? 1 : 0;
      right[t] = count;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(right, ::testing::Each(4096));
}

// The project's own models against formulas of the same arithmetic.
TEST_F(CModel, TheModelsOfTestdataEqualTheirFormulas) {
  const std::pair<const char*, const char*> pairs[] = {
      {"mul8u_exact", "exact:8x8"},          {"mul8u_trunc4", "truncated:8x8:4"},
      {"mul8u_trunc8", "truncated:8x8:8"},   {"mul8u_bam_h2v6", "broken-array:8x8:2:6"},
      {"mul8x4u_trunc3", "truncated:8x4:3"}, {"mul8u_mitchell", "mitchell:8x8"},
  };
  for (const auto& [file, formula] : pairs) {
    const std::string path = std::string(AXLUT_SOURCE_DIR "/testdata/circuits/") + file + ".c";
    const Result<MultiplierModel> model = ReadCModel(path, {});
    const Result<MultiplierModel> expected = ParseFormula(formula, {});
    ASSERT_TRUE(model.ok()) << model.error().ToString();
    ASSERT_TRUE(expected.ok()) << expected.error().ToString();
    std::vector<int64_t> products(model->ports.a.spec.count() * model->ports.b.spec.count());
    std::vector<int64_t> expected_products(products.size());
    ASSERT_TRUE(Evaluate(*model, 0, products).ok());
    ASSERT_TRUE(Evaluate(*expected, 0, expected_products).ok());
    EXPECT_EQ(products, expected_products) << file;
  }
}

}  // namespace
}  // namespace axlut
