// SPDX-License-Identifier: MIT
#include "sim/rtl_interface.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "runtime/base/cli.h"
#include "sim/xml_reader.h"

namespace axlut {
namespace {

constexpr int kMaxTypeDepth = 16;  // of nested types

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

// A type of the dump's table.
struct DumpedType {
  std::string tag;
  std::string name;
  std::string left;
  std::string right;
  std::string sub_type;
  bool is_signed = false;
  std::vector<int> bounds;  // of a packed array
};

// A <var> of a module.
struct DumpedVariable {
  std::string module;
  std::string name;
  std::string type;
  std::string direction;  // "" for what is no port
  SourceLocation where;
};

// What a type means for a port.
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

Error Malformed(const std::string& what) {
  return Error::Tool(fmt::format("cannot read Verilator's XML dump: {}", what))
      .Help("AxLUT was tested with Verilator 5.006");
}

class Reader {
 public:
  explicit Reader(std::string_view xml) : xml_(xml) {}

  Result<RtlDesign> Read() {
    while (true) {
      const Result<XmlReader::Event> event = xml_.Next();
      if (!event.ok()) return Malformed(event.error().message());
      if (*event == XmlReader::Event::kDone) break;
      if (*event == XmlReader::Event::kStart) Start();
    }
    if (!has_netlist_ || files_.empty()) return Malformed("no <netlist> or no <files>");
    AXLUT_RETURN_IF_ERROR(Finish());
    return std::move(design_);
  }

 private:
  // True if the element that starts is `path` below <verilator_xml>.
  bool At(std::initializer_list<const char*> path) const {
    const std::vector<std::string>& open = xml_.open();
    return open.size() == path.size() + 1 && open[0] == "verilator_xml" &&
           std::equal(path.begin(), path.end(), open.begin() + 1);
  }

  void Start() {
    const size_t depth = xml_.open().size();
    if (depth == 2 && xml_.tag() == "netlist") has_netlist_ = true;
    if (At({"files", "file"})) files_[xml_.Attribute("id")] = xml_.Attribute("filename");
    if (At({"cells", "cell"})) design_.tops.push_back(xml_.Attribute("submodname"));
    if (At({"netlist", "module"})) design_.modules.push_back(xml_.Attribute("name"));
    if (At({"netlist", "module", "var"})) StartVariable();
    if (depth == 4 && xml_.open()[2] == "typetable") StartType();
    if (depth == 6 && At({"netlist", "typetable", "packarraydtype", "range", "const"})) {
      const std::optional<int> bound = ConstantValue(xml_.Attribute("name"));
      if (bound) types_[last_type_].bounds.push_back(*bound);
    }
    if (depth > 3 && xml_.open()[2] == "module") CheckConstruct();
  }

  void StartVariable() {
    variables_.push_back({design_.modules.back(), xml_.Attribute("name"),
                          xml_.Attribute("dtype_id"), xml_.Attribute("dir"), Where()});
  }

  void StartType() {
    last_type_ = xml_.Attribute("id");
    types_[last_type_] = {xml_.tag(),
                          xml_.Attribute("name"),
                          xml_.Attribute("left"),
                          xml_.Attribute("right"),
                          xml_.Attribute("sub_dtype_id"),
                          xml_.Attribute("signed") == "true",
                          {}};
  }

  // "c,2,15,2,16": file, first line and column, last line and column.
  SourceLocation Where() const {
    std::istringstream fields(xml_.Attribute("loc"));
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

  void CheckConstruct() {
    const auto refused = RefusedConstructs().find(xml_.tag());
    if (refused != RefusedConstructs().end()) {
      design_.objections.push_back(
          Error::Unsupported(fmt::format("the design is not simulated: {}", refused->second))
              .At(Where()));
    }
    if (xml_.tag() != "senitem") return;
    const std::string edge = xml_.Attribute("edgeType");
    if (edge != "POS" && edge != "NEG" && edge != "BOTH") return;
    design_.objections.push_back(
        Error::Unsupported("the design is sequential (it waits for a clock edge); only "
                           "combinational multipliers can be verified")
            .At(Where())
            .Note("pipelined multipliers are not supported by this version"));
  }

  // Types come last in the dump, so ports are made when all is read.
  Result<void> Finish() {
    if (design_.tops.empty()) return {};
    const std::string& top = design_.tops[0];
    if (std::find(design_.modules.begin(), design_.modules.end(), top) == design_.modules.end()) {
      return Malformed("no <module> for the top module");
    }
    design_.interface.top = top;
    for (const DumpedVariable& variable : variables_) {
      if (variable.direction.empty()) {
        NoteInternalVector(variable);
      } else if (variable.module == top) {
        AXLUT_RETURN_IF_ERROR(AddPort(variable));
      }
    }
    return {};
  }

  Result<void> AddPort(const DumpedVariable& variable) {
    RtlPort port;
    port.name = variable.name;
    port.where = variable.where;
    if (variable.direction == "input") {
      port.direction = PortDirection::kInput;
    } else if (variable.direction == "output") {
      port.direction = PortDirection::kOutput;
    } else if (variable.direction == "inout") {
      port.direction = PortDirection::kInout;
    } else {
      return Malformed(
          fmt::format("port '{}' has the direction '{}'", port.name, variable.direction));
    }
    AXLUT_ASSIGN_OR_RETURN(const PortType type, TypeOf(variable.type, 0));
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
    const DumpedType& type = entry->second;
    if (type.tag == "basicdtype") return BasicType(type);
    if (type.tag == "refdtype" || type.tag == "enumdtype") return TypeOf(type.sub_type, depth + 1);
    if (type.tag == "packarraydtype") return PackedArrayType(type, depth);
    const std::string name = type.tag == "unpackarraydtype" ? "unpacked array"
                             : type.tag == "structdtype"    ? "structure"
                                                            : type.tag;
    return PortType{0, false, name};
  }

  static Result<PortType> BasicType(const DumpedType& type) {
    PortType result = {1, type.is_signed, type.name};
    if (type.name == "real" || type.name == "string" || type.name == "chandle" ||
        type.name == "event") {
      result.width = 0;
      return result;
    }
    if (type.left.empty()) return result;
    const std::optional<int> from = ToInt(type.left);
    const std::optional<int> to = ToInt(type.right);
    if (!from || !to) return Malformed(fmt::format("type '{}' has no range", type.name));
    result.width = std::abs(*from - *to) + 1;
    return result;
  }

  Result<PortType> PackedArrayType(const DumpedType& type, int depth) const {
    AXLUT_ASSIGN_OR_RETURN(PortType element, TypeOf(type.sub_type, depth + 1));
    if (type.bounds.size() != 2) return Malformed("a packed array has no range");
    element.width *= std::abs(type.bounds[0] - type.bounds[1]) + 1;
    element.is_signed = false;  // of the whole: IEEE 1800 7.4.1
    return element;
  }

  void NoteInternalVector(const DumpedVariable& variable) {
    const auto entry = types_.find(variable.type);
    if (entry == types_.end() || entry->second.tag != "basicdtype") return;
    const Result<PortType> type = BasicType(entry->second);
    if (type.ok() && type->width > 1) {
      design_.internal_vectors.push_back({variable.module, variable.name});
    }
  }

  XmlReader xml_;
  bool has_netlist_ = false;
  std::map<std::string, std::string> files_;
  std::map<std::string, DumpedType> types_;
  std::string last_type_;
  std::vector<DumpedVariable> variables_;
  RtlDesign design_;
};

bool Contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

Result<RtlDesign> ParseVerilatorXml(std::string_view xml) { return Reader(xml).Read(); }

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
