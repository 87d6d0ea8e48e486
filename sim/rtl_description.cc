// SPDX-License-Identifier: MIT
#include "sim/rtl_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "runtime/base/file_io.h"
#include "runtime/base/hash.h"
#include "runtime/base/subprocess.h"
#include "sim/simulator_source.h"
#include "sim/verilator.h"

namespace axlut {
namespace {

using nlohmann::json;

constexpr char kXmlFile[] = "design.xml";

// The languages to try in this order. A .v file is read as SystemVerilog first, as Verilator does
// by itself; netlists that use its keywords (do, bit, final) as names are Verilog 2005.
std::vector<std::string> Languages(const PreprocessedRtl& source) {
  if (source.system_verilog) return {"1800-2017"};
  return {"1800-2017", "1364-2005"};
}

std::string DescriptionKey(const PreprocessedRtl& source, const std::string& requested_top,
                           const std::string& verilator_version) {
  // Lengths keep the parts apart.
  std::string text = "axlut rtl description 1\n";
  const std::string cells = PdkCellsText();
  for (const std::string* part :
       {&verilator_version, &requested_top, &source.name, &cells, &source.text}) {
    text += fmt::format("{}\n", part->size()) + *part;
  }
  return Sha256Hex(text + (source.system_verilog ? "sv" : "v"));
}

json ToJson(const RtlDescription& description) {
  json ports = json::array();
  for (const RtlPort& port : description.interface.ports) {
    ports.push_back({port.name, static_cast<int>(port.direction), port.width, port.is_signed,
                     port.type, port.where.file, port.where.line, port.where.column});
  }
  json vectors = json::array();
  for (const InternalVector& vector : description.internal_vectors) {
    vectors.push_back({vector.module, vector.name});
  }
  return {{"language", description.language},
          {"top", description.interface.top},
          {"ports", ports},
          {"vectors", vectors}};
}

// Reads what ToJson() wrote; false if it is anything else.
bool FromJson(const std::string& text, RtlDescription& description) {
  const json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return false;
  try {
    description.language = root.at("language").get<std::string>();
    description.interface.top = root.at("top").get<std::string>();
    for (const json& port : root.at("ports")) {
      description.interface.ports.push_back({port.at(0),
                                             static_cast<PortDirection>(port.at(1).get<int>()),
                                             port.at(2),
                                             port.at(3),
                                             port.at(4),
                                             {port.at(5), port.at(6), port.at(7)}});
    }
    for (const json& vector : root.at("vectors")) {
      description.internal_vectors.push_back({vector.at(0), vector.at(1)});
    }
  } catch (const json::exception&) {
    return false;
  }
  return true;
}

// One run of `verilator --xml-only`.
struct XmlRun {
  ProcessResult process;
  std::vector<VerilatorMessage> messages;
};

Result<XmlRun> RunXml(const RtlDescription& description, const std::string& folder,
                      const std::string& top, double timeout_s) {
  std::vector<std::string> arguments = CommonVerilatorOptions(description.language);
  // -O0: the dump shows the design as written, with its internal vectors.
  arguments.insert(arguments.end(), {"--xml-only", "-O0", "--xml-output", kXmlFile, "--Mdir", "."});
  if (!top.empty()) arguments.insert(arguments.end(), {"--top-module", top});
  arguments.insert(arguments.end(), {kDesignFile, "-v", kCellsFile});
  XmlRun run;
  AXLUT_ASSIGN_OR_RETURN(run.process, RunVerilator(arguments, folder, timeout_s));
  run.messages = ParseVerilatorMessages(run.process.err);
  return run;
}

// A module that is defined twice in the user's files; the cells of ours may be redefined.
const VerilatorMessage* FindDuplicate(const std::vector<VerilatorMessage>& messages) {
  for (const VerilatorMessage& message : messages) {
    if (message.code == "MODDUP" && message.where.file != kCellsFile) return &message;
  }
  return nullptr;
}

bool MisusesKeyword(const std::vector<VerilatorMessage>& messages) {
  return std::any_of(messages.begin(), messages.end(), [](const VerilatorMessage& message) {
    return message.text.find("is a SystemVerilog keyword misused") != std::string::npos;
  });
}

Result<RtlDesign> ReadDesign(RtlDescription& description, const std::string& folder,
                             const std::string& top, double timeout_s) {
  // What is reported is the failure of the first language, unless that was not the file's.
  std::optional<Error> failure;
  bool keyword_misused = false;
  for (const std::string& language : Languages(description.source)) {
    description.language = language;
    AXLUT_ASSIGN_OR_RETURN(XmlRun run, RunXml(description, folder, top, timeout_s));
    if (run.process.succeeded()) {
      if (const VerilatorMessage* duplicate = FindDuplicate(run.messages)) {
        SourceLocation where = duplicate->where;
        where.file = description.source.names.UserName(where.file);
        return Error::InvalidInput(duplicate->text).At(where);
      }
      AXLUT_ASSIGN_OR_RETURN(const std::string xml, ReadTextFile(folder + "/" + kXmlFile));
      return ParseVerilatorXml(xml);
    }
    description.source.names.Translate(run.messages);
    if (!failure || keyword_misused) failure = VerilatorFailure(run.messages, run.process);
    keyword_misused = MisusesKeyword(run.messages);
  }
  return *failure;
}

}  // namespace

std::vector<std::string> CommonVerilatorOptions(const std::string& language) {
  return {"--language",   language,          "--no-timing",       "-Wno-fatal",
          "-Wno-lint",    "-Wno-style",      "-Wno-TIMESCALEMOD", "-Wwarn-MULTIDRIVEN",
          "-Wwarn-LATCH", "-Wwarn-UNDRIVEN", "-Wwarn-PINMISSING", "-Wwarn-UNOPTFLAT"};
}

Result<void> WriteDesignFiles(const RtlDescription& description, const std::string& folder) {
  AXLUT_RETURN_IF_ERROR(WriteFileAtomically(folder + "/" + kDesignFile, description.source.text));
  return WriteFileAtomically(folder + "/" + kCellsFile, PdkCellsText());
}

Result<RtlDescription> DescribeRtl(PreprocessedRtl source, const std::string& requested_top,
                                   const std::string& verilator_version,
                                   const std::optional<BuildCache>& cache, double timeout_s) {
  RtlDescription description;
  description.source = std::move(source);
  description.key = DescriptionKey(description.source, requested_top, verilator_version);
  const SourceNames& names = description.source.names;
  std::optional<BuildCache::Entry> entry;
  if (cache) entry = cache->Find(description.key);
  if (!entry || !FromJson(entry->text, description)) {
    AXLUT_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::Create());
    AXLUT_RETURN_IF_ERROR(WriteDesignFiles(description, folder.path()));
    AXLUT_ASSIGN_OR_RETURN(RtlDesign design, ReadDesign(description, folder.path(), "", timeout_s));
    AXLUT_ASSIGN_OR_RETURN(
        const std::string top,
        ChooseTop(design, requested_top, description.source.name, description.source.first_file));
    if (design.tops.size() != 1 || design.tops[0] != top) {
      AXLUT_ASSIGN_OR_RETURN(design, ReadDesign(description, folder.path(), top, timeout_s));
    }
    if (!design.objections.empty()) {
      Error error = design.objections[0];
      SourceLocation where = error.where();
      where.file = names.UserName(where.file);
      return std::move(error).At(where);
    }
    description.interface = std::move(design.interface);
    description.internal_vectors = std::move(design.internal_vectors);
    // A cache that cannot be written costs time, not correctness.
    if (cache) (void)cache->Publish(description.key, "", ToJson(description).dump());
  }
  for (RtlPort& port : description.interface.ports) {
    port.where.file = names.UserName(port.where.file);
  }
  return description;
}

}  // namespace axlut
