// SPDX-License-Identifier: MIT
#include "lutgen/bit_parallel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include "lutgen/bit_parallel_program.h"

namespace axlut {
namespace {

using bit_parallel::Interpreter;
using bit_parallel::kAlignment;
using bit_parallel::kFirstInputSlot;
using bit_parallel::kSlotOne;
using bit_parallel::kSlotZero;
using bit_parallel::Slot;
using bit_parallel::Step;

const Interpreter& InterpreterFor(Isa isa) {
#if AXLUT_HAVE_TARGET_REGIONS
  if (isa >= Isa::kAvx512) return bit_parallel::kAvx512Interpreter;
  if (isa >= Isa::kAvx2) return bit_parallel::kAvx2Interpreter;
#endif
  (void)isa;
  return bit_parallel::kScalarInterpreter;
}

// Words of all slots, aligned for the widest vectors.
class Workspace {
 public:
  explicit Workspace(size_t words)
      : words_(static_cast<uint64_t*>(
            ::operator new[](words * sizeof(uint64_t), std::align_val_t{kAlignment}))) {}
  ~Workspace() { ::operator delete[](words_, std::align_val_t{kAlignment}); }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  uint64_t* words() const { return words_; }

 private:
  uint64_t* words_;
};

// Gates that some output depends on.
std::vector<bool> FindLiveGates(const Netlist& netlist) {
  std::vector<bool> live(netlist.gates.size());
  const NetId first_gate = netlist.FirstGateNet();
  const auto mark = [&](NetId net) {
    if (net >= first_gate) live[net - first_gate] = true;
  };
  for (const NetId output : netlist.outputs) mark(output);
  for (size_t i = netlist.gates.size(); i-- > 0;) {
    if (!live[i]) continue;
    for (const NetId in : netlist.gates[i].in) mark(in);
  }
  return live;
}

// Nets -> slots. A gate's slot is free again after the last gate that reads it; outputs, inputs and
// constants keep theirs.
class SlotAllocator {
 public:
  SlotAllocator(const Netlist& netlist, const std::vector<bool>& live)
      : netlist_(netlist), last_reader_(netlist.NetCount(), kNobody), slots_(netlist.NetCount()) {
    const NetId first_gate = netlist.FirstGateNet();
    for (NetId net = 0; net < first_gate; ++net) slots_[net] = next_++;
    for (uint32_t i = 0; i < netlist.gates.size(); ++i) {
      if (!live[i]) continue;
      for (const NetId in : netlist.gates[i].in) {
        if (in >= first_gate) last_reader_[in] = i;
      }
    }
    for (const NetId output : netlist.outputs) last_reader_[output] = kForever;
  }

  // The gate as a step; call in netlist order.
  Step Place(uint32_t gate_index) {
    const Gate& gate = netlist_.gates[gate_index];
    Step step{gate.function, 0, {}};
    for (int k = 0; k < 3; ++k) step.in[k] = slots_[gate.in[k]];
    for (int k = 0; k < 3; ++k) {
      const NetId in = gate.in[k];
      if (last_reader_[in] != gate_index) continue;
      free_.push_back(slots_[in]);
      last_reader_[in] = kNobody;  // a net that the gate reads twice is freed once
    }
    if (free_.empty()) {
      step.out = next_++;
    } else {
      step.out = free_.back();
      free_.pop_back();
    }
    slots_[netlist_.FirstGateNet() + gate_index] = step.out;
    return step;
  }

  Slot SlotOf(NetId net) const { return slots_[net]; }
  uint32_t slot_count() const { return next_; }

 private:
  static constexpr uint32_t kNobody = ~uint32_t{0};
  static constexpr uint32_t kForever = kNobody - 1;
  const Netlist& netlist_;
  std::vector<uint32_t> last_reader_;  // by net: the last gate that reads it
  std::vector<Slot> slots_;            // by net
  std::vector<Slot> free_;
  Slot next_ = 0;
};

}  // namespace

struct BitParallelEvaluator::Impl {
  Isa isa = Isa::kScalar;
  const Interpreter* interpreter = nullptr;
  std::vector<Step> steps;
  std::vector<Slot> index_slots;
  std::vector<Slot> product_slots;
  bit_parallel::Program program;  // points into the vectors above

  uint64_t block_pairs() const { return uint64_t{64} * static_cast<uint64_t>(interpreter->words); }

  void Compile(const Netlist& netlist, const OperandSpec& a, const OperandSpec& b,
               const OperandSpec& product) {
    const std::vector<bool> live = FindLiveGates(netlist);
    SlotAllocator allocator(netlist, live);
    for (uint32_t i = 0; i < netlist.gates.size(); ++i) {
      if (live[i]) steps.push_back(allocator.Place(i));
    }
    // Pair index (a << width_b) | b: operand b first, while the netlist's first inputs are a's.
    for (int j = 0; j < b.width; ++j) {
      index_slots.push_back(kFirstInputSlot + static_cast<Slot>(a.width + j));
    }
    for (int i = 0; i < a.width; ++i) index_slots.push_back(kFirstInputSlot + static_cast<Slot>(i));
    for (const NetId output : netlist.outputs) product_slots.push_back(allocator.SlotOf(output));
    const Slot above = product.is_signed() ? product_slots.back() : kSlotZero;
    product_slots.resize(product.width <= 16 ? 16 : 32, above);

    program.steps = steps.data();
    program.step_count = static_cast<uint32_t>(steps.size());
    program.slot_count = allocator.slot_count();
    program.index_slots = index_slots.data();
    program.index_bits = static_cast<int>(index_slots.size());
    program.product_slots = product_slots.data();
    program.product_bits = static_cast<int>(product_slots.size());
    program.sign_extend_16 = product.is_signed();
  }
};

BitParallelEvaluator::BitParallelEvaluator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BitParallelEvaluator::BitParallelEvaluator(BitParallelEvaluator&&) noexcept = default;
BitParallelEvaluator& BitParallelEvaluator::operator=(BitParallelEvaluator&&) noexcept = default;
BitParallelEvaluator::~BitParallelEvaluator() = default;

Result<BitParallelEvaluator> BitParallelEvaluator::Create(const Netlist& netlist,
                                                          const OperandSpec& a,
                                                          const OperandSpec& b,
                                                          const OperandSpec& product, Isa isa) {
  if (const std::string problem = netlist.Validate(); !problem.empty()) {
    return Error(ErrorCode::kInternal, "netlist is not valid: " + problem);
  }
  if (static_cast<int64_t>(netlist.input_count) != a.width + b.width) {
    return Error::InvalidInput(
        fmt::format("netlist of a {}x{}-bit multiplier needs {} inputs, got {}", a.width, b.width,
                    a.width + b.width, netlist.input_count));
  }
  if (static_cast<int64_t>(netlist.outputs.size()) != product.width) {
    return Error::InvalidInput(
        fmt::format("netlist with a {}-bit product needs as many outputs, got {}", product.width,
                    netlist.outputs.size()));
  }
  auto impl = std::make_unique<Impl>();
  impl->isa = std::min(isa, DetectedIsa());
  impl->interpreter = &InterpreterFor(impl->isa);
  impl->Compile(netlist, a, b, product);
  return BitParallelEvaluator(std::move(impl));
}

void BitParallelEvaluator::Evaluate(uint64_t first, uint64_t count, int32_t* products) const {
  const uint64_t block_pairs = impl_->block_pairs();
  AXLUT_CHECK_LE(first, pair_count());
  AXLUT_CHECK_LE(count, pair_count() - first);
  const Workspace values(size_t{impl_->program.slot_count} *
                         static_cast<size_t>(impl_->interpreter->words));
  const uint64_t end = first + count;
  std::vector<int32_t> partial;  // one block, for a range that does not cover it
  while (first < end) {
    const uint64_t block = first / block_pairs;
    const uint64_t offset = first % block_pairs;
    const uint64_t whole_blocks = offset == 0 ? (end - first) / block_pairs : 0;
    uint64_t done = whole_blocks * block_pairs;
    if (whole_blocks > 0) {
      impl_->interpreter->run(impl_->program, values.words(), block, whole_blocks, products);
    } else {
      partial.resize(block_pairs);
      impl_->interpreter->run(impl_->program, values.words(), block, 1, partial.data());
      done = std::min(block_pairs - offset, end - first);
      std::copy_n(partial.begin() + static_cast<ptrdiff_t>(offset), done, products);
    }
    first += done;
    products += done;
  }
}

Isa BitParallelEvaluator::isa() const { return impl_->isa; }
uint64_t BitParallelEvaluator::pair_count() const {
  return uint64_t{1} << impl_->program.index_bits;
}
uint64_t BitParallelEvaluator::block_pairs() const { return impl_->block_pairs(); }
uint32_t BitParallelEvaluator::gate_count() const { return impl_->program.step_count; }

}  // namespace axlut
