// SPDX-License-Identifier: MIT
#include "runtime/commands/bench_gpu.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "kernels/cuda/choice.h"
#include "runtime/base/parallel_for.h"
#include "runtime/bench/cudnn_layer.h"
#include "runtime/bench/gpu_device.h"
#include "runtime/bench/gpu_layer_run.h"
#include "runtime/bench/problem.h"

namespace axlut {
namespace {

struct GpuBenchResult {
  std::string problem;
  std::string table;  // "-" for cuDNN
  std::string kernel;
  bool is_chosen = false;  // what runs when nobody asks for a variant
  int64_t macs = 0;
  std::optional<double> seconds;  // of one run; none on an emulated device

  std::optional<double> TeraMacsPerSecond() const {
    if (!seconds) return std::nullopt;
    return static_cast<double>(macs) / *seconds * 1e-12;
  }
};

// The variants to run: the one asked for, or all that can.
Result<std::vector<GpuVariant>> VariantsFor(const GpuTable& table, const Conv2dShape& shape,
                                            const std::string& wish) {
  std::vector<GpuVariant> variants;
  for (const GpuVariant variant :
       {GpuVariant::kTensor, GpuVariant::kShared, GpuVariant::kL1, GpuVariant::kTexture}) {
    if (!wish.empty() && wish != Name(variant)) continue;
    GpuConv2d conv2d;
    const GpuStatus status = GpuConv2d::Create(&table, shape, GpuRole::kForward, variant, &conv2d);
    if (status.ok()) {
      variants.push_back(variant);
    } else if (!wish.empty() || status.kind() != GpuErrorKind::kUnsupported) {
      return ToResult(status).error();
    }
  }
  if (variants.empty()) {
    return Error::Usage("--kernel on a GPU must be texture, l1, shared or tensor; found '" + wish +
                        "'");
  }
  return variants;
}

Result<GpuVariant> ChosenVariant(const GpuTable& table, const Conv2dShape& shape) {
  GpuConv2d conv2d;
  AXLUT_RETURN_IF_ERROR(
      ToResult(GpuConv2d::Create(&table, shape, GpuRole::kForward, GpuVariant::kAuto, &conv2d)));
  return conv2d.variant();
}

class GpuBench {
 public:
  GpuBench(Gpu* gpu, const GpuBenchOptions& options, const cli::Context& context)
      : gpu_(gpu), options_(options), context_(context), pool_(0) {}

  Result<void> Run(const std::vector<BenchTable>& tables);
  std::string ToJson() const;

 private:
  Result<void> RunTable(const BenchTable& table, const std::shared_ptr<const GpuTable>& gpu_table,
                        const Conv2dShape& shape);
  Result<void> RunCudnn(const Conv2dShape& shape);
  void Add(const GpuBenchResult& result);

  Gpu* gpu_;
  const GpuBenchOptions& options_;
  const cli::Context& context_;
  ThreadPool pool_;  // of the verification
  std::vector<GpuBenchResult> results_;
};

Result<void> GpuBench::Run(const std::vector<BenchTable>& tables) {
  std::vector<std::shared_ptr<const GpuTable>> gpu_tables;
  for (const BenchTable& table : tables) {
    AXLUT_ASSIGN_OR_RETURN(std::shared_ptr<const GpuTable> made, MakeGpuTable(gpu_, table));
    gpu_tables.push_back(std::move(made));
  }
  for (const Conv2dShape& shape : options_.shapes) {
    for (size_t i = 0; i < tables.size(); ++i) {
      AXLUT_RETURN_IF_ERROR(RunTable(tables[i], gpu_tables[i], shape));
    }
    if (!gpu_->properties().is_emulated) AXLUT_RETURN_IF_ERROR(RunCudnn(shape));
  }
  return {};
}

Result<void> GpuBench::RunTable(const BenchTable& table,
                                const std::shared_ptr<const GpuTable>& gpu_table,
                                const Conv2dShape& shape) {
  AXLUT_ASSIGN_OR_RETURN(const std::vector<GpuVariant> variants,
                         VariantsFor(*gpu_table, shape, options_.variant));
  AXLUT_ASSIGN_OR_RETURN(const GpuVariant chosen, ChosenVariant(*gpu_table, shape));
  for (const GpuVariant variant : variants) {
    if (cli::Interrupted()) return Error(ErrorCode::kInterrupted, "interrupted");
    AXLUT_ASSIGN_OR_RETURN(GpuLayerRun run,
                           GpuLayerRun::Create(gpu_table, table, shape, options_.codes, variant));
    AXLUT_RETURN_IF_ERROR(run.Verify(pool_.AsParallelFor()));
    GpuBenchResult result = {ProblemString(shape), table.name,   run.kernel_name(),
                             variant == chosen,    shape.Macs(), std::nullopt};
    if (!gpu_->properties().is_emulated) {
      AXLUT_ASSIGN_OR_RETURN(result.seconds, run.LeastSeconds(options_.seconds));
    }
    Add(result);
  }
  return {};
}

Result<void> GpuBench::RunCudnn(const Conv2dShape& shape) {
  AXLUT_ASSIGN_OR_RETURN(const std::vector<CudnnTiming> timings,
                         TimeCudnn(gpu_, shape, options_.seconds));
  for (const CudnnTiming& timing : timings) {
    Add({ProblemString(shape), "-", timing.name, false, shape.Macs(), timing.seconds});
  }
  return {};
}

constexpr char kLine[] = "{:<28}  {:<14}  {:>13}  {:>10}  {:>8}  {:<20}  {}\n";

void GpuBench::Add(const GpuBenchResult& result) {
  if (!context_.json()) {
    if (results_.empty()) {
      context_.out << fmt::format(kLine, "problem", "table", "MACs", "us", "TMAC/s", "kernel", "");
    }
    const auto number = [](std::optional<double> value, const char* format) {
      return value ? fmt::format(fmt::runtime(format), *value) : std::string("verified");
    };
    const std::optional<double> tera = result.TeraMacsPerSecond();
    context_.out << fmt::format(kLine, result.problem, result.table, result.macs,
                                result.seconds ? fmt::format("{:.2f}", *result.seconds * 1e6) : "-",
                                number(tera, "{:.3f}"), result.kernel,
                                result.is_chosen ? "chosen" : "")
                 << std::flush;
  }
  results_.push_back(result);
}

std::string GpuBench::ToJson() const {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  const auto number = [](std::optional<double> value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
  };
  for (const GpuBenchResult& result : results_) {
    rows.push_back({{"problem", result.problem},
                    {"table", result.table},
                    {"kernel", result.kernel},
                    {"chosen", result.is_chosen},
                    {"macs", result.macs},
                    {"seconds", number(result.seconds)},
                    {"tmac_per_s", number(result.TeraMacsPerSecond())}});
  }
  const GpuProperties& gpu = gpu_->properties();
  const nlohmann::ordered_json answer = {{"schema", 1},
                                         {"device", gpu.name},
                                         {"capability", gpu.capability},
                                         {"multiprocessors", gpu.multiprocessors},
                                         {"emulated", gpu.is_emulated},
                                         {"codes", Name(options_.codes)},
                                         {"results", rows}};
  return answer.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

Result<int> RunGpuBench(const GpuBenchOptions& options, const std::vector<BenchTable>& tables,
                        const cli::Context& context) {
  AXLUT_ASSIGN_OR_RETURN(const std::unique_ptr<Gpu> gpu, OpenGpu(options.device));
  if (gpu->properties().is_emulated) {
    context.Note(gpu->properties().name + ": kernels are verified, not timed");
  }
  GpuBench bench(gpu.get(), options, context);
  AXLUT_RETURN_IF_ERROR(bench.Run(tables));
  if (context.json()) AXLUT_RETURN_IF_ERROR(context.WriteJson(bench.ToJson()));
  return cli::kExitDone;
}

}  // namespace axlut
