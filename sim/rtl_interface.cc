// SPDX-License-Identifier: MIT
#include "sim/rtl_interface.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>
#include <string>

#include "runtime/base/cli.h"

namespace axlut {
namespace {

using Tree = boost::property_tree::ptree;

// Of nested elements: the XML parser and the tree's destructor recurse, and the text comes from a
// design that may be built to break them. The deepest honest case is a chain of ?: operators.
constexpr int kMaxDepth = 5000;
constexpr int kMaxTypeDepth = 16;

std::string Attribute(const Tree& element, const char* name) {
  const auto attributes = element.get_child_optional("<xmlattr>");
  if (!attributes) return "";
  return attributes->get<std::string>(Tree::path_type(name, '\n'), "");
}

// Without the copy, or the dangling reference, that ptree's get_child() with a default would give.
const Tree& ChildOrEmpty(const Tree& element, const char* name) {
  static const Tree empty;
  const auto child = element.find(name);
  return child == element.not_found() ? empty : child->second;
}

std::optional<int> ToInt(std::string_view text) {
  int value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The value of Verilog's "32'sh1f", as the dump writes the bounds of a range.
std::optional<int> ConstantValue(const std::string& text) {
  const size_t quote = text.find('\'');
  if (quote == std::string::npos) return std::nullopt;
  size_t at = quote + 1;
  if (at < text.size() && text[at] == 's') ++at;
  if (at >= text.size() || text[at] != 'h') return std::nullopt;
  uint32_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data() + at + 1, end, value, 16);
  if (failure != std::errc() || stop != end) return std::nullopt;
  return static_cast<int>(value);
}

// A type of the dump's table, reduced to what a port may be.
struct PortType {
  int width = 0;  // 0: no packed vector
  bool is_signed = false;
  std::string name;
};

// Why a construct is refused, by the dump's element name. What has an effect outside the simulated
// circuit is refused because the RTL is somebody else's text, and simulating it must be harmless.
const std::map<std::string, std::string>& RefusedConstructs() {
  static const std::map<std::string, std::string> refused = {
      {"systemt", "$system runs a command"},
      {"systemf", "$system runs a command"},
      {"fopen", "$fopen opens a file"},
      {"fopenmcd", "$fopen opens a file"},
      {"writemem", "$writememh writes a file"},
      {"dumpctl", "$dumpfile and $dumpvars write a file"},
      {"ucstmt", "$c is C++ code"},
      {"ucfunc", "$c is C++ code"},
      {"schdr", "`systemc_header is C++ code"},
      {"scint", "`systemc_interface is C++ code"},
      {"scimp", "`systemc_implementation is C++ code"},
      {"scimphdr", "`systemc_imp_header is C++ code"},
      {"scctor", "`systemc_ctor is C++ code"},
      {"scdtor", "`systemc_dtor is C++ code"},
      {"rand", "$random is no function of the operands"},
      {"randrng", "$urandom_range is no function of the operands"},
      {"finish", "$finish ends the simulation"},
      {"stop", "$stop ends the simulation"},
  };
  return refused;
}

class Reader {
 public:
  explicit Reader(const Tree& root) : root_(root) {}

  Result<RtlDesign> Read() {
    const auto netlist = root_.get_child_optional("verilator_xml.netlist");
    const auto files = root_.get_child_optional("verilator_xml.files");
    if (!netlist || !files) return Malformed("no <netlist> or no <files>");
    for (const auto& [tag, file] : *files) {
      if (tag == "file") files_[Attribute(file, "id")] = Attribute(file, "filename");
    }
    for (const auto& [tag, type] : ChildOrEmpty(*netlist, "typetable")) {
      types_[Attribute(type, "id")] = {tag, &type};
    }
    for (const auto& [tag, child] : root_.get_child("verilator_xml")) {
      if (tag != "cells") continue;
      for (const auto& [cell_tag, cell] : child) {
        if (cell_tag == "cell") design_.tops.push_back(Attribute(cell, "submodname"));
      }
    }
    for (const auto& [tag, module] : *netlist) {
      if (tag == "module") AXLUT_RETURN_IF_ERROR(ReadModule(module));
    }
    if (!design_.tops.empty() && design_.interface.top.empty()) {
      return Malformed("no <module> for the top module");
    }
    return std::move(design_);
  }

 private:
  static Error Malformed(const std::string& what) {
    return Error::Tool(fmt::format("cannot read Verilator's XML dump: {}", what))
        .Help("AxLUT was tested with Verilator 5.006");
  }

  SourceLocation Where(const Tree& element) const {
    std::istringstream fields(Attribute(element, "loc"));  // "c,2,15,2,16": file, line, column, end
    std::string file;
    std::string line;
    std::string column;
    std::getline(fields, file, ',');
    std::getline(fields, line, ',');
    std::getline(fields, column, ',');
    const auto known = files_.find(file);
    if (known == files_.end()) return {};
    return {known->second, ToInt(line).value_or(0), ToInt(column).value_or(0)};
  }

  Result<void> ReadModule(const Tree& module) {
    const std::string name = Attribute(module, "name");
    if (name.empty()) return Malformed("a <module> without a name");
    design_.modules.push_back(name);
    const bool is_top = !design_.tops.empty() && name == design_.tops[0];
    if (is_top) design_.interface.top = name;
    for (const auto& [tag, child] : module) {
      if (tag == "var") {
        const std::string direction = Attribute(child, "dir");
        if (direction.empty()) {
          NoteInternalVector(name, child);
        } else if (is_top) {
          AXLUT_RETURN_IF_ERROR(ReadPort(child, direction));
        }
      }
      CheckConstructs(tag, child);
    }
    return {};
  }

  Result<void> ReadPort(const Tree& var, const std::string& direction) {
    RtlPort port;
    port.name = Attribute(var, "name");
    port.where = Where(var);
    if (direction == "input") {
      port.direction = PortDirection::kInput;
    } else if (direction == "output") {
      port.direction = PortDirection::kOutput;
    } else if (direction == "inout") {
      port.direction = PortDirection::kInout;
    } else {
      return Malformed(fmt::format("port '{}' has the direction '{}'", port.name, direction));
    }
    AXLUT_ASSIGN_OR_RETURN(const PortType type, TypeOf(Attribute(var, "dtype_id"), 0));
    port.width = type.width;
    port.is_signed = type.is_signed;
    port.type = type.name;
    design_.interface.ports.push_back(std::move(port));
    return {};
  }

  Result<PortType> TypeOf(const std::string& id, int depth) const {
    const auto entry = types_.find(id);
    if (entry == types_.end() || depth > kMaxTypeDepth) {
      return Malformed(fmt::format("no type with the number '{}'", id));
    }
    const std::string& tag = entry->second.first;
    const Tree& type = *entry->second.second;
    if (tag == "basicdtype") return BasicType(type);
    if (tag == "refdtype" || tag == "enumdtype") {
      return TypeOf(Attribute(type, "sub_dtype_id"), depth + 1);
    }
    if (tag == "packarraydtype") return PackedArrayType(type, depth);
    const std::string name = tag == "unpackarraydtype" ? "unpacked array"
                             : tag == "structdtype"    ? "structure"
                                                       : tag;
    return PortType{0, false, name};
  }

  static Result<PortType> BasicType(const Tree& type) {
    PortType result;
    result.name = Attribute(type, "name");
    result.is_signed = Attribute(type, "signed") == "true";
    const std::string left = Attribute(type, "left");
    if (result.name == "real" || result.name == "string" || result.name == "chandle" ||
        result.name == "event") {
      return result;
    }
    if (left.empty()) {
      result.width = 1;
      return result;
    }
    const std::optional<int> from = ToInt(left);
    const std::optional<int> to = ToInt(Attribute(type, "right"));
    if (!from || !to) return Malformed(fmt::format("type '{}' has no range", result.name));
    result.width = std::abs(*from - *to) + 1;
    return result;
  }

  Result<PortType> PackedArrayType(const Tree& type, int depth) const {
    AXLUT_ASSIGN_OR_RETURN(PortType element, TypeOf(Attribute(type, "sub_dtype_id"), depth + 1));
    std::vector<int> bounds;
    for (const auto& [tag, bound] : ChildOrEmpty(type, "range")) {
      if (tag != "const") continue;
      const std::optional<int> value = ConstantValue(Attribute(bound, "name"));
      if (value) bounds.push_back(*value);
    }
    if (bounds.size() != 2) return Malformed("a packed array has no range");
    element.width *= std::abs(bounds[0] - bounds[1]) + 1;
    element.is_signed = false;  // of the whole: IEEE 1800 7.4.1
    return element;
  }

  void NoteInternalVector(const std::string& module, const Tree& var) {
    const auto entry = types_.find(Attribute(var, "dtype_id"));
    if (entry == types_.end() || entry->second.first != "basicdtype") return;
    const Result<PortType> type = BasicType(*entry->second.second);
    if (type.ok() && type->width > 1) {
      design_.internal_vectors.push_back({module, Attribute(var, "name")});
    }
  }

  // Notes what is refused in `element` and in all that is below it, in the text's order.
  void CheckConstructs(const std::string& tag, const Tree& element) {
    std::vector<std::pair<const std::string*, const Tree*>> pending = {{&tag, &element}};
    while (!pending.empty()) {
      const auto [current_tag, current] = pending.back();
      pending.pop_back();
      CheckConstruct(*current_tag, *current);
      for (auto child = current->rbegin(); child != current->rend(); ++child) {
        pending.emplace_back(&child->first, &child->second);
      }
    }
  }

  void CheckConstruct(const std::string& tag, const Tree& element) {
    const auto refused = RefusedConstructs().find(tag);
    if (refused != RefusedConstructs().end()) {
      design_.objections.push_back(
          Error::Unsupported(fmt::format("the design is not simulated: {}", refused->second))
              .At(Where(element)));
    }
    if (tag != "senitem") return;
    const std::string edge = Attribute(element, "edgeType");
    if (edge != "POS" && edge != "NEG" && edge != "BOTH") return;
    design_.objections.push_back(
        Error::Unsupported("the design is sequential (it waits for a clock edge); only "
                           "combinational multipliers can be verified")
            .At(Where(element))
            .Note("pipelined multipliers are not supported by this version"));
  }

  const Tree& root_;
  std::map<std::string, std::string> files_;
  std::map<std::string, std::pair<std::string, const Tree*>> types_;
  RtlDesign design_;
};

// The nesting of elements, counted without recursion. Verilator writes '<' only where a tag begins.
int NestingDepth(std::string_view xml) {
  int depth = 0;
  int deepest = 0;
  for (size_t at = xml.find('<'); at != std::string_view::npos; at = xml.find('<', at + 1)) {
    const size_t end = xml.find('>', at);
    if (end == std::string_view::npos) break;
    const char first = xml[at + 1];
    if (first == '?' || first == '!') continue;
    if (first == '/') {
      --depth;
    } else if (xml[end - 1] != '/') {
      deepest = std::max(deepest, ++depth);
    }
  }
  return deepest;
}

bool Contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

Result<RtlDesign> ParseVerilatorXml(std::string_view xml) {
  if (const int depth = NestingDepth(xml); depth > kMaxDepth) {
    return Error::Unsupported(fmt::format(
        "the design has expressions nested {} deep; at most {} are read", depth, kMaxDepth));
  }
  Tree root;
  std::istringstream text{std::string(xml)};
  try {
    boost::property_tree::read_xml(text, root);
    return Reader(root).Read();
  } catch (const boost::property_tree::ptree_error& failure) {
    return Error::Tool(fmt::format("cannot read Verilator's XML dump: {}", failure.what()));
  }
}

Result<std::string> ChooseTop(const RtlDesign& design, const std::string& requested,
                              const std::string& circuit_name, const std::string& file) {
  if (design.modules.empty()) {
    return Error::InvalidInput("the file defines no module").At({file, 0, 0});
  }
  const std::string known = fmt::format("modules: {}", fmt::join(design.modules, ", "));
  if (!requested.empty()) {
    if (Contains(design.modules, requested)) return requested;
    Error error = Error::InvalidInput(fmt::format("no module '{}' in '{}'", requested, file));
    const std::string similar = cli::DidYouMean(requested, design.modules);
    if (!similar.empty()) error = std::move(error).Help(fmt::format("did you mean '{}'?", similar));
    return std::move(error).Note(known);
  }
  if (Contains(design.modules, circuit_name)) return circuit_name;
  if (design.tops.size() == 1) return design.tops[0];
  return Error::InvalidInput(
             fmt::format("'{}' has {} modules that no other instantiates, none named '{}'", file,
                         design.tops.size(), circuit_name))
      .Note(fmt::format("top modules: {}", fmt::join(design.tops, ", ")))
      .Help("--top NAME says which to verify");
}

}  // namespace axlut
