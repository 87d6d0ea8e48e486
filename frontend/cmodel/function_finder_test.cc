// SPDX-License-Identifier: MIT
#include "frontend/cmodel/function_finder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace axlut::cmodel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<FunctionDefinition> Functions(const std::string& text) {
  static std::string kept;  // tokens are views
  kept = text;
  const auto tokens = Tokenize(kept, "m.c");
  EXPECT_TRUE(tokens.ok()) << tokens.error().ToString();
  const auto functions = FindFunctions(*tokens);
  EXPECT_TRUE(functions.ok()) << functions.error().ToString();
  return *functions;
}

// "name(type name, type name)", with a '*' in front of two-operand functions.
std::vector<std::string> Found(const std::string& text) {
  std::vector<std::string> found;
  for (const FunctionDefinition& function : Functions(text)) {
    std::string line = (function.IsTwoOperand() ? "*" : "") + function.name + "(";
    for (const Parameter& p : function.parameters) {
      if (line.back() != '(') line += ", ";
      line += p.type + "|" + p.name;
    }
    found.push_back(line + ")");
  }
  return found;
}

TEST(FindFunctions, TypesAndNamesOfBothOperandsAreFound) {
  EXPECT_THAT(Found("uint64_t f(const uint64_t B,const uint64_t A)\n{ return A; }"),
              ElementsAre("*f(const uint64_t|B, const uint64_t|A)"));
}

TEST(FindFunctions, CommentsInTheParameterListDoNotMatter) {
  EXPECT_THAT(Found("uint64_t f(const uint64_t A /* 8-bit, unsigned */, /* B: */ const uint64_t B "
                    "// x\n) {}"),
              ElementsAre("*f(const uint64_t|A, const uint64_t|B)"));
}

TEST(FindFunctions, StorageClassesAndAttributesAreNotPartOfAType) {
  EXPECT_THAT(Found("static inline __attribute__((always_inline, unused)) uint8_t\n"
                    "f(register uint8_t a, uint8_t b __attribute__((unused))) { return 0; }"),
              ElementsAre("*f(uint8_t|a, uint8_t|b)"));
  EXPECT_THAT(Found("[[nodiscard]] int f(int a, [[maybe_unused]] int b) {}"),
              ElementsAre("*f(int|a, int|b)"));
}

TEST(FindFunctions, TypesOfSeveralWordsAreKept) {
  EXPECT_THAT(Found("unsigned long long f(unsigned long a, long long int b) {}"),
              ElementsAre("*f(unsigned long|a, long long int|b)"));
}

TEST(FindFunctions, DeclarationsStructsAndInitializersAreNotFunctions) {
  EXPECT_THAT(Found("int f(int a, int b);\nstruct s { int x; };\nenum { k = 3 };\n"
                    "static const int t[2][2] = { {1, 2}, {3, 4} };\nint (*p)(int, int) = 0;\n"
                    "union u { int i; } v;\ntypedef struct { int y; } w;"),
              IsEmpty());
}

TEST(FindFunctions, AFunctionAfterAStructOrATableIsFound) {
  EXPECT_THAT(Found("struct s { int x; } y;\nint t[] = {1};\nint f(int a, int b) { return a; }"),
              ElementsAre("*f(int|a, int|b)"));
}

TEST(FindFunctions, BodiesAreSkippedWhateverIsInThem) {
  EXPECT_THAT(
      Found(
          "int g(int a, int b) { if (a) { return h(a, b); } const char* s = \"{\"; return '}'; }\n"
          "int f(int a, int b) { return g(b, a); }"),
      ElementsAre("*g(int|a, int|b)", "*f(int|a, int|b)"));
}

TEST(FindFunctions, OtherSignaturesAreFoundButAreNoMultipliers) {
  EXPECT_THAT(
      Found("void a(int x, int y) {}\nint b(int x) {}\nint c(void) {}\nint d() {}\n"
            "int e(int x, int y, int z) {}\nint f(int* x, int y) {}\nint g(int x[2], int y) {}\n"
            "float h(int x, int y) {}\nint i(double x, int y) {}\nint j(int x, ...) {}\n"
            "int k(struct s x, int y) {}\nint* l(int x, int y) {}\nint m(int (*x)(int), int y) {}"),
      ElementsAre("a(int|x, int|y)", "b(int|x)", "c()", "d()", "e(int|x, int|y, int|z)",
                  "f(int *|x, int|y)", "g(int x [ 2 ]|, int|y)", "h(int|x, int|y)",
                  "i(double|x, int|y)", "j(int|x, . . .|)", "k(struct s|x, int|y)",
                  "l(int|x, int|y)", "m(int ( * x ) ( int )|, int|y)"));
}

TEST(FindFunctions, FunctionsOfSystemHeadersAreLeftOut) {
  EXPECT_THAT(Found("# 1 \"/usr/include/x.h\" 1 3\nint atox(int a, int b) { return 0; }\n"
                    "# 2 \"m.c\" 2\nint f(int a, int b) { return 0; }"),
              ElementsAre("*f(int|a, int|b)"));
}

TEST(FindFunctions, PlacesAreThoseOfTheNames) {
  const auto functions = Functions("\nint\n  f(int a,\n    int bb) {}");
  ASSERT_EQ(functions.size(), 1u);
  EXPECT_EQ(functions[0].where.line, 3);
  EXPECT_EQ(functions[0].where.column, 3);
  EXPECT_EQ(functions[0].parameters[1].where.line, 4);
  EXPECT_EQ(functions[0].parameters[1].where.column, 9);
}

TEST(FindFunctions, ABraceThatIsNeverClosedIsRefusedWhereItOpens) {
  const auto tokens = Tokenize("int f(int a, int b)\n{ if (a) { return b; }", "m.c");
  const auto functions = FindFunctions(*tokens);
  ASSERT_FALSE(functions.ok());
  EXPECT_THAT(functions.error().ToString(), HasSubstr("m.c:2:1: error: this '{' is never closed"));
}

TEST(FindFunctions, UnbalancedHeadsAreNoFunctions) {
  EXPECT_THAT(Found("int f(int a, int b { return a; }"), IsEmpty());
  EXPECT_THAT(Found("f({})"), IsEmpty());
  EXPECT_THAT(Found("( f ( {} ; ) ) {} g("), IsEmpty());
}

std::string Chosen(const std::string& text, const std::string& file,
                   const std::string& requested = "") {
  const auto function = ChooseFunction(Functions(text), file, requested);
  return function.ok() ? function->name : function.error().ToString();
}

const char kThree[] =
    "int mul8_364(int a, int b) { return a; }\nint mul16u_X(int a, int b) { return a; }\n"
    "int help(int a) { return a; }";

TEST(ChooseFunction, TheOneNamedLikeTheFileWins) {
  EXPECT_EQ(Chosen(kThree, "dir/mul16u_X.c"), "mul16u_X");
}

TEST(ChooseFunction, SuffixesOfTheFileMayBeMissing) {
  EXPECT_EQ(Chosen(kThree, "mul16u_X_v2_pdk45.c"), "mul16u_X");
  EXPECT_EQ(Chosen(kThree, "mul16u_X-copy.c"), "mul16u_X");
  EXPECT_EQ(Chosen(kThree, "mul16u_X.old.c"), "mul16u_X");
}

TEST(ChooseFunction, TheOnlyTwoOperandFunctionIsTaken) {
  EXPECT_EQ(Chosen("int help(int a) {}\nint any(int a, int b) {}", "x.c"), "any");
}

TEST(ChooseFunction, ARequestedFunctionIsTakenWhateverTheFileIsCalled) {
  EXPECT_EQ(Chosen(kThree, "mul16u_X.c", "mul8_364"), "mul8_364");
}

TEST(ChooseFunction, SeveralCandidatesAreListedWithTheOption) {
  EXPECT_EQ(Chosen(kThree, "y.c"),
            "y.c: error: none of the 2 two-operand functions is named like the file ('y') "
            "[axlut-c-function-choice]\n"
            "note: they are 'mul8_364(int a, int b)', 'mul16u_X(int a, int b)'\n"
            "help: choose one with --function NAME");
}

TEST(ChooseFunction, WithoutACandidateThereIsAnErrorThatListsWhatThereIs) {
  EXPECT_EQ(Chosen("int f(int a) {}", "f.c"),
            "f.c: error: a C model needs a function with two integer parameters and an integer "
            "result; none is defined here [axlut-c-no-function]\nnote: defined are 'f(int a)'");
}

TEST(ChooseFunction, AWrongRequestIsCorrectedOrExplained) {
  EXPECT_THAT(Chosen(kThree, "m.c", "mul8_36"), HasSubstr("help: did you mean 'mul8_364'?"));
  EXPECT_THAT(Chosen(kThree, "m.c", "zzz"),
              HasSubstr("note: defined are 'mul8_364(int a, int b)'"));
  EXPECT_THAT(Chosen(kThree, "m.c", "help"),
              HasSubstr("m.c:3:5: error: a multiplier has two integer parameters and an integer "
                        "result, 'help(int a)' has not"));
}

}  // namespace
}  // namespace axlut::cmodel
