// SPDX-License-Identifier: MIT
#include "frontend/diagnostics.h"
#include "frontend/read_multiplier.h"

#ifdef AXLUT_HAVE_YOSYS
#include "frontend/yosys/netlist_from_circuit.h"
#include "frontend/yosys/run_yosys.h"
#include "frontend/yosys/task_arguments.h"
#include "runtime/base/file_io.h"
#include "runtime/base/hash.h"
#include "runtime/table/name_convention.h"
#endif

namespace axlut {

#ifdef AXLUT_HAVE_YOSYS

Result<MultiplierModel> ReadVerilog(const std::string& path, const FrontendOptions& options) {
  YosysJob job;
  job.path = path;
  job.top = options.top;
  job.include_dirs = options.include_dirs;
  job.defines = options.defines;
  job.timeout_s = options.timeout_s;
  Result<std::string> source = ReadTextFile(path);
  if (!source.ok()) {
    return std::move(source).error().WithId(Info(Diagnostic::kUnreadableFile).id);
  }
  job.source = std::move(source).value();
  AXLUT_ASSIGN_OR_RETURN(const ExchangedCircuit circuit, RunYosys(job));

  if (const auto where = FindInoutArgument(job.source, path)) {
    return Diagnose(Diagnostic::kInoutArgument,
                    "a task's argument must be an input or an output, found an inout")
        .At(*where);
  }

  std::vector<DeclaredPort> declared;
  for (const ExchangedPort& port : circuit.ports) {
    declared.push_back(
        {port.name, port.width, port.is_input, port.is_signed, Locate(port.src, job)});
  }
  // The module's name says more than the file's where both follow the convention.
  const bool by_top = ParseNameConvention(circuit.top).has_value();
  const std::string name = by_top ? circuit.top : FileStem(path);
  MultiplierModel model;
  Result<PortMap> ports = ResolvePortMap(name, declared, options.ports, false);
  if (!ports.ok()) {
    const bool placed = !ports.error().where().file.empty();
    if (placed || ports.error().code() == ErrorCode::kUsage) return std::move(ports).error();
    return std::move(ports).error().At({path, 0, 0});
  }
  model.ports = std::move(ports).value();
  Result<Netlist> netlist = NetlistFromCircuit(circuit, model.ports);
  if (!netlist.ok()) return std::move(netlist).error().At({path, 0, 0});
  model.behaviour = std::move(netlist).value();
  model.name = FileStem(path);
  model.source = {path, Sha256Hex(job.source), "verilog", circuit.top};
  model.tools["yosys"] = circuit.yosys_version;
  return model;
}

#else

Result<MultiplierModel> ReadVerilog(const std::string& path, const FrontendOptions&) {
  return Diagnose(Diagnostic::kMissingFrontend,
                  "Verilog is read through Yosys, which this AxLUT was built without")
      .At({path, 0, 0})
      .Help("install yosys and yosys-dev, and build AxLUT again");
}

#endif

}  // namespace axlut
