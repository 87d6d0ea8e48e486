// SPDX-License-Identifier: MIT
// One operator of a network, checked and ready to run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/parallel_for.h"
#include "runtime/base/result.h"
#include "runtime/model/graph.h"
#include "runtime/nn/lut_conv2d.h"

namespace axlut {

// What a layer reads and writes. A tensor of `samples` samples is that many tensors of the graph
// one behind the other; a constant exists once and has sample stride 0.
struct LayerIo {
  const uint8_t* inputs[16] = {};
  int64_t input_strides[16] = {};  // bytes from one sample to the next
  uint8_t* output = nullptr;
  int64_t output_stride = 0;
  int64_t samples = 1;
  uint8_t* scratch = nullptr;  // ScratchBytes(samples) bytes, aligned to 64

  template <typename T>
  const T* Input(int i, int64_t sample) const {
    return reinterpret_cast<const T*>(inputs[i] + sample * input_strides[i]);
  }
  template <typename T>
  T* Output(int64_t sample) const {
    return reinterpret_cast<T*>(output + sample * output_stride);
  }
};

inline constexpr int kMaxLayerInputs = 16;
// Elements from which on a simple operation is worth another thread: some 3 us.
inline constexpr int64_t kElementGrain = 1 << 13;

class Layer {
 public:
  virtual ~Layer() = default;

  // Runs `io.samples` samples, on the threads of `parallel_for` where that is worthwhile; safe to
  // call from several threads at once. Returns how many 32-bit accumulators wrapped around (see
  // docs/emulation.md, section 2).
  virtual int64_t Run(const LayerIo& io, const ParallelFor& parallel_for) const = 0;
  virtual int64_t ScratchBytes(int64_t /*samples*/) const { return 0; }
  // What each thread allocates besides, for sums.
  virtual int64_t ThreadBytes(int64_t /*samples*/) const { return 0; }
  // Products per sample; 0 for a layer that does not multiply through a table.
  virtual int64_t Macs() const { return 0; }
  // "expanded_avx2"; "" for a layer without a table.
  virtual std::string KernelName() const { return ""; }
};

// The table of one layer, with the name that reports show.
struct LayerTable {
  std::shared_ptr<const LutTable> table;
  std::string name;  // "exact", "mul8u_2AC"
};

// Each checks one kind of operator: types, shapes, quantization, options. Errors say what is wrong
// with the operator, without naming it: the caller does.
Result<std::unique_ptr<Layer>> MakeConvLayer(const Graph& graph, const Operator& op,
                                             const LayerTable& table);
Result<std::unique_ptr<Layer>> MakeDenseLayer(const Graph& graph, const Operator& op,
                                              const LayerTable& table);
Result<std::unique_ptr<Layer>> MakeBatchMatmulLayer(const Graph& graph, const Operator& op,
                                                    const LayerTable& table);
Result<std::unique_ptr<Layer>> MakePoolLayer(const Graph& graph, const Operator& op);
Result<std::unique_ptr<Layer>> MakeAddLayer(const Graph& graph, const Operator& op);
Result<std::unique_ptr<Layer>> MakeMeanLayer(const Graph& graph, const Operator& op);
Result<std::unique_ptr<Layer>> MakeSoftmaxLayer(const Graph& graph, const Operator& op);
Result<std::unique_ptr<Layer>> MakeReluLayer(const Graph& graph, const Operator& op);
Result<std::unique_ptr<Layer>> MakeQuantizeLayer(const Graph& graph, const Operator& op);
Result<std::unique_ptr<Layer>> MakeDequantizeLayer(const Graph& graph, const Operator& op);
Result<std::unique_ptr<Layer>> MakePadLayer(const Graph& graph, const Operator& op);
Result<std::unique_ptr<Layer>> MakeReshapeLayer(const Graph& graph, const Operator& op);
Result<std::unique_ptr<Layer>> MakeConcatenationLayer(const Graph& graph, const Operator& op);

// Any of them.
Result<std::unique_ptr<Layer>> MakeLayer(const Graph& graph, const Operator& op,
                                         const LayerTable& table);

// What most of them check.

// The operator's input `index` exists (it may be optional in the file).
Result<const Tensor*> RequireInput(const Graph& graph, const Operator& op, size_t index,
                                   const char* role);
// `tensor` has the type, and one positive scale.
Result<void> RequireCodes(const Tensor& tensor, const char* role,
                          ElementType type = ElementType::kInt8);
// The two have the same scale and zero point: the operator only moves codes.
Result<void> RequireSameQuantization(const Tensor& a, const Tensor& b);
Result<void> RequireShape(const Tensor& tensor, const char* role,
                          const std::vector<int64_t>& expected);
// The values of a constant int32 or int64 tensor.
Result<std::vector<int64_t>> RequireIntegers(const Tensor& tensor, const char* role);

// One dimension of a convolution or a pool.
struct WindowDimension {
  int64_t out = 1;
  int64_t pad_before = 0;
};
// kInvalidInput if the window does not fit once (VALID) or a number is not positive.
Result<WindowDimension> PlaceWindows(int64_t in, int64_t filter, int64_t stride, int64_t dilation,
                                     Padding padding);

}  // namespace axlut
