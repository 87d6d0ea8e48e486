// SPDX-License-Identifier: MIT
// Layers of real networks through many tables beside oneDNN and the rivals' loops, in one process,
// on one thread: the measurements behind docs/performance.md. Every result is verified first. The
// time is the thread's CPU time, the least of several rounds in which all subjects take turns, so
// that a disturbance hits all of them.
#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernels/plan/plan.h"
#include "runtime/bench/layer_run.h"
#include "runtime/bench/machine.h"
#include "runtime/bench/onednn_layer.h"
#include "runtime/bench/problem.h"
#include "runtime/bench/rival_loops.h"

namespace axlut {
namespace {

constexpr int kRounds = 5;

struct Options {
  double seconds = 0.2;  // per case and subject
  std::string shape;     // part of a problem string, "" = all
  std::string tables;    // folder of tables to add, "" = none
  std::string json;      // file to write, "" = none
};

struct Case {
  const char* kind;  // "conv", "depthwise", "dense"
  const char* problem;
};

constexpr Case kCases[] = {
    {"conv", "n1h56w56c64_k3o64s1"},
    {"conv", "n8h56w56c64_k3o64s1"},
    {"conv", "n1h28w28c128_k3o128s1"},
    {"conv", "n8h28w28c128_k3o128s1"},
    {"conv", "n1h14w14c256_k3o256s1"},
    {"conv", "n8h14w14c256_k3o256s1"},
    {"conv", "n1h32w32c16_k3o16s1"},
    {"conv", "n8h32w32c16_k3o16s1"},
    {"conv", "n1h28w28c256_k1o512s1"},
    {"conv", "n8h28w28c256_k1o512s1"},
    {"depthwise", "n1h56w56c128_k3o128s1g128"},
    {"depthwise", "n8h56w56c128_k3o128s1g128"},
    {"dense", "n1h1w1c1024_k1o1024s1"},
    {"dense", "n32h1w1c1024_k1o1024s1"},
};

// A table and what its measurements stand for: "arbitrary", "avx2" (the same, without AVX-512),
// "one_term" or "tfapprox".
struct SubjectTable {
  std::string group;
  BenchTable table;
  std::string max_isa = {};
};

// One thing that runs a case.
struct Subject {
  std::string group;  // a table's, or "onednn_fp32", "onednn_int8", "rival"
  std::string name;
  std::string implementation;  // the kernel that runs
  std::function<void()> run;
  std::string plan = {};  // of a table: what PlanOf says
  double least = 0;       // seconds of one run
};

// The product of what two functions make of the operands' values.
Result<BenchTable> ProductTable(const std::string& name, OperandSpec spec,
                                const std::function<int32_t(int32_t)>& f) {
  std::vector<int32_t> products;
  for (uint32_t a = 0; a < spec.count(); ++a) {
    for (uint32_t b = 0; b < spec.count(); ++b) {
      products.push_back(f(static_cast<int32_t>(spec.ValueOf(a))) *
                         f(static_cast<int32_t>(spec.ValueOf(b))));
    }
  }
  AXLUT_ASSIGN_OR_RETURN(
      TruthTable table, TruthTable::Create(spec, spec, {16, spec.signedness}, std::move(products)));
  AXLUT_ASSIGN_OR_RETURN(auto lut, LutTable::Create(std::move(table)));
  return BenchTable{name, std::move(lut)};
}

// DRUM keeps six bits from the leading one on, the last of them set. [Hashemi 2015]
int32_t Drum6(int32_t x) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(static_cast<uint32_t>(x))) - 6);
  return shift == 0 ? x : ((x >> shift) | 1) << shift;
}

// Tables of one product of functions: what an int8 matrix product can do.
Result<std::vector<SubjectTable>> OneTermTables() {
  const OperandSpec s8{8, Signedness::kTwosComplement};
  std::vector<SubjectTable> tables;
  AXLUT_ASSIGN_OR_RETURN(BenchTable exact, LoadBenchTable("exact"));
  AXLUT_ASSIGN_OR_RETURN(BenchTable drum, ProductTable("drum6", {}, Drum6));
  AXLUT_ASSIGN_OR_RETURN(BenchTable exact_signed,
                         ProductTable("exact signed", s8, [](int32_t x) { return x; }));
  // What EvoApproxLib's mul8s_1L2H computes.
  AXLUT_ASSIGN_OR_RETURN(BenchTable even,
                         ProductTable("even signed", s8, [](int32_t x) { return x & ~1; }));
  for (BenchTable* table : {&exact, &drum, &exact_signed, &even}) {
    tables.push_back({"one_term", std::move(*table)});
  }
  return tables;
}

// All tables; a folder's in order of their names.
Result<std::vector<SubjectTable>> Tables(const Options& options) {
  std::vector<SubjectTable> tables;
  AXLUT_ASSIGN_OR_RETURN(BenchTable random, LoadBenchTable("random"));
  tables.push_back({"arbitrary", random});
  tables.push_back({"avx2", {random.name + " avx2", random.lut}, "avx2"});
  AXLUT_ASSIGN_OR_RETURN(std::vector<SubjectTable> one_term, OneTermTables());
  std::move(one_term.begin(), one_term.end(), std::back_inserter(tables));
  std::vector<std::string> paths;
  std::error_code no_such_folder;
  for (const auto& entry : std::filesystem::directory_iterator(options.tables, no_such_folder)) {
    const std::string extension = entry.path().extension();
    if (extension == ".axt" || extension == ".bin") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) {
    AXLUT_ASSIGN_OR_RETURN(BenchTable table, LoadBenchTable(path));
    tables.push_back({"tfapprox", std::move(table)});
  }
  return tables;
}

// The plan that bounds a layer's speed; of a table that runs as it is, the one that has all of it
// as its residual.
std::string PlanOf(const LayerRun& run, const TruthTable& table) {
  const auto whole = TablePlan({table.products().data(), table.a().width, table.b().width});
  return run.plan_name() == "table" && whole ? DescribePlan(*whole) : run.plan_name();
}

void AddOneDnn(const Conv2dShape& shape, std::vector<Subject>& subjects) {
  for (OneDnnLayer& layer : OneDnnLayers(shape)) {
    const char* group = layer.name.starts_with("onednn_fp32") ? "onednn_fp32" : "onednn_int8";
    subjects.push_back({group, layer.name, layer.implementation, std::move(layer.run)});
  }
}

Result<void> AddTables(const std::vector<SubjectTable>& tables, const Conv2dShape& shape,
                       std::vector<Subject>& subjects) {
  for (const SubjectTable& table : tables) {
    AXLUT_ASSIGN_OR_RETURN(LayerRun created,
                           LayerRun::Create(table.table, shape, CodeDistribution::kUniform,
                                            {.max_isa = table.max_isa}));
    const auto run = std::make_shared<LayerRun>(std::move(created));
    AXLUT_RETURN_IF_ERROR(run->Verify(SerialFor()));
    subjects.push_back({table.group, table.table.name, run->kernel_name(),
                        [run, serial = SerialFor()] { run->Run(serial); },
                        PlanOf(*run, table.table.lut->table())});
  }
  return {};
}

// The rivals, with the random table. Their results are verified by rival_loops_test.
void AddRivals(const Conv2dShape& shape, std::vector<Subject>& subjects) {
  const TruthTable table = RandomTable();
  const auto operands =
      std::make_shared<LayerOperands>(MakeOperands(table, shape, CodeDistribution::kUniform));
  const auto out = std::make_shared<std::vector<int32_t>>(static_cast<size_t>(shape.OutputCount()));
  const auto add = [&](const char* name, const std::shared_ptr<RivalLayer>& layer) {
    subjects.push_back(
        {"rival", name, "scalar loop", [=] { layer->Run(operands->input.data(), out->data()); }});
  };
  add("adapt_order", std::make_shared<AdaptOrderLayer>(table, shape, *operands));
  add("tfapprox2_order", std::make_shared<TfApprox2OrderLayer>(table, shape, *operands));
  add("tfapprox_order", std::make_shared<TfApproxOrderLayer>(table, shape, *operands));
}

// Rounds in which every subject has its turn. One call can exceed all of a subject's time.
void Time(double seconds, std::vector<Subject>& subjects) {
  std::vector<Stopwatch> stopwatches;
  for (const Subject& subject : subjects) stopwatches.emplace_back(ThreadSeconds, subject.run);
  for (int round = 0; round < kRounds; ++round) {
    for (Stopwatch& stopwatch : stopwatches) {
      if (stopwatch.spent() < seconds) stopwatch.Measure(seconds / kRounds);
    }
  }
  for (size_t i = 0; i < subjects.size(); ++i) subjects[i].least = stopwatches[i].least();
}

nlohmann::ordered_json ToJson(const Case& test, int64_t macs, const Subject& subject) {
  const double ns_per_mac = subject.least * 1e9 / static_cast<double>(macs);
  nlohmann::ordered_json row = {{"problem", test.problem},
                                {"kind", test.kind},
                                {"macs", macs},
                                {"group", subject.group},
                                {"subject", subject.name},
                                {"implementation", subject.implementation},
                                {"ns_per_mac", std::round(ns_per_mac * 1e5) / 1e5}};
  if (!subject.plan.empty()) row["plan"] = subject.plan;
  return row;
}

Result<nlohmann::ordered_json> RunCase(const Case& test, const std::vector<SubjectTable>& tables,
                                       const Options& options) {
  AXLUT_ASSIGN_OR_RETURN(const Conv2dShape shape, ParseProblem(test.problem));
  std::vector<Subject> subjects;
  AddOneDnn(shape, subjects);
  AXLUT_RETURN_IF_ERROR(AddTables(tables, shape, subjects));
  AddRivals(shape, subjects);
  Time(options.seconds, subjects);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const Subject& subject : subjects) {
    rows.push_back(ToJson(test, shape.Macs(), subject));
    fmt::print("{:<28}{:<28}{:<30}{:>9.4f}\n", test.problem, subject.name, subject.implementation,
               subject.least * 1e9 / static_cast<double>(shape.Macs()));
  }
  std::fflush(stdout);
  return rows;
}

Result<void> Run(const Options& options) {
  AXLUT_ASSIGN_OR_RETURN(const std::vector<SubjectTable> tables, Tables(options));
  nlohmann::ordered_json machine = DescribeMachine();
  machine["onednn"] = OneDnnVersion();
  machine["ghz"] = std::round(MeasureGhz() * 100) / 100;
  nlohmann::ordered_json answer = {{"schema", 1}, {"machine", machine}};
  for (const Case& test : kCases) {
    if (std::string(test.problem).find(options.shape) == std::string::npos) continue;
    AXLUT_ASSIGN_OR_RETURN(const nlohmann::ordered_json rows, RunCase(test, tables, options));
    for (const auto& row : rows) answer["results"].push_back(row);
  }
  if (options.json.empty()) return {};
  std::ofstream file(options.json);
  file << answer.dump(1) << "\n";
  if (file.flush()) return {};
  return Error::InvalidInput(fmt::format("cannot write '{}'", options.json));
}

}  // namespace
}  // namespace axlut

int main(int argc, char** argv) {
  axlut::Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::string value = argument.substr(std::min(argument.size(), argument.find('=') + 1));
    if (argument.starts_with("--seconds=")) {
      options.seconds = std::atof(value.c_str());
    } else if (argument.starts_with("--shape=")) {
      options.shape = value;
    } else if (argument.starts_with("--tables=")) {
      options.tables = value;
    } else if (argument.starts_with("--json=")) {
      options.json = value;
    } else {
      fmt::print(
          stderr,
          "usage: plans_bench [--seconds=S] [--shape=PART] [--tables=FOLDER] [--json=FILE]\n");
      return argument == "--help" ? 0 : 2;
    }
  }
  omp_set_num_threads(1);  // oneDNN's
  const auto done = axlut::Run(options);
  if (done.ok()) return 0;
  fmt::print(stderr, "{}\n", done.error().ToString());
  return static_cast<int>(done.error().code());
}
