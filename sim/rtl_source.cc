// SPDX-License-Identifier: MIT
#include "sim/rtl_source.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "runtime/base/file_io.h"
#include "runtime/base/subprocess.h"

namespace axlut {
namespace {

namespace fs = std::filesystem;

constexpr char kPdkSuffix[] = "_pdk45";

// EvoApproxLib's mul8u_2AC_pdk45.v holds the module mul8u_2AC.
std::string CircuitName(const std::string& path) {
  std::string stem = FileStem(path);
  const size_t suffix = sizeof kPdkSuffix - 1;
  if (stem.size() > suffix && stem.compare(stem.size() - suffix, suffix, kPdkSuffix) == 0) {
    stem.resize(stem.size() - suffix);
  }
  return stem;
}

// A link in `folder`, so that Verilator sees a name without blanks.
Result<void> Link(const std::string& target, const std::string& folder, const std::string& name) {
  std::error_code failure;
  const fs::path absolute = fs::absolute(target, failure);
  if (!failure) fs::create_symlink(absolute, fs::path(folder) / name, failure);
  if (failure) {
    return Error::Tool(
        fmt::format("cannot link '{}' into '{}': {}", target, folder, failure.message()));
  }
  return {};
}

Result<void> CheckReadable(const std::string& path) {
  std::error_code failure;
  const fs::file_status status = fs::status(path, failure);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    return Error::InvalidInput(fmt::format("'{}' is not a regular file", path));
  }
  AXLUT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  if (text.find('\0') != std::string::npos) {
    return Error::InvalidInput(fmt::format("'{}' is not Verilog text: it holds zero bytes", path));
  }
  return {};
}

}  // namespace

std::string SourceNames::UserName(const std::string& shown) const {
  for (const auto& [prefix, user] : names_) {
    if (shown == prefix) return user;
    // With --relative-includes Verilator names included files by absolute path through our link.
    const size_t at = shown.rfind(prefix + "/", 0) == 0 ? 0 : shown.find("/" + prefix + "/");
    if (at == std::string::npos) continue;
    return user + shown.substr(shown.find('/', at == 0 ? 0 : at + 1));
  }
  return shown;
}

void SourceNames::Translate(std::vector<VerilatorMessage>& messages) const {
  for (VerilatorMessage& message : messages) message.where.file = UserName(message.where.file);
}

Result<PreprocessedRtl> PreprocessRtl(const RtlFiles& files, double timeout_s) {
  AXLUT_CHECK(!files.files.empty());
  AXLUT_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::Create());
  PreprocessedRtl rtl;
  rtl.name = CircuitName(files.files[0]);
  rtl.first_file = files.files[0];
  std::vector<std::string> arguments = {"-E", "--relative-includes"};
  for (const std::string& define : files.defines) arguments.push_back("-D" + define);
  for (size_t i = 0; i < files.files.size(); ++i) {
    const std::string& file = files.files[i];
    AXLUT_RETURN_IF_ERROR(CheckReadable(file));
    rtl.system_verilog |= FileExtension(file) == ".sv";
    const std::string shown = fmt::format("rtl{}.v", i);
    const std::string parent = fs::path(file).parent_path().string();
    const std::string shown_parent = fmt::format("dir{}", i);
    AXLUT_RETURN_IF_ERROR(Link(file, folder.path(), shown));
    AXLUT_RETURN_IF_ERROR(Link(parent.empty() ? "." : parent, folder.path(), shown_parent));
    rtl.names.Add(shown, file);
    rtl.names.Add(shown_parent, parent.empty() ? "." : parent);
    arguments.push_back(shown);
    arguments.push_back("-I" + shown_parent);
  }
  for (size_t i = 0; i < files.include_dirs.size(); ++i) {
    const std::string shown = fmt::format("include{}", i);
    AXLUT_RETURN_IF_ERROR(Link(files.include_dirs[i], folder.path(), shown));
    rtl.names.Add(shown, files.include_dirs[i]);
    arguments.push_back("-I" + shown);
  }
  AXLUT_ASSIGN_OR_RETURN(ProcessResult run, RunVerilator(arguments, folder.path(), timeout_s));
  if (!run.succeeded()) {
    std::vector<VerilatorMessage> messages = ParseVerilatorMessages(run.err);
    rtl.names.Translate(messages);
    return VerilatorFailure(messages, run);
  }
  // The absolute path of the links is in `line directives of included files and differs from run to
  // run; the text must not.
  for (size_t at = 0; (at = run.out.find(folder.path() + "/", at)) != std::string::npos;) {
    run.out.erase(at, folder.path().size() + 1);
  }
  rtl.text = std::move(run.out);
  return rtl;
}

}  // namespace axlut
