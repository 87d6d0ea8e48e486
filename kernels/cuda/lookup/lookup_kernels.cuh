// SPDX-License-Identifier: MIT
// The kernels of lookup/: one function, listed in kernels.inc with all its multiplications, roles
// and tiles.
#pragma once

#include "kernels/cuda/lookup/gradient_loaders.cuh"
#include "kernels/cuda/lookup/matrix_loaders.cuh"
#include "kernels/cuda/lookup/tile_product.cuh"
#include "kernels/cuda/lookup/window_loaders.cuh"

namespace axlut::AXLUT_GPU_TARGET {

using Shared16Multiply = SharedMultiply<uint16_t>;
using Shared8Multiply = SharedMultiply<uint8_t>;

// What is multiplied: loaders of A and B.
struct Matrices {
  using Rows = MatrixRows;
  using Columns = MatrixColumns;
};
struct Forward {
  using Rows = WindowRows;
  using Columns = MatrixColumns;
};
struct InputGradient {
  using Rows = GradientRows;
  using Columns = GradientColumns;
};
struct FilterGradient {
  using Rows = WindowColumns;
  using Columns = MatrixColumns;
};

// A multiprocessor's 65,536 registers suffice for 1024 threads with 64 each, but not where sums or
// addresses take two registers.
template <typename Multiply>
inline constexpr int kThreadsPerMultiprocessor =
    sizeof(typename Multiply::Sum) == 8 || kStepsAtOnce<Multiply> < 4 ? 768 : 1024;

// Any number of blocks of TileShape::kThreads does all items of p.grid. A table in shared memory
// follows the storage.
template <typename Multiply, typename Role, typename TileShape>
__global__ void __launch_bounds__(TileShape::kThreads,
                                  kThreadsPerMultiprocessor<Multiply> / TileShape::kThreads)
    LookupKernel(const TileProductParams p) {
  using Product = TileProduct<Multiply, typename Role::Rows, typename Role::Columns, TileShape>;
  auto& storage = DynamicShared<typename Product::Storage>();
  void* const table = &storage + 1;
  if (threadIdx.x == 0) {
    GpuQuantization quantization = LoadQuantization(p.call);
    quantization.a.width = min(quantization.a.width, p.width_a);
    quantization.b.width = min(quantization.b.width, p.width_b);
    storage.quantization = quantization;
  }
  if constexpr (Product::Access::kPasses == 1) Product::Access::Stage(p, table, 0);
  __syncthreads();
  for (uint32_t item = blockIdx.x; item < p.grid.items; item += gridDim.x) {
    Product::Run(p, DecodeWork<TileShape>(p.grid, item), table, storage);
  }
}

// Any number of blocks.
__global__ void __launch_bounds__(kSumsToFloatThreads)
    SumsToFloatInPlace(const SumsToFloatInPlaceParams p) {
  const GpuQuantization quantization = LoadQuantization(p.call);
  int32_t* const out = static_cast<int32_t*>(p.call.out);
  for (uint32_t i = blockIdx.x * kSumsToFloatThreads + threadIdx.x; i < p.count;
       i += gridDim.x * kSumsToFloatThreads) {
    uint32_t row = i;
    const uint32_t channel = DivideAndRest(p.channels, &row);
    out[i] = __float_as_int(
        ScaledSum(quantization.a.scale, ScaleB(p.call, quantization, channel), out[i]));
  }
}

}  // namespace axlut::AXLUT_GPU_TARGET
