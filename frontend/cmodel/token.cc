// SPDX-License-Identifier: MIT
#include "frontend/cmodel/token.h"

#include <charconv>

#include "frontend/diagnostics.h"

namespace axlut::cmodel {
namespace {

// ASCII only, whatever the locale; bytes above 127 (UTF-8 in identifiers) count as letters.
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c < 0;
}
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

class Tokenizer {
 public:
  Tokenizer(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  Result<std::vector<Token>> Run() {
    bool line_is_blank = true;  // so far: a '#' starts a preprocessor line
    while (pos_ < text_.size()) {
      const char c = text_[pos_];
      if (c == '\n') {
        Advance(1);
        line_is_blank = true;
      } else if (IsBlank(c) || SkipContinuation()) {
        if (IsBlank(c)) Advance(1);
      } else if (StartsWith("//")) {
        SkipLine();
      } else if (StartsWith("/*")) {
        AXLUT_RETURN_IF_ERROR(SkipComment());
      } else if (c == '#' && line_is_blank) {
        AXLUT_RETURN_IF_ERROR(PreprocessorLine());
      } else {
        line_is_blank = false;
        AXLUT_RETURN_IF_ERROR(TakeToken());
      }
    }
    return std::move(tokens_);
  }

 private:
  bool StartsWith(std::string_view what) const { return text_.substr(pos_, what.size()) == what; }
  SourceLocation Here() const { return {file_, line_, static_cast<int>(pos_ - line_start_) + 1}; }

  void Advance(size_t count) {
    for (; count > 0 && pos_ < text_.size(); --count, ++pos_) {
      if (text_[pos_] == '\n') {
        ++line_;
        line_start_ = pos_ + 1;
      }
    }
  }

  // A backslash at the end of a line joins it with the next.
  bool SkipContinuation() {
    if (StartsWith("\\\n")) return Advance(2), true;
    if (StartsWith("\\\r\n")) return Advance(3), true;
    return false;
  }

  void SkipLine() {
    while (pos_ < text_.size() && text_[pos_] != '\n') {
      if (!SkipContinuation()) Advance(1);
    }
  }

  Result<void> SkipComment() {
    const SourceLocation begin = Here();
    const size_t end = text_.find("*/", pos_ + 2);
    if (end == std::string_view::npos) {
      return Diagnose(Diagnostic::kCSyntax, "this comment has no '*/'").At(begin);
    }
    Advance(end + 2 - pos_);
    return {};
  }

  // `# 12 "file" 1 3` moves the location; every other directive is skipped, comments in it
  // included, because one of them may run over the end of the line.
  Result<void> PreprocessorLine() {
    size_t at = pos_ + 1;
    while (at < text_.size() && IsBlank(text_[at])) ++at;
    if (at < text_.size() && IsDigit(text_[at])) return LineMarker(at);
    while (pos_ < text_.size() && text_[pos_] != '\n') {
      if (SkipContinuation()) continue;
      if (StartsWith("//")) {
        SkipLine();
      } else if (StartsWith("/*")) {
        AXLUT_RETURN_IF_ERROR(SkipComment());
      } else {
        Advance(1);
      }
    }
    return {};
  }

  Result<void> LineMarker(size_t at) {
    int line = 0;
    const auto number = std::from_chars(text_.data() + at, text_.data() + text_.size(), line);
    at = static_cast<size_t>(number.ptr - text_.data());
    while (at < text_.size() && IsBlank(text_[at])) ++at;
    if (at < text_.size() && text_[at] == '"') {
      file_.clear();
      for (++at; at < text_.size() && text_[at] != '"' && text_[at] != '\n'; ++at) {
        if (text_[at] == '\\' && at + 1 < text_.size()) ++at;
        file_ += text_[at];
      }
      const std::string_view flags = text_.substr(at, text_.find('\n', at) - at);
      in_system_header_ = flags.find('3') != std::string_view::npos;
    }
    SkipLine();
    Advance(1);  // the marker speaks of the line after it
    line_ = line;
    return {};
  }

  Result<void> TakeToken() {
    const SourceLocation where = Here();
    const size_t begin = pos_;
    const char c = text_[pos_];
    TokenKind kind = TokenKind::kPunctuator;
    if (IsLetter(c)) {
      kind = TokenKind::kIdentifier;
      while (pos_ < text_.size() && (IsLetter(text_[pos_]) || IsDigit(text_[pos_]))) Advance(1);
    } else if (IsDigit(c)) {
      kind = TokenKind::kNumber;  // a "pp-number" without its signs, which nothing here needs
      while (pos_ < text_.size() &&
             (IsLetter(text_[pos_]) || IsDigit(text_[pos_]) || text_[pos_] == '.')) {
        Advance(1);
      }
    } else if (c == '"' || c == '\'') {
      kind = c == '"' ? TokenKind::kString : TokenKind::kCharacter;
      AXLUT_RETURN_IF_ERROR(TakeQuoted(c, where));
    } else {
      Advance(1);
    }
    tokens_.push_back({kind, text_.substr(begin, pos_ - begin), where, in_system_header_});
    return {};
  }

  Result<void> TakeQuoted(char quote, const SourceLocation& where) {
    for (Advance(1); pos_ < text_.size() && text_[pos_] != '\n'; Advance(1)) {
      if (text_[pos_] == quote) return Advance(1), Result<void>();
      if (text_[pos_] == '\\') Advance(1);
    }
    return Diagnose(Diagnostic::kCSyntax, quote == '"'
                                              ? "this string has no closing '\"' on its line"
                                              : "this character constant has no closing \"'\"")
        .At(where);
  }

  std::string_view text_;
  std::string file_;
  size_t pos_ = 0;
  size_t line_start_ = 0;
  int line_ = 1;
  bool in_system_header_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> Tokenize(std::string_view text, const std::string& file) {
  return Tokenizer(text, file).Run();
}

}  // namespace axlut::cmodel
