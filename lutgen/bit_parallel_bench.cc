// SPDX-License-Identifier: MIT
// How long a whole 8x8 truth table takes, by instruction set and number of gates.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "lutgen/bit_parallel.h"

namespace axlut {
namespace {

// A random netlist whose gates read mostly recent nets, as a multiplier's do.
Netlist RandomNetlist(uint32_t gates) {
  std::mt19937 random(1);
  Netlist netlist;
  netlist.input_count = 16;
  for (uint32_t i = 0; i < gates; ++i) {
    const NetId here = netlist.FirstGateNet() + i;
    Gate gate{static_cast<CellFunction>(random() % 13), {}};
    for (int k = 0; k < InputCount(gate.function); ++k) {
      gate.in[k] = here - 1 - random() % std::min<uint32_t>(here - 2, 40);
    }
    netlist.gates.push_back(gate);
  }
  for (uint32_t k = 0; k < 16; ++k) netlist.outputs.push_back(netlist.NetCount() - 16 + k);
  return netlist;
}

void BM_Table8x8(benchmark::State& state) {
  const OperandSpec operand{8, Signedness::kUnsigned};
  const Netlist netlist = RandomNetlist(static_cast<uint32_t>(state.range(0)));
  std::vector<int32_t> products(65536);
  uint32_t live = 0;
  for (auto _ : state) {  // with the preparation: a command does it once per table, too
    auto evaluator = BitParallelEvaluator::Create(
        netlist, operand, operand, {16, Signedness::kUnsigned}, static_cast<Isa>(state.range(1)));
    evaluator->Evaluate(0, 65536, products.data());
    live = evaluator->gate_count();
    benchmark::DoNotOptimize(products.data());
  }
  state.counters["live_gates"] = live;
  state.SetLabel(Name(static_cast<Isa>(state.range(1))));
}
BENCHMARK(BM_Table8x8)
    ->ArgNames({"gates", "isa"})
    ->Apply([](benchmark::internal::Benchmark* bench) {
      for (const Isa isa : SupportedIsas()) {
        for (const int gates : {40, 320, 1000}) bench->Args({gates, static_cast<int>(isa)});
      }
    })
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace axlut
