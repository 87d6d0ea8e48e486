// SPDX-License-Identifier: MIT
#include "sim/rtl_interface.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace axlut {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A dump like Verilator 5.006's; `body` stands in the top module, `types` in the type table.
std::string Dump(const std::string& body, const std::string& types = "") {
  return R"(<?xml version="1.0" ?>
<verilator_xml>
  <files><file id="c" filename="design.v" language="1800-2017"/></files>
  <module_files><file id="c" filename="design.v" language="1800-2017"/></module_files>
  <cells><cell loc="c,1,8,1,13" name="top" submodname="top" hier="top"/></cells>
  <netlist>
    <module loc="c,1,8,1,13" name="top" origName="top">)" +
         body + R"(</module>
    <module loc="c,9,8,9,13" name="helper" origName="helper">
      <var loc="c,9,9,9,10" name="inner" dtype_id="1" vartype="logic" origName="inner"/>
    </module>
    <typetable loc="a,0,0,0,0">
      <basicdtype loc="c,1,1,1,1" id="1" name="logic" left="7" right="0"/>
      <basicdtype loc="c,1,1,1,1" id="2" name="logic"/>
      <basicdtype loc="c,1,1,1,1" id="3" name="logic" left="0" right="11" signed="true"/>
      <basicdtype loc="c,1,1,1,1" id="4" name="real" signed="true"/>
)" + types +
         R"(
    </typetable>
  </netlist>
</verilator_xml>)";
}

std::string Var(const std::string& name, const std::string& type, const std::string& direction) {
  return "<var loc=\"c,2,15,2,16\" name=\"" + name + "\" dtype_id=\"" + type + "\" dir=\"" +
         direction + "\"/>";
}

TEST(VerilatorXml, PortsHaveNameDirectionWidthSignAndPlace) {
  const auto design = ParseVerilatorXml(Dump(Var("A", "1", "input") + Var("b[0]", "2", "input") +
                                             Var("O", "3", "output") + Var("x", "4", "inout")));
  ASSERT_TRUE(design.ok()) << design.error().ToString();
  EXPECT_THAT(design->tops, ElementsAre("top"));
  EXPECT_THAT(design->modules, ElementsAre("top", "helper"));
  const std::vector<RtlPort>& ports = design->interface.ports;
  ASSERT_THAT(ports, SizeIs(4));
  EXPECT_EQ(ports[0].width, 8);
  EXPECT_FALSE(ports[0].is_signed);
  EXPECT_EQ(ports[0].direction, PortDirection::kInput);
  EXPECT_EQ(ports[0].where.file, "design.v");
  EXPECT_EQ(ports[0].where.line, 2);
  EXPECT_EQ(ports[0].where.column, 15);
  EXPECT_EQ(ports[1].name, "b[0]");
  EXPECT_EQ(ports[1].width, 1);
  EXPECT_EQ(ports[2].width, 12);
  EXPECT_TRUE(ports[2].is_signed);
  EXPECT_EQ(ports[2].direction, PortDirection::kOutput);
  EXPECT_EQ(ports[3].width, 0);
  EXPECT_EQ(ports[3].type, "real");
  EXPECT_EQ(ports[3].direction, PortDirection::kInout);
  EXPECT_THAT(design->objections, IsEmpty());
}

TEST(VerilatorXml, PackedArraysMultiplyTheirWidthsAndUnpackedOnesHaveNone) {
  const std::string range = R"(<range><const name="32'sh2"/><const name="32'sh0"/></range>)";
  const auto design = ParseVerilatorXml(
      Dump(Var("P", "5", "input") + Var("U", "6", "input") + Var("R", "7", "output"),
           R"(<packarraydtype id="5" sub_dtype_id="1">)" + range + "</packarraydtype>" +
               R"(<unpackarraydtype id="6" sub_dtype_id="1">)" + range + "</unpackarraydtype>" +
               R"(<refdtype id="7" name="byte_t" sub_dtype_id="1"/>)"));
  ASSERT_TRUE(design.ok()) << design.error().ToString();
  EXPECT_EQ(design->interface.ports[0].width, 24);
  EXPECT_EQ(design->interface.ports[1].width, 0);
  EXPECT_EQ(design->interface.ports[1].type, "unpacked array");
  EXPECT_EQ(design->interface.ports[2].width, 8);
}

TEST(VerilatorXml, InternalVectorsOfAllModulesAreListed) {
  const auto design =
      ParseVerilatorXml(Dump(Var("A", "1", "input") + "<var name=\"N\" dtype_id=\"1\"/>" +
                             "<var name=\"bit\" dtype_id=\"2\"/>"));
  ASSERT_TRUE(design.ok()) << design.error().ToString();
  ASSERT_THAT(design->internal_vectors, SizeIs(2));
  EXPECT_EQ(design->internal_vectors[0].name, "N");
  EXPECT_EQ(design->internal_vectors[1].module, "helper");
}

TEST(VerilatorXml, ClockEdgesAreObjectedTo) {
  for (const char* edge : {"POS", "NEG", "BOTH"}) {
    const auto design = ParseVerilatorXml(
        Dump(R"(<always loc="c,4,3,4,9"><sentree><senitem loc="c,4,12,4,19" edgeType=")" +
             std::string(edge) + R"("/></sentree></always>)"));
    ASSERT_TRUE(design.ok()) << design.error().ToString();
    ASSERT_THAT(design->objections, SizeIs(1)) << edge;
    EXPECT_EQ(design->objections[0].code(), ErrorCode::kUnsupported);
    EXPECT_THAT(design->objections[0].ToString(), HasSubstr("design.v:4:12: error: "));
    EXPECT_THAT(design->objections[0].ToString(), HasSubstr("pipelined multipliers"));
  }
}

TEST(VerilatorXml, ASensitivityListWithoutEdgesIsCombinational) {
  const auto design = ParseVerilatorXml(
      Dump(R"(<always><sentree><senitem edgeType="CHANGED"/></sentree></always>)"));
  ASSERT_TRUE(design.ok()) << design.error().ToString();
  EXPECT_THAT(design->objections, IsEmpty());
}

TEST(VerilatorXml, WhatReachesOutsideTheCircuitIsObjectedTo) {
  for (const char* tag : {"systemt", "systemf", "fopen", "writemem", "dumpctl", "ucstmt", "ucfunc",
                          "schdr", "rand", "finish", "stop"}) {
    const auto design = ParseVerilatorXml(
        Dump("<initial><begin><" + std::string(tag) + " loc=\"c,4,17,4,24\"/></begin></initial>"));
    ASSERT_TRUE(design.ok()) << design.error().ToString();
    ASSERT_THAT(design->objections, SizeIs(1)) << tag;
    EXPECT_THAT(design->objections[0].ToString(), HasSubstr("design.v:4:17: error: ")) << tag;
  }
}

TEST(VerilatorXml, MalformedDumpsAreToolErrorsThatSayWhatIsMissing) {
  const struct {
    std::string xml;
    const char* what;
  } cases[] = {
      {"", "no <netlist> or no <files>"},
      {"<verilator_xml", "cannot read Verilator's XML dump"},
      {"<other/>", "no <netlist> or no <files>"},
      {"<verilator_xml><files><file/></files><cells><cell submodname=\"t\"/></cells>"
       "<netlist/></verilator_xml>",
       "no <module> for the top module"},
      {Dump(Var("A", "99", "input")), "no type with the number '99'"},
      {Dump(Var("A", "1", "sideways")), "has the direction 'sideways'"},
      {Dump(Var("A", "5", "input"), "<refdtype id=\"5\" sub_dtype_id=\"5\"/>"), "no type"},
      {Dump(Var("A", "5", "input"), "<basicdtype id=\"5\" name=\"logic\" left=\"x\"/>"),
       "has no range"},
      {Dump(Var("A", "5", "input"), "<packarraydtype id=\"5\" sub_dtype_id=\"1\"/>"),
       "a packed array has no range"},
  };
  for (const auto& bad : cases) {
    const auto design = ParseVerilatorXml(bad.xml);
    ASSERT_FALSE(design.ok()) << bad.xml;
    EXPECT_EQ(design.error().code(), ErrorCode::kTool) << bad.xml;
    EXPECT_THAT(design.error().message(), HasSubstr(bad.what));
  }
}

TEST(VerilatorXml, DeeplyNestedExpressionsAreRead) {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += "<cond>";
  text += "<fopen/>";
  for (int i = 0; i < 100000; ++i) text += "</cond>";
  const auto design = ParseVerilatorXml(Dump(text));
  ASSERT_TRUE(design.ok()) << design.error().ToString();
  EXPECT_THAT(design->objections, SizeIs(1));
}

RtlDesign Modules(std::vector<std::string> modules, std::vector<std::string> tops) {
  RtlDesign design;
  design.modules = std::move(modules);
  design.tops = std::move(tops);
  return design;
}

TEST(ChooseTop, PrefersTheModuleNamedLikeTheFileToTheUninstantiatedOne) {
  const RtlDesign design = Modules({"other", "mul8u_X", "cell"}, {"other", "mul8u_X"});
  EXPECT_EQ(*ChooseTop(design, "", "mul8u_X", "mul8u_X.v"), "mul8u_X");
  EXPECT_EQ(*ChooseTop(design, "cell", "mul8u_X", "mul8u_X.v"), "cell");
}

TEST(ChooseTop, TakesTheOnlyUninstantiatedModule) {
  EXPECT_EQ(*ChooseTop(Modules({"cell", "m"}, {"m"}), "", "file", "file.v"), "m");
}

TEST(ChooseTop, AmbiguousTopsAreListed) {
  const auto top = ChooseTop(Modules({"m", "n"}, {"m", "n"}), "", "file", "file.v");
  ASSERT_FALSE(top.ok());
  EXPECT_THAT(top.error().ToString(), HasSubstr("top modules: m, n"));
  EXPECT_THAT(top.error().ToString(), HasSubstr("--top NAME"));
}

TEST(ChooseTop, AFileWithoutModulesIsAnError) {
  const auto design =
      ParseVerilatorXml("<verilator_xml><files><file/></files><netlist/></verilator_xml>");
  ASSERT_TRUE(design.ok()) << design.error().ToString();
  const auto top = ChooseTop(*design, "", "f", "f.v");
  ASSERT_FALSE(top.ok());
  EXPECT_EQ(top.error().ToString(), "f.v: error: the file defines no module");
}

TEST(ChooseTop, AnUnknownTopGetsASuggestion) {
  const auto top = ChooseTop(Modules({"multiplier"}, {"multiplier"}), "multiplyer", "f", "f.v");
  ASSERT_FALSE(top.ok());
  EXPECT_THAT(top.error().ToString(), HasSubstr("no module 'multiplyer' in 'f.v'"));
  EXPECT_THAT(top.error().ToString(), HasSubstr("did you mean 'multiplier'?"));
}

}  // namespace
}  // namespace axlut
