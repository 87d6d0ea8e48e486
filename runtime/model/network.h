// SPDX-License-Identifier: MIT
// Runs a graph: every multiplication of a convolution or dense layer through a truth table, all
// else in the arithmetic of TensorFlow Lite's reference kernels (docs/emulation.md).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/parallel_for.h"
#include "runtime/base/result.h"
#include "runtime/model/graph.h"
#include "runtime/model/layer.h"

namespace axlut {

// What one operator did in all calls of Network::Run.
struct LayerStats {
  double thread_seconds = 0;         // of all threads that worked on it, summed
  int64_t wrapped_accumulators = 0;  // 32-bit sums that overflowed
};

struct NetworkRunParams {
  // Samples that a thread takes through the network together. 0: as many as keep the activations
  // in a core's cache, at most 16.
  int64_t samples_per_block = 0;
  // That `parallel_for` runs on. Each thread takes whole samples as long as there is one for each;
  // the last samples, or a single one, are computed by all threads together, layer by layer.
  int threads = 1;
  // Called from any thread with the number of samples done since the last call; returning false
  // stops the run with kInterrupted.
  std::function<bool(int64_t samples)> on_progress;
};

class Network {
 public:
  // `tables` has one entry per operator; entries of operators that use no table are ignored. The
  // graph's input must have a leading dimension of 1: one sample.
  static Result<Network> Create(Graph graph, const std::vector<LayerTable>& tables);
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;
  ~Network();

  const Graph& graph() const { return graph_; }
  const Tensor& input() const { return graph_.tensors[graph_.input]; }
  const Tensor& output() const { return graph_.tensors[graph_.output]; }
  const Layer& layer(size_t op) const { return *layers_[op]; }
  // Products of one sample through tables.
  int64_t Macs() const;
  // Bytes that a thread needs for a block of `samples`: activations, the largest layer's scratch
  // memory and a tile of sums. Weights, tables and what kernels need for one tile come on top.
  int64_t WorkspaceBytes(int64_t samples) const;
  // Bytes of the largest layer's inputs and output, of one sample.
  int64_t LargestLayerBytes() const;

  // `input` holds `samples` samples of input().ByteCount() bytes, `output` has room for as many of
  // output().ByteCount(). Results do not depend on blocks or threads. `stats` gets one entry per
  // operator, to which this call adds.
  Result<void> Run(const uint8_t* input, int64_t samples, uint8_t* output,
                   const ParallelFor& parallel_for, const NetworkRunParams& params,
                   std::vector<LayerStats>* stats) const;

 private:
  Network(Graph graph, std::vector<std::unique_ptr<Layer>> layers);
  void PlanMemory();
  int64_t DefaultBlock() const;
  int64_t ScratchBytes(int64_t samples) const;
  // `workspace` has room for `block` >= `samples` samples.
  void RunBlock(const uint8_t* input, int64_t samples, int64_t block, uint8_t* workspace,
                uint8_t* output, const ParallelFor& parallel_for,
                std::vector<LayerStats>& stats) const;

  Graph graph_;
  std::vector<std::unique_ptr<Layer>> layers_;
  // Per tensor: where it lies in the workspace, in bytes per sample of a block; -1: not there
  // (constants, the network's input and output).
  std::vector<int64_t> offsets_;
  int64_t activation_bytes_ = 0;  // per sample of a block
};

}  // namespace axlut
