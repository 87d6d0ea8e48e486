// SPDX-License-Identifier: MIT
#include "frontend/cmodel/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace axlut::cmodel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<Token> Tokens(std::string_view text) {
  auto tokens = Tokenize(text, "f.c");
  EXPECT_TRUE(tokens.ok()) << tokens.error().ToString();
  return *tokens;
}

std::vector<std::string> Texts(std::string_view text) {
  std::vector<std::string> texts;
  for (const Token& token : Tokens(text)) texts.emplace_back(token.text);
  return texts;
}

std::string Place(const Token& token) {
  return token.where.file + ":" + std::to_string(token.where.line) + ":" +
         std::to_string(token.where.column);
}

TEST(Tokenize, CommentsAndWhiteSpaceAreDropped) {
  EXPECT_THAT(Texts("int /* a, {b} */ f // (x) {\n(\tA/**/B)\f{}"),
              ElementsAre("int", "f", "(", "A", "B", ")", "{", "}"));
}

TEST(Tokenize, BracesInStringsAndCharactersAreText) {
  EXPECT_THAT(Texts("\"}\\\"{\" '{' '\\'' x"), ElementsAre("\"}\\\"{\"", "'{'", "'\\''", "x"));
}

TEST(Tokenize, CommentMarksInStringsAreText) {
  EXPECT_THAT(Texts("\"/*\" y \"//\" z"), ElementsAre("\"/*\"", "y", "\"//\"", "z"));
}

TEST(Tokenize, PreprocessorLinesAreSkippedWithTheirContinuations) {
  EXPECT_THAT(
      Texts("#define F(x) { \\\n } }\n  # pragma it's\nint /* # */ a;\n#if 1 /* two\nlines */\nb"),
      ElementsAre("int", "a", ";", "b"));
}

TEST(Tokenize, AHashInsideALineIsAToken) {
  EXPECT_THAT(Texts("a # b"), ElementsAre("a", "#", "b"));
}

TEST(Tokenize, NumbersStayWhole) {
  EXPECT_THAT(Texts("0x1FULL 1.5e3 10u"), ElementsAre("0x1FULL", "1.5e3", "10u"));
}

TEST(Tokenize, LineAndColumnCountFromOne) {
  const std::vector<Token> tokens = Tokens("a\n  b /* x\n y */ c\n\\\nd");
  ASSERT_EQ(tokens.size(), 4u);
  EXPECT_EQ(Place(tokens[0]), "f.c:1:1");
  EXPECT_EQ(Place(tokens[1]), "f.c:2:3");
  EXPECT_EQ(Place(tokens[2]), "f.c:3:7");
  EXPECT_EQ(Place(tokens[3]), "f.c:5:1");
}

TEST(Tokenize, LineMarkersMoveTheLocationAndNameSystemHeaders) {
  const std::vector<Token> tokens = Tokens(
      "# 7 \"dir/a \\\"b\\\".c\"\nx\n# 1 \"/usr/include/stdint.h\" 1 3 4\ny\n# 9 \"m.c\" 2\nz");
  ASSERT_EQ(tokens.size(), 3u);
  EXPECT_EQ(Place(tokens[0]), "dir/a \"b\".c:7:1");
  EXPECT_FALSE(tokens[0].in_system_header);
  EXPECT_EQ(Place(tokens[1]), "/usr/include/stdint.h:1:1");
  EXPECT_TRUE(tokens[1].in_system_header);
  EXPECT_EQ(Place(tokens[2]), "m.c:9:1");
  EXPECT_FALSE(tokens[2].in_system_header);
}

TEST(Tokenize, WhatDoesNotEndIsRefusedWhereItBegins) {
  const std::pair<const char*, const char*> cases[] = {
      {"int\n /* a", "f.c:2:2: error: this comment has no '*/'"},
      {"x \"abc\ny", "f.c:1:3: error: this string has no closing '\"' on its line"},
      {"'", "f.c:1:1: error: this character constant has no closing"},
      {"\"\\", "f.c:1:1: error: this string has no closing"},
      {"#define x /* y", "f.c:1:11: error: this comment has no '*/'"},
  };
  for (const auto& [text, message] : cases) {
    const auto tokens = Tokenize(text, "f.c");
    ASSERT_FALSE(tokens.ok()) << text;
    EXPECT_THAT(tokens.error().ToString(), HasSubstr(message));
  }
}

TEST(Tokenize, AnyBytesEndInTokensOrAnError) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (size_t begin = 0; begin < all.size(); ++begin) {
    const std::string text = "first " + all.substr(begin);
    const auto tokens = Tokenize(text, "f.c");
    EXPECT_TRUE(!tokens.ok() || tokens->at(0).text == "first") << begin;
  }
}

}  // namespace
}  // namespace axlut::cmodel
