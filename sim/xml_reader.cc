// SPDX-License-Identifier: MIT
#include "sim/xml_reader.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

namespace axlut {
namespace {

Error Malformed(const std::string& what) { return Error::InvalidInput("not well-formed: " + what); }

bool IsNameCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.' ||
         c == ':';
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// What "&name;" stands for. Numbers above 255 do not occur in Verilog names; they become '?'.
std::optional<char> Entity(std::string_view name) {
  if (name == "lt") return '<';
  if (name == "gt") return '>';
  if (name == "amp") return '&';
  if (name == "quot") return '"';
  if (name == "apos") return '\'';
  if (name.size() < 2 || name[0] != '#') return std::nullopt;
  const bool hexadecimal = name[1] == 'x';
  name.remove_prefix(hexadecimal ? 2 : 1);
  int code = 0;
  const auto [end, failure] =
      std::from_chars(name.data(), name.data() + name.size(), code, hexadecimal ? 16 : 10);
  if (failure != std::errc() || end != name.data() + name.size() || code < 0) return std::nullopt;
  return code < 256 ? static_cast<char>(code) : '?';
}

Result<std::string> Decode(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    const size_t at = std::min(text.find('&'), text.size());
    decoded += text.substr(0, at);
    text.remove_prefix(at);
    if (text.empty()) break;
    const size_t end = text.find(';');
    const std::optional<char> character =
        end == std::string_view::npos ? std::nullopt : Entity(text.substr(1, end - 1));
    if (!character) return Malformed("unknown entity");
    decoded += *character;
    text.remove_prefix(end + 1);
  }
  return decoded;
}

}  // namespace

std::string XmlReader::Attribute(const std::string& name) const {
  const auto found = attributes_.find(name);
  return found == attributes_.end() ? "" : found->second;
}

void XmlReader::SkipBlanks() {
  while (!rest_.empty() && IsBlank(rest_.front())) rest_.remove_prefix(1);
}

std::string XmlReader::TakeName() {
  size_t end = 0;
  while (end < rest_.size() && IsNameCharacter(rest_[end])) ++end;
  std::string name(rest_.substr(0, end));
  rest_.remove_prefix(end);
  return name;
}

// Moves to behind the next '<' that opens a tag; false if there is none.
Result<bool> XmlReader::SkipToTag() {
  while (true) {
    const size_t at = rest_.find('<');
    if (at == std::string_view::npos) return false;
    rest_.remove_prefix(at + 1);
    const bool comment = rest_.substr(0, 3) == "!--";
    if (!comment && rest_.substr(0, 1) != "?") return true;
    const std::string_view end_mark = comment ? "-->" : "?>";
    const size_t end = rest_.find(end_mark, comment ? 3 : 1);
    if (end == std::string_view::npos) return Malformed("a comment does not end");
    rest_.remove_prefix(end + end_mark.size());
  }
}

Result<XmlReader::Event> XmlReader::Next() {
  if (end_follows_) {
    end_follows_ = false;
    open_.pop_back();
    return Event::kEnd;
  }
  AXLUT_ASSIGN_OR_RETURN(const bool found, SkipToTag());
  if (!found) {
    if (!open_.empty()) return Malformed(fmt::format("<{}> is not closed", open_.back()));
    return Event::kDone;
  }
  if (rest_.substr(0, 1) == "/") return ReadEnd();
  AXLUT_RETURN_IF_ERROR(ReadStart());
  return Event::kStart;
}

Result<void> XmlReader::ReadStart() {
  tag_ = TakeName();
  if (tag_.empty()) return Malformed("a tag without a name");
  attributes_.clear();
  while (true) {
    SkipBlanks();
    if (rest_.substr(0, 1) == ">") {
      rest_.remove_prefix(1);
      break;
    }
    if (rest_.substr(0, 2) == "/>") {
      rest_.remove_prefix(2);
      end_follows_ = true;
      break;
    }
    AXLUT_RETURN_IF_ERROR(ReadAttribute());
  }
  open_.push_back(tag_);
  return {};
}

Result<void> XmlReader::ReadAttribute() {
  const std::string name = TakeName();
  const char quote = rest_.size() > 1 ? rest_[1] : '\0';
  if (name.empty() || rest_.front() != '=' || (quote != '"' && quote != '\'')) {
    return Malformed(fmt::format("an attribute of <{}> has no value", tag_));
  }
  rest_.remove_prefix(2);
  const size_t end = rest_.find(quote);
  if (end == std::string_view::npos) {
    return Malformed(fmt::format("attribute '{}' of <{}> does not end", name, tag_));
  }
  AXLUT_ASSIGN_OR_RETURN(attributes_[name], Decode(rest_.substr(0, end)));
  rest_.remove_prefix(end + 1);
  return {};
}

Result<XmlReader::Event> XmlReader::ReadEnd() {
  rest_.remove_prefix(1);
  tag_ = TakeName();
  SkipBlanks();
  if (rest_.substr(0, 1) != ">" || open_.empty() || open_.back() != tag_) {
    return Malformed(fmt::format("</{}> closes nothing", tag_));
  }
  rest_.remove_prefix(1);
  open_.pop_back();
  return Event::kEnd;
}

}  // namespace axlut
