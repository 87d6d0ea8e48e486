// SPDX-License-Identifier: MIT
#include "sim/xml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace axlut {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// "+tag" and "-tag" for every start and end; or the error.
std::string Events(const std::string& text) {
  XmlReader reader(text);
  std::string events;
  while (true) {
    const auto event = reader.Next();
    if (!event.ok()) return event.error().message();
    if (*event == XmlReader::Event::kDone) return events;
    events += (*event == XmlReader::Event::kStart ? "+" : "-") + reader.tag() + " ";
  }
}

TEST(XmlReader, TellsStartsAndEnds) {
  EXPECT_EQ(Events("<?xml version=\"1.0\"?><!-- <no/> -->\n<a>text<b x='1'/><c></c ></a>\n"),
            "+a +b -b +c -c -a ");
}

TEST(XmlReader, DecodesAttributes) {
  const std::string text = R"(<a one="&lt;&gt;&amp;&quot;&apos;" two='"' n = "x"/>)";
  XmlReader bad(text);
  EXPECT_FALSE(bad.Next().ok()) << "blanks around '=' are not written by Verilator";
  const std::string good = R"(<a one="&lt;&gt;&amp;&quot;&apos;&#65;&#x42;" two='"' empty=""/>)";
  XmlReader reader(good);
  ASSERT_TRUE(reader.Next().ok());
  EXPECT_EQ(reader.Attribute("one"), "<>&\"'AB");
  EXPECT_EQ(reader.Attribute("two"), "\"");
  EXPECT_EQ(reader.Attribute("empty"), "");
  EXPECT_EQ(reader.Attribute("absent"), "");
}

TEST(XmlReader, KnowsWhatIsOpen) {
  XmlReader reader("<a><b><c/></b></a>");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(reader.Next().ok());
  EXPECT_THAT(reader.open(), ElementsAre("a", "b", "c"));
  ASSERT_TRUE(reader.Next().ok());
  EXPECT_THAT(reader.open(), ElementsAre("a", "b"));
}

TEST(XmlReader, RefusesWhatIsNotWellFormed) {
  for (const char* text :
       {"<", "<a", "<a>", "<a></b>", "</a>", "<a b/>", "<a b=1/>", "<a b=\"1/>", "<a b=\"&no;\"/>",
        "<a b=\"&lt\"/>", "<!-- ", "<?xml ", "< a/>", "<a>/</", "<a =\"1\"/>", "<a b=", "<a b"}) {
    EXPECT_THAT(Events(text), HasSubstr("not well-formed")) << text;
  }
}

TEST(XmlReader, DepthDoesNotMatter) {
  std::string text;
  for (int i = 0; i < 300000; ++i) text += "<a>";
  for (int i = 0; i < 300000; ++i) text += "</a>";
  EXPECT_EQ(Events(text).size(), 300000u * 6);
}

}  // namespace
}  // namespace axlut
