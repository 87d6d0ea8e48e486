// SPDX-License-Identifier: MIT
// The tags of an XML text, one after the other: all that Verilator's dump needs. Nothing here
// recurses, so the depth of a design's expressions does not matter.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace axlut {

// Elements, attributes in double or single quotes, the five named and the numeric entities,
// comments and processing instructions (skipped). Text between tags is skipped. No DTD.
class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : rest_(text) {}

  enum class Event { kStart, kEnd, kDone };
  // The next tag; <a/> is a start and an end. kDone comes once, when every element is closed.
  // kInvalidInput for text that is not well-formed.
  Result<Event> Next();

  // Of the last start or end.
  const std::string& tag() const { return tag_; }
  // Of the last start; "" if there is no such attribute.
  std::string Attribute(const std::string& name) const;
  // Open elements, outermost first; includes the one that has just started, not the one that ended.
  const std::vector<std::string>& open() const { return open_; }

 private:
  Result<bool> SkipToTag();
  Result<void> ReadStart();
  Result<void> ReadAttribute();
  Result<Event> ReadEnd();
  std::string TakeName();
  void SkipBlanks();

  std::string_view rest_;
  std::string tag_;
  std::map<std::string, std::string> attributes_;
  std::vector<std::string> open_;
  bool end_follows_ = false;  // the last start was <a/>
};

}  // namespace axlut
