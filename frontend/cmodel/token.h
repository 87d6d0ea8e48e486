// SPDX-License-Identifier: MIT
// Splits preprocessed C into tokens that know where they stand in the user's file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace axlut::cmodel {

enum class TokenKind : uint8_t { kIdentifier, kNumber, kString, kCharacter, kPunctuator };

struct Token {
  TokenKind kind;
  std::string_view text;  // into the tokenized text; a punctuator is always one character
  SourceLocation where;
  bool in_system_header = false;

  bool Is(char punctuator) const {
    return kind == TokenKind::kPunctuator && text.size() == 1 && text[0] == punctuator;
  }
};

// Comments, white space and preprocessor lines are dropped, except that line markers
// (`# 12 "mul.c" 3`, which `cc -E` writes) set the location of what follows; before the first one
// the file is `file`. Keywords are identifiers. kInvalidInput for a comment, string or character
// constant that does not end.
Result<std::vector<Token>> Tokenize(std::string_view text, const std::string& file);

}  // namespace axlut::cmodel
