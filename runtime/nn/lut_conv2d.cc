// SPDX-License-Identifier: MIT
#include "runtime/nn/lut_conv2d.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>
#include <utility>

#include "kernels/cpu/blocking.h"
#include "kernels/cpu/dispatch.h"
#include "runtime/base/check.h"
#include "runtime/nn/conv2d_checks.h"
#include "runtime/nn/lut_table_impl.h"

namespace axlut {
namespace {

// Bound of |sum| over one product, both before and after the correction, from extremes alone.
int64_t LooseBound(const PreparedLut& lut, const TruthTable& table, int64_t zero_a,
                   int64_t largest_zero_b) {
  const auto magnitude = [](const OperandSpec& spec) {
    return std::max<int64_t>(spec.max_value(), -int64_t{spec.min_value()});
  };
  const int64_t product = std::max(std::abs(int64_t{lut.min()}), std::abs(int64_t{lut.max()}));
  return product + largest_zero_b * (magnitude(table.a()) + std::abs(zero_a)) +
         std::abs(zero_a) * magnitude(table.b());
}

// The same exactly. A corrected product is linear in zero_b, so its largest magnitude lies at the
// smallest or the largest zero point.
int64_t TightBound(const TruthTable& table, int64_t zero_a, int64_t smallest_zero_b,
                   int64_t largest_zero_b) {
  int64_t largest = 0;
  for (uint32_t a = 0; a < table.a().count(); ++a) {
    for (uint32_t b = 0; b < table.b().count(); ++b) {
      const int64_t product = table.ProductAt(a, b);
      largest = std::max(largest, std::abs(product));
      for (int64_t zero : {smallest_zero_b, largest_zero_b}) {
        const int64_t corrected =
            product - zero * (table.a().ValueOf(a) - zero_a) - zero_a * table.b().ValueOf(b);
        largest = std::max(largest, std::abs(corrected));
      }
    }
  }
  return largest;
}

// Whether |sum| over `depth` products can leave int32_t. The exact bound takes longer than packing
// a layer's weights, and is seldom needed.
bool SumsNeedInt64(const PreparedLut& lut, const TruthTable& table, int64_t depth, int32_t zero_a,
                   const std::vector<int32_t>& zero_b) {
  const auto [low, high] = std::minmax_element(zero_b.begin(), zero_b.end());
  const int64_t largest_zero_b = std::max(std::abs(int64_t{*low}), std::abs(int64_t{*high}));
  const auto overflows = [depth](int64_t bound) {
    return static_cast<double>(bound) * static_cast<double>(depth) >
           std::numeric_limits<int32_t>::max();
  };
  return overflows(LooseBound(lut, table, zero_a, largest_zero_b)) &&
         overflows(TightBound(table, zero_a, *low, *high));
}

// The level that options and process allow.
Result<KernelIsa> LayerIsa(const std::string& cap) {
  if (cap.empty()) return ActiveKernelIsa();
  for (KernelIsa isa : kKernelIsas) {
    if (cap == KernelIsaName(isa)) return std::min(isa, ActiveKernelIsa());
  }
  return Error::InvalidInput(fmt::format("there is no instruction set '{}'", cap));
}

// Why no choice is called `name`.
Error NoSuchKernel(const PreparedLut& lut, const std::string& name, KernelIsa isa) {
  std::string known;
  for (const Conv2dKernelEntry& entry : Conv2dKernels()) {
    if (entry.name == name) {
      if (entry.isa <= isa) {
        return Error::Unsupported(
            fmt::format("kernel {} cannot run this table and shape (products are {}..{})", name,
                        lut.min(), lut.max()));
      }
      return Error::Unsupported(fmt::format("kernel {} needs {}, this process may use {}", name,
                                            KernelIsaName(entry.isa), KernelIsaName(isa)));
    }
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  for (const GemmMethod& method : GemmMethods()) known += ", gemm_" + std::string(method.name);
  if (name.rfind("gemm_", 0) == 0) {
    return Error::Unsupported(fmt::format(
        "no plan of this table runs in '{}' with this shape and {}", name, KernelIsaName(isa)));
  }
  return Error::InvalidInput(fmt::format("there is no convolution kernel '{}'", name))
      .Note("kernels are " + known + "; a gemm and another one can be joined by '+'");
}

Result<Conv2dChoice> PickKernel(const PlannedLut& lut, const Conv2dShape& shape,
                                const LutConv2dOptions& options) {
  AXLUT_ASSIGN_OR_RETURN(const KernelIsa isa, LayerIsa(options.max_isa));
  std::vector<Conv2dChoice> choices = Conv2dChoices(lut, shape, isa);
  if (options.kernel.empty()) return choices[0];
  for (const Conv2dChoice& choice : choices) {
    const bool has_plan = choice.plan != nullptr && choice.gemm == nullptr;
    if (!has_plan && choice.Name() == options.kernel) return choice;
  }
  return NoSuchKernel(lut.table(), options.kernel, isa);
}

std::string PlanName(const Conv2dChoice& choice) {
  return choice.plan == nullptr ? "table" : DescribePlan(choice.plan->plan);
}

// Scratch memory of the calling thread, for one tile at a time. It only grows, and goes when the
// thread does, so that a network's layers do not allocate.
class Workspace {
 public:
  ~Workspace() { Free(); }
  // Never null.
  void* Get(int64_t bytes) {
    if (bytes > bytes_ || memory_ == nullptr) {
      Free();
      memory_ = ::operator new(static_cast<size_t>(bytes), kAlignment);
      bytes_ = bytes;
    }
    return memory_;
  }
  static Workspace& OfThisThread() {
    thread_local Workspace workspace;
    return workspace;
  }

 private:
  static constexpr std::align_val_t kAlignment{64};
  void Free() {
    ::operator delete(memory_, kAlignment);
    memory_ = nullptr;
    bytes_ = 0;
  }
  void* memory_ = nullptr;
  int64_t bytes_ = 0;
};

// From sums of products of codes to sums of products of real numbers. For codes with sign bit s
// (0 if unsigned) the value is a = (code ^ s) - s, so with S = sum (code ^ s) over K products
//   sum (T[a][b] - zero_b*a - zero_a*b + zero_a*zero_b)
//     = sum T[a][b] - zero_b * S - zero_a * sum b + K * zero_b * (zero_a + s).
// Kernels add S times a factor, and what does not depend on the input as a bias.
struct Correction {
  Correction(const TruthTable& table, const Conv2dShape& shape, const std::vector<uint8_t>& filter,
             int64_t zero_a, const std::vector<int32_t>& zero_b)
      : bias(static_cast<size_t>(shape.out_c)), code_factor(bias.size()) {
    const int sign_bit = table.a().is_signed() ? 1 << (table.a().width - 1) : 0;
    code_flip = static_cast<uint8_t>(sign_bit);
    for (size_t o = 0; o < bias.size(); ++o) {
      const int32_t zero = zero_b[zero_b.size() == 1 ? 0 : o];
      code_factor[o] = -zero;
      bias[o] = shape.Depth() * zero * (zero_a + sign_bit);
    }
    if (zero_a == 0) return;
    const std::vector<int64_t> sums = FilterSums(table.b(), shape, filter);
    for (size_t o = 0; o < bias.size(); ++o) bias[o] -= zero_a * sums[o];
  }

  // Sum of b per output channel. Matrix products pack a filter per call: this must not take longer
  // than the packing, so chunks of rows are summed in 32 bits, in vectors.
  static std::vector<int64_t> FilterSums(const OperandSpec& spec, const Conv2dShape& shape,
                                         const std::vector<uint8_t>& filter) {
    constexpr int64_t kChunk = 1 << 22;  // times 255 fits 31 bits
    const uint8_t mask = static_cast<uint8_t>(spec.mask());
    const uint8_t sign_bit = spec.is_signed() ? static_cast<uint8_t>(1 << (spec.width - 1)) : 0;
    const size_t channels = static_cast<size_t>(shape.out_c);
    std::vector<int64_t> sums(channels, -shape.Depth() * sign_bit);
    std::vector<int32_t> chunk(channels);
    const uint8_t* row = filter.data();
    for (int64_t k0 = 0; k0 < shape.Depth(); k0 += kChunk) {
      std::fill(chunk.begin(), chunk.end(), 0);
      for (int64_t k = k0; k < std::min(k0 + kChunk, shape.Depth()); ++k, row += channels) {
        for (size_t o = 0; o < channels; ++o) chunk[o] += (row[o] & mask) ^ sign_bit;
      }
      for (size_t o = 0; o < channels; ++o) sums[o] += chunk[o];
    }
    return sums;
  }

  std::vector<int64_t> bias;
  std::vector<int32_t> code_factor;
  uint8_t code_flip = 0;
};

std::unique_ptr<Conv2dKernel> MakeKernel(const PlannedLut& lut, const Conv2dChoice& choice,
                                         const Conv2dShape& shape,
                                         const std::vector<uint8_t>& filter,
                                         const Correction& correction) {
  Conv2dWeights weights;
  weights.filter = filter.data();
  weights.bias = correction.bias.data();
  weights.code_factor = correction.code_factor.data();
  weights.code_flip = correction.code_flip;
  return MakeConv2d(lut, choice, shape, weights);
}

}  // namespace

struct LutConv2d::Impl {
  Impl(std::shared_ptr<const LutTable> t, const PlannedLut& lut, const TruthTable& truth,
       const Conv2dChoice& choice, const Conv2dShape& s, const std::vector<uint8_t>& filter,
       int32_t zero_a, const std::vector<int32_t>& zero_b)
      : table(std::move(t)),
        shape(s),
        pad_code(static_cast<uint8_t>(truth.a().PatternOf(zero_a))),
        kernel_name(choice.Name()),
        plan_name(PlanName(choice)),
        kernel(MakeKernel(lut, choice, s, filter, Correction(truth, s, filter, zero_a, zero_b))),
        needs_int64(SumsNeedInt64(lut.table(), truth, s.Depth(), zero_a, zero_b)) {}

  template <typename Out>
  void Run(const uint8_t* codes, int64_t batch, Out* out, const ParallelFor& parallel_for) const;
  template <typename Out>
  void RunBlocks(const uint8_t* codes, int64_t batch, const SumSink<Out>& sink,
                 const ParallelFor& parallel_for) const;

  const std::shared_ptr<const LutTable> table;  // the kernel points into it
  const Conv2dShape shape;
  const uint8_t pad_code;
  const std::string kernel_name;
  const std::string plan_name;
  const std::unique_ptr<const Conv2dKernel> kernel;
  const bool needs_int64;
};

template <typename Out>
void LutConv2d::Impl::Run(const uint8_t* codes, int64_t batch, Out* out,
                          const ParallelFor& parallel_for) const {
  if (batch * shape.out_h * shape.out_w == 0) return;
  const Conv2dInput input{codes, batch, pad_code};
  parallel_for(kernel->TileCount(batch), 1, [&](int64_t begin, int64_t end) {
    void* workspace = Workspace::OfThisThread().Get(kernel->WorkspaceBytes());
    for (int64_t tile = begin; tile < end; ++tile) kernel->RunTile(input, tile, workspace, out);
  });
}

// A kernel writes into the whole output tensor; here that is a block's memory, moved so that the
// block's first position is where the kernel expects it. Only the block is touched.
template <typename Out>
void LutConv2d::Impl::RunBlocks(const uint8_t* codes, int64_t batch, const SumSink<Out>& sink,
                                const ParallelFor& parallel_for) const {
  if (batch * shape.out_h * shape.out_w == 0) return;
  const Conv2dInput input{codes, batch, pad_code};
  const int64_t kernel_bytes = RoundUp(kernel->WorkspaceBytes(), 64);
  const int64_t row_bytes = shape.out_c * static_cast<int64_t>(sizeof(Out));
  parallel_for(kernel->TileCount(batch), 1, [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) {
      const Conv2dTile tile = kernel->TileAt(batch, index);
      uint8_t* memory = static_cast<uint8_t*>(
          Workspace::OfThisThread().Get(kernel_bytes + tile.positions * row_bytes));
      uint8_t* sums = memory + kernel_bytes;
      Out* const output =
          reinterpret_cast<Out*>(reinterpret_cast<uintptr_t>(sums) -
                                 static_cast<uintptr_t>(tile.first_position * row_bytes));
      kernel->RunTile(input, index, memory, output);
      sink({reinterpret_cast<const Out*>(sums) + tile.first_channel, shape.out_c,
            tile.first_position, tile.positions, tile.first_channel, tile.channels});
    }
  });
}

Result<LutConv2d> LutConv2d::Create(std::shared_ptr<const LutTable> table, const Conv2dShape& shape,
                                    const std::vector<uint8_t>& filter, int32_t zero_a,
                                    std::vector<int32_t> zero_b, const LutConv2dOptions& options) {
  const TruthTable& truth = table->table();
  AXLUT_RETURN_IF_ERROR(CheckConv2dArguments(truth, shape, filter, zero_a, zero_b));
  const PlannedLut& lut = table->impl_->lut;
  AXLUT_ASSIGN_OR_RETURN(const Conv2dChoice choice, PickKernel(lut, shape, options));
  return LutConv2d(
      std::make_unique<Impl>(std::move(table), lut, truth, choice, shape, filter, zero_a, zero_b));
}

LutConv2d::LutConv2d(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LutConv2d::LutConv2d(LutConv2d&&) noexcept = default;
LutConv2d& LutConv2d::operator=(LutConv2d&&) noexcept = default;
LutConv2d::~LutConv2d() = default;

void LutConv2d::Run(const uint8_t* input, int64_t batch, int32_t* out,
                    const ParallelFor& parallel_for) const {
  AXLUT_CHECK(!NeedsInt64());
  impl_->Run(input, batch, out, parallel_for);
}

void LutConv2d::Run(const uint8_t* input, int64_t batch, int64_t* out,
                    const ParallelFor& parallel_for) const {
  impl_->Run(input, batch, out, parallel_for);
}

void LutConv2d::RunBlocks(const uint8_t* input, int64_t batch, const SumSink<int32_t>& sink,
                          const ParallelFor& parallel_for) const {
  AXLUT_CHECK(!NeedsInt64());
  impl_->RunBlocks(input, batch, sink, parallel_for);
}

void LutConv2d::RunBlocks(const uint8_t* input, int64_t batch, const SumSink<int64_t>& sink,
                          const ParallelFor& parallel_for) const {
  impl_->RunBlocks(input, batch, sink, parallel_for);
}

int64_t LutConv2d::BlockBytes(int64_t batch) const {
  int64_t positions = 0;
  if (batch * shape().out_h * shape().out_w == 0) return 0;
  for (int64_t tile = 0; tile < impl_->kernel->TileCount(batch); ++tile) {
    positions = std::max(positions, impl_->kernel->TileAt(batch, tile).positions);
  }
  return positions * shape().out_c * (NeedsInt64() ? 8 : 4);
}

bool LutConv2d::NeedsInt64() const { return impl_->needs_int64; }
const Conv2dShape& LutConv2d::shape() const { return impl_->shape; }
std::string LutConv2d::kernel_name() const { return impl_->kernel_name; }
std::string LutConv2d::plan_name() const { return impl_->plan_name; }

}  // namespace axlut
