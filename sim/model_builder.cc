// SPDX-License-Identifier: MIT
#include "sim/model_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <string_view>
#include <utility>

#include "runtime/base/file_io.h"
#include "runtime/base/hash.h"
#include "sim/verilator.h"

namespace axlut {
namespace {

namespace fs = std::filesystem;

constexpr char kWrapperFile[] = "wrapper.v";
constexpr char kSplitFile[] = "split.vlt";
constexpr char kModelFolder[] = "model";
constexpr char kDriverSource[] = "driver.cc";
constexpr char kRuntimeSource[] = "runtime.cc";
constexpr char kExecutable[] = "simulator";

// Passes over the design until its nets settle. A product bit of a ripple chain through one vector
// may need one per bit; Verilator's default of 100 is too low for the nets of EvoApproxLib's
// mul8u_1JFF, which are one vector of 2032 bits.
constexpr int kConvergeLimit = 20000;

void ReplaceAll(std::string& text, const std::string& what, const std::string& by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

// Verilator's names for nets start with our wrapper, or are its ports.
std::string InDesignNames(std::string text, const SimulatedPorts& ports) {
  ReplaceAll(text, std::string(kWrapperModule) + ".dut.", "");
  ReplaceAll(text, std::string(kWrapperModule) + ".", "");
  ReplaceAll(text, kWrapperX, ports.x.name);
  ReplaceAll(text, kWrapperY, ports.y.name);
  ReplaceAll(text, kWrapperProduct, ports.product.name);
  return text;
}

bool Has(const std::vector<VerilatorMessage>& messages, std::string_view code) {
  return std::any_of(messages.begin(), messages.end(),
                     [&](const VerilatorMessage& message) { return message.code == code; });
}

// Verilator's configuration that splits every vector inside the design into single bits, where it
// can: a ripple chain through one vector is no loop then.
std::string SplitText(const RtlDescription& description) {
  std::string text = "`verilator_config\n";
  for (const InternalVector& vector : description.internal_vectors) {
    // Names with quotes cannot be written there; splitting is only for speed.
    if (vector.module.find('"') != std::string::npos || vector.name.find('"') != std::string::npos)
      continue;
    text += fmt::format("split_var -module \"{}\" -var \"{}\"\n", vector.module, vector.name);
  }
  return text;
}

Result<std::vector<VerilatorMessage>> Verilate(const ModelRequest& request, bool split) {
  std::vector<std::string> arguments = CommonVerilatorOptions(request.description.language);
  // --x-initial and --x-assign unique: whatever the design leaves open is settable from outside,
  // which the driver uses to find out whether it matters. --flatten: two instances that drive one
  // net are found only after inlining.
  arguments.insert(arguments.end(),
                   {"--cc", "--flatten", "--x-initial", "unique", "--x-assign", "unique",
                    "--converge-limit", std::to_string(kConvergeLimit), "--threads", "1",
                    "--top-module", kWrapperModule, "--prefix", "Vdut", "--Mdir", kModelFolder});
  if (split) arguments.push_back(kSplitFile);
  arguments.insert(arguments.end(), {kWrapperFile, kDesignFile, "-v", kCellsFile});
  AXLUT_ASSIGN_OR_RETURN(const ProcessResult run,
                         RunVerilator(arguments, request.folder, request.timeout_s));
  std::vector<VerilatorMessage> messages = ParseVerilatorMessages(run.err);
  for (VerilatorMessage& message : messages)
    message.text = InDesignNames(message.text, request.ports);
  if (!run.succeeded()) {
    request.description.source.names.Translate(messages);
    return VerilatorFailure(messages, run);
  }
  return messages;
}

// Warnings that are errors for us.
Result<void> Judge(const std::vector<VerilatorMessage>& messages, const SourceNames& names) {
  for (const VerilatorMessage& message : messages) {
    const SourceLocation where = {names.UserName(message.where.file), message.where.line,
                                  message.where.column};
    if (message.code == "MULTIDRIVEN") {
      return Error::InvalidInput(message.text)
          .At(where)
          .Help("a bit with two drivers has no defined value; remove one of them");
    }
    if (message.code == "LATCH") {
      return Error::InvalidInput(message.text)
          .At(where)
          .Help("give the signal a value on every path, so that the design has no memory");
    }
  }
  return {};
}

std::vector<VerilatorMessage> Suspicions(std::vector<VerilatorMessage> messages) {
  messages.erase(std::remove_if(messages.begin(), messages.end(),
                                [](const VerilatorMessage& message) {
                                  return message.code != "UNDRIVEN" &&
                                         message.code != "PINMISSING" &&
                                         message.code != "UNOPTFLAT";
                                }),
                 messages.end());
  return messages;
}

// The C++ files that Verilator wrote, in a fixed order.
Result<std::vector<std::string>> ModelSources(const std::string& folder) {
  std::vector<std::string> sources;
  std::error_code failure;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failure)) {
    const std::string name = entry.path().filename().string();
    if (name == "Vdut__Dpi.h") {
      return Error::Unsupported("the design is not simulated: it calls C functions (DPI)");
    }
    if (entry.path().extension() == ".cpp") sources.push_back(name);
  }
  if (failure || sources.empty()) return Error::Tool("verilator wrote no C++ files");
  std::sort(sources.begin(), sources.end());
  return sources;
}

// Path of Verilator's runtime library, compiled without optimization (nothing in it runs often).
// Built in `folder` if the cache does not have it.
Result<std::string> RuntimeObject(const ModelRequest& request, const std::string& include_folder,
                                  const std::optional<BuildCache>& cache) {
  const std::string key =
      "runtime-" + Sha256Hex(request.verilator_version + "\n" + include_folder + "\n" +
                             request.compiler.identity() + "\n" + RuntimeText());
  if (cache) {
    if (std::optional<BuildCache::Entry> entry = cache->Find(key)) return entry->path;
  }
  const std::string object = request.folder + "/runtime.o";
  AXLUT_RETURN_IF_ERROR(WriteFileAtomically(request.folder + "/" + kRuntimeSource, RuntimeText()));
  AXLUT_RETURN_IF_ERROR(request.compiler.Compile(request.folder, kRuntimeSource, object,
                                                 /*optimize=*/false,
                                                 {include_folder, include_folder + "/vltstd"}));
  if (cache) {
    AXLUT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(object));
    // A cache that cannot be written costs time, not correctness.
    (void)cache->Publish(key, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "");
  }
  return object;
}

}  // namespace

std::string ModelKey(const ModelRequest& request) {
  const std::string text = "axlut simulator 1\n" + request.description.key + "\n" +
                           WrapperText(request.description.interface.top, request.ports) +
                           DriverText({}) + request.compiler.identity();
  return Sha256Hex(text);
}

Result<BuiltModel> BuildModel(const ModelRequest& request, const std::optional<BuildCache>& cache) {
  AXLUT_ASSIGN_OR_RETURN(const std::string include_folder,
                         VerilatorIncludeFolder(request.timeout_s));
  // The runtime library takes longer than the model and needs nothing from it.
  std::future<Result<std::string>> runtime =
      std::async(std::launch::async, [&] { return RuntimeObject(request, include_folder, cache); });

  const std::string& folder = request.folder;
  AXLUT_RETURN_IF_ERROR(WriteDesignFiles(request.description, folder));
  AXLUT_RETURN_IF_ERROR(WriteFileAtomically(
      folder + "/" + kWrapperFile, WrapperText(request.description.interface.top, request.ports)));
  AXLUT_ASSIGN_OR_RETURN(std::vector<VerilatorMessage> messages,
                         Verilate(request, /*split=*/false));
  if (Has(messages, "UNOPTFLAT") && !request.description.internal_vectors.empty()) {
    AXLUT_RETURN_IF_ERROR(
        WriteFileAtomically(folder + "/" + kSplitFile, SplitText(request.description)));
    std::error_code ignored;
    fs::remove_all(folder + "/" + kModelFolder, ignored);
    AXLUT_ASSIGN_OR_RETURN(messages, Verilate(request, /*split=*/true));
  }
  AXLUT_RETURN_IF_ERROR(Judge(messages, request.description.source.names));

  AXLUT_ASSIGN_OR_RETURN(const std::vector<std::string> sources,
                         ModelSources(folder + "/" + kModelFolder));
  AXLUT_RETURN_IF_ERROR(WriteFileAtomically(folder + "/" + kDriverSource, DriverText(sources)));
  AXLUT_RETURN_IF_ERROR(
      request.compiler.Compile(folder, kDriverSource, "driver.o", /*optimize=*/true,
                               {kModelFolder, include_folder, include_folder + "/vltstd"}));
  Result<std::string> runtime_object = runtime.get();
  if (!runtime_object.ok()) return std::move(runtime_object).error();
  AXLUT_RETURN_IF_ERROR(request.compiler.Link(folder, {"driver.o", *runtime_object}, kExecutable));
  return BuiltModel{folder + "/" + kExecutable, Suspicions(std::move(messages))};
}

}  // namespace axlut
