// SPDX-License-Identifier: MIT
#include "sim/simulator.h"

#include <fmt/format.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <future>
#include <optional>
#include <sstream>
#include <utility>

#include "frontend/port_map.h"
#include "runtime/base/file_io.h"
#include "runtime/base/subprocess.h"
#include "sim/build_cache.h"
#include "sim/model_builder.h"
#include "sim/rtl_description.h"
#include "sim/toolchain.h"
#include "sim/verilator.h"

namespace axlut {
namespace {

constexpr size_t kMostSuspicions = 3;  // that an error message quotes

Result<void> CheckPort(const RtlPort& port, const std::string& top) {
  if (port.direction == PortDirection::kInout) {
    return Error::Unsupported(fmt::format("port '{}' of module '{}' is inout: a multiplier has "
                                          "inputs and outputs only",
                                          port.name, top))
        .At(port.where);
  }
  if (port.width == 0) {
    return Error::Unsupported(fmt::format("port '{}' of module '{}' has the type '{}': operands "
                                          "and products are vectors of bits",
                                          port.name, top, port.type))
        .At(port.where);
  }
  return {};
}

const RtlPort& PortNamed(const RtlInterface& interface, const std::string& name) {
  for (const RtlPort& port : interface.ports) {
    if (port.name == name) return port;
  }
  AXLUT_CHECK(false);
}

// The two operands and the product, by the rules that the other frontends use.
Result<SimulatedPorts> FindPorts(const RtlDescription& description,
                                 const SimulatorOptions& options) {
  const RtlInterface& interface = description.interface;
  std::vector<DeclaredPort> declared;
  PortMapOptions roles;
  if (!options.product.empty()) roles.product = options.product;
  for (const RtlPort& port : interface.ports) {
    AXLUT_RETURN_IF_ERROR(CheckPort(port, interface.top));
    const bool is_input = port.direction == PortDirection::kInput;
    declared.push_back({port.name, port.width, is_input, port.is_signed, port.where});
    if (!is_input && options.product.empty() && port.name == options.preferred_product) {
      roles.product = port.name;
    }
  }
  AXLUT_ASSIGN_OR_RETURN(const PortMap map, ResolvePortMap(description.source.name, declared, roles,
                                                           /*is_c_model=*/false));
  SimulatedPorts ports;
  ports.x = PortNamed(interface, map.a.name);
  ports.y = PortNamed(interface, map.b.name);
  ports.product = PortNamed(interface, map.product.name);
  // In declaration order, so that the simulator does not depend on names.
  for (const RtlPort& port : interface.ports) {
    if (port.name == ports.x.name) break;
    if (port.name == ports.y.name) {
      std::swap(ports.x, ports.y);
      break;
    }
  }
  return ports;
}

}  // namespace

struct Simulator::State {
  State(SimulatorOptions given, TemporaryFolder scratch)
      : options(std::move(given)), folder(std::move(scratch)) {}

  SimulatorOptions options;
  TemporaryFolder folder;
  std::optional<BuildCache> cache;
  std::optional<CxxCompiler> compiler;
  RtlDescription description;
  SimulatedPorts ports;
  std::string verilator_version;
  std::vector<std::string> notes;
  bool was_cached = false;
  std::string executable;
  std::vector<VerilatorMessage> suspicions;
  mutable std::atomic<int> runs{0};

  std::string Pair(uint64_t x, uint64_t y) const {
    return fmt::format("{} = {:0{}b}, {} = {:0{}b}", ports.x.name, x, ports.x.width, ports.y.name,
                       y, ports.y.width);
  }
  Error WithSuspicions(Error error) const;
  Error Explain(const ProcessResult& run, const ProcessOptions& process) const;
  Result<std::vector<uint32_t>> ReadProducts(const std::string& path, OuterOperand outer,
                                             uint64_t first, uint64_t last) const;
};

Error Simulator::State::WithSuspicions(Error error) const {
  for (size_t i = 0; i < suspicions.size() && i < kMostSuspicions; ++i) {
    const VerilatorMessage& message = suspicions[i];
    error = std::move(error).Note(
        fmt::format("{}:{}:{}: {}", description.source.names.UserName(message.where.file),
                    message.where.line, message.where.column, message.text));
  }
  return error;
}

// What the driver (simulator_source.cc) said before it gave up.
Error Simulator::State::Explain(const ProcessResult& run, const ProcessOptions& process) const {
  std::istringstream words(run.err);
  uint64_t x = 0;
  uint64_t y = 0;
  words >> x >> y;
  const SourceLocation where = {description.source.first_file, 0, 0};
  if (run.exit_code == kDriverStateful) {
    uint64_t first = 0;
    uint64_t second = 0;
    words >> first >> second;
    return WithSuspicions(
        Error::InvalidInput(
            fmt::format("the product of module '{}' depends on more than its operands: for {} it "
                        "is {:0{}b} or {:0{}b}",
                        description.interface.top, Pair(x, y), first, ports.product.width, second,
                        ports.product.width))
            .At(where)
            .Note("a net without a driver, a latch or a combinational loop has this effect"));
  }
  if (run.exit_code == kDriverFatal) {
    std::string message;
    std::getline(words >> std::ws, message);
    if (message.find("converge") != std::string::npos) {
      return WithSuspicions(
          Error::InvalidInput(fmt::format("module '{}' has a combinational loop that does not "
                                          "settle for {}",
                                          description.interface.top, Pair(x, y)))
              .At(where));
    }
    return Error::InvalidInput(fmt::format("the simulation of module '{}' stopped at {}: {}",
                                           description.interface.top, Pair(x, y), message))
        .At(where);
  }
  return Error::Tool(fmt::format("the simulator of module '{}' failed: {}",
                                 description.interface.top, DescribeEnd(run, process)))
      .Note(run.err.substr(0, 500));
}

Result<std::vector<uint32_t>> Simulator::State::ReadProducts(const std::string& path,
                                                             OuterOperand outer, uint64_t first,
                                                             uint64_t last) const {
  AXLUT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path));
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  const int inner_width = outer == OuterOperand::kX ? ports.y.width : ports.x.width;
  DriverHeader expected;
  std::memcpy(expected.magic, kDriverMagic, sizeof expected.magic);
  expected.width_x = static_cast<uint32_t>(ports.x.width);
  expected.width_y = static_cast<uint32_t>(ports.y.width);
  expected.width_product = static_cast<uint32_t>(ports.product.width);
  expected.outer_is_y = outer == OuterOperand::kY ? 1 : 0;
  expected.first = first;
  expected.count = (last - first) << inner_width;
  if (bytes.size() != sizeof expected + expected.count * sizeof(uint32_t) ||
      std::memcmp(bytes.data(), &expected, sizeof expected) != 0) {
    return Error::Tool(
        fmt::format("the simulator wrote {} bytes that are not the {} products of "
                    "rows {} to {}",
                    bytes.size(), expected.count, first, last - 1));
  }
  std::vector<uint32_t> products(expected.count);
  std::memcpy(products.data(), bytes.data() + sizeof expected, products.size() * sizeof(uint32_t));
  return products;
}

Simulator::Simulator(std::unique_ptr<State> state) : state_(std::move(state)) {}
Simulator::~Simulator() = default;
Simulator::Simulator(Simulator&&) noexcept = default;

const std::string& Simulator::circuit_name() const { return state_->description.source.name; }
const std::string& Simulator::top() const { return state_->description.interface.top; }
const SimulatedPorts& Simulator::ports() const { return state_->ports; }
bool Simulator::was_cached() const { return state_->was_cached; }
const std::string& Simulator::verilator_version() const { return state_->verilator_version; }
const std::vector<std::string>& Simulator::notes() const { return state_->notes; }

Result<Simulator> Simulator::Read(const SimulatorOptions& options) {
  AXLUT_ASSIGN_OR_RETURN(TemporaryFolder folder, TemporaryFolder::Create());
  auto state = std::make_unique<State>(options, std::move(folder));
  if (options.use_cache) {
    state->cache = BuildCache::Open();
    if (!state->cache) {
      state->notes.push_back(fmt::format("simulators are not cached: folder '{}' cannot be used",
                                         BuildCache::DefaultFolder()));
    }
  }
  // Three short programs at the same time: they are most of what a cached verification takes.
  std::future<Result<CxxCompiler>> compiler =
      std::async(std::launch::async, [&] { return CxxCompiler::Find(options.timeout_s); });
  std::future<Result<PreprocessedRtl>> rtl =
      std::async(std::launch::async, [&] { return PreprocessRtl(options.rtl, options.timeout_s); });
  AXLUT_ASSIGN_OR_RETURN(state->verilator_version, VerilatorVersion(options.timeout_s));
  AXLUT_ASSIGN_OR_RETURN(PreprocessedRtl source, rtl.get());
  AXLUT_ASSIGN_OR_RETURN(state->compiler, compiler.get());
  AXLUT_ASSIGN_OR_RETURN(state->description,
                         DescribeRtl(std::move(source), options.top, state->verilator_version,
                                     state->cache, options.timeout_s));
  AXLUT_ASSIGN_OR_RETURN(state->ports, FindPorts(state->description, options));
  return Simulator(std::move(state));
}

Result<void> Simulator::Build() {
  State& state = *state_;
  const double timeout_s = state.options.timeout_s;
  const ModelRequest request = {state.description,       state.ports,         *state.compiler,
                                state.verilator_version, state.folder.path(), timeout_s};
  const std::string key = ModelKey(request);
  if (state.cache) {
    if (const std::optional<BuildCache::Entry> entry = state.cache->Find(key)) {
      state.suspicions = ParseVerilatorMessages(entry->text);
      state.executable = entry->path;
      state.was_cached = true;
      return {};
    }
  }
  AXLUT_ASSIGN_OR_RETURN(BuiltModel model, BuildModel(request, state.cache));
  state.suspicions = std::move(model.suspicions);
  state.executable = model.executable;
  if (!state.cache) return {};
  AXLUT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(model.executable));
  const Result<BuildCache::Entry> entry =
      state.cache->Publish(key, {reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                           FormatVerilatorMessages(state.suspicions));
  if (!entry.ok()) state.notes.push_back(entry.error().message());
  return {};
}

Result<std::vector<uint32_t>> Simulator::Simulate(OuterOperand outer, uint64_t first,
                                                  uint64_t last) const {
  const State& state = *state_;
  AXLUT_CHECK(!state.executable.empty());
  AXLUT_CHECK_LT(first, last);
  const std::string output = fmt::format("{}/products-{}", state.folder.path(), state.runs++);
  ProcessOptions process;
  process.timeout_s = state.options.timeout_s;
  AXLUT_ASSIGN_OR_RETURN(
      const ProcessResult run,
      RunProcess(
          {state.executable, outer == OuterOperand::kX ? "x" : "y", std::to_string(first),
           std::to_string(last), std::to_string(state.ports.x.width),
           std::to_string(state.ports.y.width), std::to_string(state.ports.product.width), output},
          process));
  if (!run.succeeded()) return state.Explain(run, process);
  return state.ReadProducts(output, outer, first, last);
}

}  // namespace axlut
