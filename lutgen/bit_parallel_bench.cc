// SPDX-License-Identifier: MIT
// How long a whole 8x8 truth table takes, by instruction set.
#include <benchmark/benchmark.h>

#include <vector>

#include "lutgen/bit_parallel.h"
#include "lutgen/testing/array_multiplier.h"

namespace axlut {
namespace {

void BM_Table8x8(benchmark::State& state) {
  const Isa isa = static_cast<Isa>(state.range(0));
  const OperandSpec operand{8, Signedness::kUnsigned};
  const Netlist netlist = testing_support::ArrayMultiplier(8);
  std::vector<int32_t> products(65536);
  for (auto _ : state) {  // with the preparation: a command does it once per table, too
    auto evaluator =
        BitParallelEvaluator::Create(netlist, operand, operand, {16, Signedness::kUnsigned}, isa);
    evaluator->Evaluate(0, 65536, products.data());
    benchmark::DoNotOptimize(products.data());
  }
  state.counters["gates"] = static_cast<double>(netlist.gates.size());
  state.SetLabel(Name(isa));
}
BENCHMARK(BM_Table8x8)
    ->ArgName("isa")
    ->Apply([](benchmark::internal::Benchmark* bench) {
      for (const Isa isa : SupportedIsas()) {
        bench->Arg(static_cast<int>(isa));
      }
    })
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace axlut
