// SPDX-License-Identifier: MIT
#include "runtime/model/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <new>

namespace axlut {
namespace {

// So that a vector load of a tensor never crosses into a line of another.
constexpr int64_t kAlignment = 64;
// A block's activations should stay in one core's second-level cache; 1 MiB is on the small side
// of today's servers.
constexpr int64_t kBlockBytes = int64_t{1} << 20;
constexpr int64_t kMaxBlock = 16;

int64_t Align(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

struct AlignedDelete {
  void operator()(uint8_t* bytes) const {
    ::operator delete[](bytes, std::align_val_t{kAlignment});
  }
};
using AlignedBytes = std::unique_ptr<uint8_t[], AlignedDelete>;

AlignedBytes AllocateAligned(int64_t bytes) {
  return AlignedBytes(static_cast<uint8_t*>(::operator new[](
      static_cast<size_t>(std::max<int64_t>(bytes, 1)), std::align_val_t{kAlignment})));
}

// Workspaces that threads use one after the other.
class Workspaces {
 public:
  explicit Workspaces(int64_t bytes) : bytes_(bytes) {}

  AlignedBytes Take() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!free_.empty()) {
        AlignedBytes taken = std::move(free_.back());
        free_.pop_back();
        return taken;
      }
    }
    return AllocateAligned(bytes_);
  }
  void Return(AlignedBytes workspace) {
    const std::lock_guard<std::mutex> lock(mutex_);
    free_.push_back(std::move(workspace));
  }

 private:
  int64_t bytes_;
  std::mutex mutex_;
  std::vector<AlignedBytes> free_;
};

// Where a tensor lives between the operator that makes it and the last that reads it.
struct Interval {
  int tensor;
  int64_t bytes;
  size_t first, last;  // operators
  bool Overlaps(const Interval& other) const { return first <= other.last && other.first <= last; }
};

// What a network takes from and gives to its caller: codes or real numbers.
Result<void> RequireEndType(const Tensor& tensor, const char* role) {
  if (tensor.type == ElementType::kFloat32) return {};
  return RequireCodes(tensor, role,
                      tensor.type == ElementType::kUint8 ? tensor.type : ElementType::kInt8);
}

}  // namespace

Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;
Network::~Network() = default;

Network::Network(Graph graph, std::vector<std::unique_ptr<Layer>> layers)
    : graph_(std::move(graph)), layers_(std::move(layers)) {
  PlanMemory();
}

Result<Network> Network::Create(Graph graph, const std::vector<LayerTable>& tables) {
  AXLUT_CHECK_EQ(tables.size(), graph.operators.size());
  const Tensor& input = graph.tensors[graph.input];
  if (input.shape.empty() || input.shape[0] != 1) {
    return Error::Unsupported(
        fmt::format("the input '{}' must have a leading dimension of 1 (one sample), found {}",
                    input.name, ShapeToString(input.shape)));
  }
  AXLUT_RETURN_IF_ERROR(RequireEndType(input, "input"));
  AXLUT_RETURN_IF_ERROR(RequireEndType(graph.tensors[graph.output], "output"));
  std::vector<std::unique_ptr<Layer>> layers;
  for (size_t i = 0; i < graph.operators.size(); ++i) {
    const Operator& op = graph.operators[i];
    Result<std::unique_ptr<Layer>> layer = MakeLayer(graph, op, tables[i]);
    if (!layer.ok()) {
      return Error(layer.error().code(),
                   fmt::format("operator {} ({} '{}'): {}", i, ToString(op.kind),
                               graph.tensors[op.output].name, layer.error().message()));
    }
    layers.push_back(*std::move(layer));
  }
  return Network(std::move(graph), std::move(layers));
}

// Tensors whose lifetimes do not meet may share bytes: the largest are placed first, each at the
// lowest offset that is free during its life.
void Network::PlanMemory() {
  std::vector<Interval> intervals;
  for (size_t i = 0; i < graph_.operators.size(); ++i) {
    const int tensor = graph_.operators[i].output;
    if (tensor == graph_.output) continue;
    Interval interval{tensor, Align(graph_.tensors[tensor].ByteCount()), i, i};
    for (size_t reader = i + 1; reader < graph_.operators.size(); ++reader) {
      const std::vector<int>& inputs = graph_.operators[reader].inputs;
      if (std::find(inputs.begin(), inputs.end(), tensor) != inputs.end()) interval.last = reader;
    }
    intervals.push_back(interval);
  }
  std::stable_sort(intervals.begin(), intervals.end(),
                   [](const Interval& l, const Interval& r) { return l.bytes > r.bytes; });
  offsets_.assign(graph_.tensors.size(), -1);
  std::vector<Interval> placed;  // ordered by offset
  for (const Interval& interval : intervals) {
    int64_t offset = 0;
    for (const Interval& other : placed) {
      if (!interval.Overlaps(other)) continue;
      if (offset + interval.bytes <= offsets_[other.tensor]) break;
      offset = std::max(offset, offsets_[other.tensor] + other.bytes);
    }
    offsets_[interval.tensor] = offset;
    activation_bytes_ = std::max(activation_bytes_, offset + interval.bytes);
    const auto by_offset = [&](const Interval& l, const Interval& r) {
      return offsets_[l.tensor] < offsets_[r.tensor];
    };
    placed.insert(std::upper_bound(placed.begin(), placed.end(), interval, by_offset), interval);
  }
}

int64_t Network::Macs() const {
  int64_t macs = 0;
  for (const std::unique_ptr<Layer>& layer : layers_) macs += layer->Macs();
  return macs;
}

int64_t Network::ScratchBytes(int64_t samples) const {
  int64_t scratch = 0;
  for (const std::unique_ptr<Layer>& layer : layers_) {
    scratch = std::max(scratch, layer->ScratchBytes(samples));
  }
  return Align(scratch);
}

int64_t Network::WorkspaceBytes(int64_t samples) const {
  int64_t sums = 0;
  for (const std::unique_ptr<Layer>& layer : layers_) {
    sums = std::max(sums, layer->ThreadBytes(samples));
  }
  return activation_bytes_ * samples + ScratchBytes(samples) + sums;
}

int64_t Network::LargestLayerBytes() const {
  int64_t largest = 0;
  for (const Operator& op : graph_.operators) {
    int64_t bytes = graph_.tensors[op.output].ByteCount();
    for (const int input : op.inputs) {
      if (input >= 0 && !graph_.tensors[input].is_constant) {
        bytes += graph_.tensors[input].ByteCount();
      }
    }
    largest = std::max(largest, bytes);
  }
  return largest;
}

int64_t Network::DefaultBlock() const {
  return std::clamp<int64_t>(kBlockBytes / std::max<int64_t>(WorkspaceBytes(1), 1), 1, kMaxBlock);
}

void Network::RunBlock(const uint8_t* input, int64_t samples, int64_t block, uint8_t* workspace,
                       uint8_t* output, const ParallelFor& parallel_for,
                       std::vector<LayerStats>& stats) const {
  using Clock = std::chrono::steady_clock;
  const auto data_of = [&](int tensor) -> const uint8_t* {
    if (tensor == graph_.input) return input;
    if (tensor == graph_.output) return output;
    if (graph_.tensors[tensor].is_constant) return graph_.tensors[tensor].data.data();
    return workspace + offsets_[tensor] * block;
  };
  Clock::time_point start = Clock::now();
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Operator& op = graph_.operators[i];
    LayerIo io;
    for (size_t k = 0; k < op.inputs.size(); ++k) {
      if (op.inputs[k] < 0) continue;
      const Tensor& tensor = graph_.tensors[op.inputs[k]];
      io.inputs[k] = data_of(op.inputs[k]);
      io.input_strides[k] = tensor.is_constant ? 0 : tensor.ByteCount();
    }
    io.output = const_cast<uint8_t*>(data_of(op.output));
    io.output_stride = graph_.tensors[op.output].ByteCount();
    io.samples = samples;
    io.scratch = workspace + activation_bytes_ * block;
    stats[i].wrapped_accumulators += layers_[i]->Run(io, parallel_for);
    const Clock::time_point end = Clock::now();
    stats[i].thread_seconds += std::chrono::duration<double>(end - start).count();
    start = end;
  }
}

Result<void> Network::Run(const uint8_t* input, int64_t samples, uint8_t* output,
                          const ParallelFor& parallel_for, const NetworkRunParams& params,
                          std::vector<LayerStats>* stats) const {
  const int64_t threads = std::max(params.threads, 1);
  const int64_t most = params.samples_per_block > 0 ? params.samples_per_block : DefaultBlock();
  const int64_t spread = samples / threads * threads;  // every thread takes as many whole ones
  // Blocks of nearly equal size, as many for each thread.
  const int64_t blocks = threads * ((spread / threads + most - 1) / most);
  const auto block_start = [&](int64_t i) { return i * spread / std::max<int64_t>(blocks, 1); };
  const int64_t block = std::min(most, std::max(spread / threads, samples - spread));
  Workspaces workspaces(activation_bytes_ * block + ScratchBytes(block));
  std::atomic<bool> stop{false};
  std::mutex mutex;  // guards *stats
  stats->resize(graph_.operators.size());
  const auto run = [&](int64_t first, int64_t count, const ParallelFor& in_layers,
                       std::vector<LayerStats>& own) {
    AlignedBytes workspace = workspaces.Take();
    RunBlock(input + first * this->input().ByteCount(), count, block, workspace.get(),
             output + first * this->output().ByteCount(), in_layers, own);
    workspaces.Return(std::move(workspace));
    if (params.on_progress && !params.on_progress(count)) stop = true;
  };
  const auto add = [&](const std::vector<LayerStats>& own, int64_t sharing) {
    const std::lock_guard<std::mutex> lock(mutex);
    for (size_t i = 0; i < own.size(); ++i) {
      (*stats)[i].thread_seconds += own[i].thread_seconds * static_cast<double>(sharing);
      (*stats)[i].wrapped_accumulators += own[i].wrapped_accumulators;
    }
  };
  parallel_for(blocks, 1, [&](int64_t begin, int64_t end) {
    std::vector<LayerStats> own(graph_.operators.size());
    for (int64_t i = begin; i < end && !stop; ++i) {
      run(block_start(i), block_start(i + 1) - block_start(i), SerialFor(), own);
    }
    add(own, 1);
  });
  std::vector<LayerStats> own(graph_.operators.size());
  for (int64_t first = spread; first < samples && !stop; first += block) {
    run(first, std::min(block, samples - first), parallel_for, own);
  }
  add(own, threads);
  if (stop) return Error(ErrorCode::kInterrupted, "interrupted");
  return {};
}

}  // namespace axlut
