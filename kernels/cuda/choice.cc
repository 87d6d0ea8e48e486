// SPDX-License-Identifier: MIT
#include "kernels/cuda/choice.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "kernels/ceil_div.h"
#include "kernels/cuda/gpu_rates.h"
#include "kernels/cuda/launches.h"
#include "kernels/cuda/lookup/tile_storage.h"
#include "kernels/cuda/tensor/tensor_shared.h"

namespace axlut {
namespace {

// What a block reads from the L2 per clock while it copies its table to shared memory.
constexpr double kStagingBytesPerClock = 64;

// How much of its tiles of `tile` an output dimension fills.
double TilesFilled(int64_t outputs, int64_t tile) {
  return static_cast<double>(outputs) / static_cast<double>(RoundUp(outputs, tile));
}

// Of a warp's 32 lanes: the better of a warp along the columns and one along the rows.
double LanesFilled(const GpuProblem& problem) {
  return std::max(TilesFilled(problem.columns, 32), TilesFilled(problem.rows, 32));
}

double MacsPerMultiprocessor(const GpuTable& table, const GpuProblem& problem) {
  const double macs = static_cast<double>(problem.rows) * static_cast<double>(problem.columns) *
                      static_cast<double>(problem.depth) * static_cast<double>(problem.count);
  return macs / std::max(1, table.gpu()->properties().multiprocessors);
}

GpuChoice Predict(const GpuTable& table, const GpuProblem& problem, GpuVariant variant, double rate,
                  double setup_clocks) {
  return {variant, MacsPerMultiprocessor(table, problem) / rate + setup_clocks};
}

GpuChoice PredictShared(const GpuTable& table, const GpuProblem& problem, const GpuRates& rates) {
  const int table_bytes = static_cast<int>(
      SharedTableBytes(1u << table.width_b(), 1u << table.width_a(), sizeof(uint16_t)));
  // Where the whole table does not fit its bytes follow each other: two lookups per product.
  const bool is_whole = table_bytes < table.gpu()->properties().max_shared_bytes;
  const double rate = is_whole ? rates.shared : rates.shared / 2;
  return Predict(table, problem, GpuVariant::kShared, rate, table_bytes / kStagingBytesPerClock);
}

// Depthwise layers whose lanes share rows read their activations from the same memory: a fourth
// access beside the three of a lookup.
double L1Rate(const GpuProblem& problem, const GpuRates& rates) {
  if (!problem.is_depthwise) return rates.l1 * LanesFilled(problem);
  return std::max(rates.l1_rows, 0.75 * rates.l1 * problem.planes_filled);
}

// The variants that look products up, least time first.
std::vector<GpuChoice> LookupChoices(const GpuTable& table, const GpuProblem& problem) {
  const GpuRates& rates = GpuRatesOf(table.gpu()->properties().capability);
  std::vector<GpuChoice> choices = {
      Predict(table, problem, GpuVariant::kTexture, rates.texture, 0)};
  if (table.images().entries16 != nullptr) {
    choices.push_back(Predict(table, problem, GpuVariant::kL1, L1Rate(problem, rates), 0));
    if (SharedLookupFits(table) && !problem.is_depthwise) {
      choices.push_back(PredictShared(table, problem, rates));
    }
  }
  std::stable_sort(choices.begin(), choices.end(),
                   [](const GpuChoice& x, const GpuChoice& y) { return x.clocks < y.clocks; });
  return choices;
}

bool HasTensorKernel(const GpuTable& table, const GpuProblem& problem) {
  return table.terms().count > 0 && problem.is_forward && !problem.is_depthwise;
}

constexpr GpuVariant kVariants[] = {GpuVariant::kAuto, GpuVariant::kTexture, GpuVariant::kL1,
                                    GpuVariant::kShared, GpuVariant::kTensor};

GpuStatus VariantOfEnvironment(GpuVariant* variant) {
  const char* const name = std::getenv("AXLUT_GPU_KERNEL");
  if (name == nullptr || *name == '\0') return {};
  for (const GpuVariant known : kVariants) {
    if (std::strcmp(name, Name(known)) == 0) {
      *variant = known;
      return {};
    }
  }
  return {GpuErrorKind::kInvalidArgument,
          "AXLUT_GPU_KERNEL must be auto, texture, l1, shared or tensor; found '" +
              std::string(name) + "'"};
}

}  // namespace

const char* Name(GpuVariant variant) {
  switch (variant) {
    case GpuVariant::kAuto:
      return "auto";
    case GpuVariant::kTexture:
      return "texture";
    case GpuVariant::kL1:
      return "l1";
    case GpuVariant::kShared:
      return "shared";
    case GpuVariant::kTensor:
      return "tensor";
  }
  return "";
}

std::vector<GpuChoice> GpuChoices(const GpuTable& table, const GpuProblem& problem) {
  std::vector<GpuChoice> choices = LookupChoices(table, problem);
  if (HasTensorKernel(table, problem)) {
    const GpuRates& rates = GpuRatesOf(table.gpu()->properties().capability);
    const double rate = rates.tensor / table.terms().count *
                        TilesFilled(problem.rows, kTensorRows) *
                        TilesFilled(problem.columns, kTensorColumns);
    GpuChoice tensor = Predict(table, problem, GpuVariant::kTensor, rate, 0);
    if (table.residual() != nullptr) {
      tensor.clocks += LookupChoices(*table.residual(), problem).front().clocks;
    }
    const auto place = std::find_if(choices.begin(), choices.end(), [&](const GpuChoice& choice) {
      return tensor.clocks <= choice.clocks;
    });
    choices.insert(place, tensor);
  }
  return choices;
}

GpuVariant BestLookupVariant(const GpuTable& table, const GpuProblem& problem) {
  return LookupChoices(table, problem).front().variant;
}

GpuStatus ChooseGpuVariant(const GpuTable& table, const GpuProblem& problem, GpuVariant wish,
                           GpuVariant* variant) {
  if (wish == GpuVariant::kAuto) AXLUT_RETURN_IF_GPU_ERROR(VariantOfEnvironment(&wish));
  const std::vector<GpuChoice> choices = GpuChoices(table, problem);
  if (wish == GpuVariant::kAuto) {
    *variant = choices.front().variant;
    return {};
  }
  std::string possible;
  for (const GpuChoice& choice : choices) {
    if (choice.variant == wish) {
      *variant = wish;
      return {};
    }
    possible += (possible.empty() ? "" : ", ") + std::string(Name(choice.variant));
  }
  return {GpuErrorKind::kUnsupported,
          "no '" + std::string(Name(wish)) + "' kernel runs this product on " +
              table.gpu()->properties().name + "; possible: " + possible};
}

}  // namespace axlut
