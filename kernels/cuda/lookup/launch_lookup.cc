// SPDX-License-Identifier: MIT
#include <algorithm>
#include <limits>
#include <string>

#include "kernels/ceil_div.h"
#include "kernels/cuda/launches.h"
#include "kernels/cuda/lookup/lookup_problem.h"
#include "kernels/cuda/lookup/tile_storage.h"
#include "kernels/cuda/make_params.h"

namespace axlut {
namespace {

// One way of multiplying: its kernels by LookupRole, and what a block needs.
struct LookupMethod {
  GpuKernelId kernels[4];
  int64_t rows, columns;  // of a tile
  uint32_t threads;
  size_t storage_bytes;           // without the table
  int blocks_per_multiprocessor;  // as far as registers go
};

// threads: how many a multiprocessor takes of these kernels at least, see budget.csv.
template <typename TileShape>
constexpr LookupMethod MakeMethod(int threads, GpuKernelId matrices, GpuKernelId forward,
                                  GpuKernelId input_gradient, GpuKernelId filter_gradient) {
  return {{matrices, forward, input_gradient, filter_gradient},
          TileShape::kRows,
          TileShape::kColumns,
          TileShape::kThreads,
          sizeof(TileStorage<uint8_t, TileShape>),
          threads / TileShape::kThreads};
}

#define AXLUT_LOOKUP_METHOD(name, TileShape, threads)                                 \
  constexpr LookupMethod k##name = MakeMethod<TileShape>(                             \
      threads, GpuKernelId::kLookupMatrices##name, GpuKernelId::kLookupForward##name, \
      GpuKernelId::kLookupInputGradient##name, GpuKernelId::kLookupFilterGradient##name)
AXLUT_LOOKUP_METHOD(Texture16, SquareTile, 1024);
AXLUT_LOOKUP_METHOD(Texture16Small, SmallTile, 1024);
AXLUT_LOOKUP_METHOD(Texture32, SquareTile, 768);
AXLUT_LOOKUP_METHOD(L1Rows, RowLanesTile, 768);
AXLUT_LOOKUP_METHOD(L1Columns, ColumnLanesTile, 768);
AXLUT_LOOKUP_METHOD(Shared16, SharedTile, 1024);
AXLUT_LOOKUP_METHOD(Shared8, SharedTile, 1024);
#undef AXLUT_LOOKUP_METHOD

// Tiles of the whole problem, without splits of k.
int64_t TileCount(const LookupProblem& problem, const LookupMethod& method) {
  return CeilDiv(problem.params.m, method.rows) * CeilDiv(problem.params.n, method.columns) *
         problem.groups * problem.phases;
}

// Tiles times their size: what is computed, the outside of the product included.
int64_t TiledArea(const LookupProblem& problem, const LookupMethod& method) {
  return TileCount(problem, method) * method.rows * method.columns;
}

size_t SharedBytes(const GpuTable& table, uint32_t entry_bytes) {
  return kShared16.storage_bytes +
         SharedTableBytes(1u << table.width_b(), 1u << table.width_a(), entry_bytes);
}

// 2: whole entries fit into shared memory; 1: one byte of them; 0: nothing does.
uint32_t SharedEntryBytes(const GpuTable& table) {
  const size_t most = static_cast<size_t>(table.gpu()->properties().max_shared_bytes);
  if (table.images().entries16 == nullptr) return 0;
  if (SharedBytes(table, sizeof(uint16_t)) <= most) return sizeof(uint16_t);
  return SharedBytes(table, sizeof(uint8_t)) <= most ? sizeof(uint8_t) : 0;
}

// A method for one table and problem.
struct Choice {
  LookupMethod method;
  LookupParams table;
  size_t shared_bytes;
  uint32_t entry_bytes = 0;  // of a table in shared memory
};

GpuStatus ChooseTexture(const GpuTable& table, const LookupProblem& problem, Choice* choice) {
  choice->table = MakeLookupParams(table, /*transposed=*/false);
  if (table.images().entries16 == nullptr) {
    choice->method = kTexture32;
    return {};
  }
  // The large tile reads operands less often; it needs products that fill it and enough of them.
  const int64_t enough = 2 * int64_t{table.gpu()->properties().multiprocessors};
  const bool fills = TiledArea(problem, kTexture16) <= TiledArea(problem, kTexture16Small) * 5 / 4;
  choice->method = fills && TileCount(problem, kTexture16) >= enough ? kTexture16 : kTexture16Small;
  return {};
}

GpuStatus ChooseMethod(const GpuTable& table, GpuVariant variant, const LookupProblem& problem,
                       Choice* choice) {
  if (variant == GpuVariant::kTexture) {
    AXLUT_RETURN_IF_GPU_ERROR(ChooseTexture(table, problem, choice));
  } else if (variant == GpuVariant::kL1 && table.images().entries16 != nullptr) {
    const bool along_rows = TiledArea(problem, kL1Rows) <= TiledArea(problem, kL1Columns);
    choice->method = along_rows ? kL1Rows : kL1Columns;
    choice->table = MakeLookupParams(table, /*transposed=*/along_rows);
  } else if (variant == GpuVariant::kShared && SharedLookupFits(table)) {
    choice->entry_bytes = SharedEntryBytes(table);
    choice->method = choice->entry_bytes == sizeof(uint16_t) ? kShared16 : kShared8;
    choice->table = MakeLookupParams(table, /*transposed=*/true);
    choice->shared_bytes = SharedBytes(table, choice->entry_bytes);
    return {};
  } else {
    return {GpuErrorKind::kUnsupported, "this table has no form for the kernel that was asked for"};
  }
  choice->shared_bytes = choice->method.storage_bytes;
  return {};
}

int64_t BlocksOnDevice(const GpuProperties& properties, const Choice& choice) {
  // A multiprocessor has a little more shared memory than a block can have.
  const int64_t by_shared_memory =
      std::max<int64_t>(1, properties.max_shared_bytes / std::max<size_t>(1, choice.shared_bytes));
  return int64_t{std::max(1, properties.multiprocessors)} *
         std::min<int64_t>(choice.method.blocks_per_multiprocessor, by_shared_memory);
}

// Parts of k. More than one fill the device where there are few tiles, and keep the 32-bit sum of
// a block exact where 64 bits are asked for.
int64_t SplitCount(const LookupProblem& problem, const Choice& choice, int64_t blocks) {
  constexpr int64_t kMostChunks = (int64_t{1} << 14) / kTileDepth;  // Multiply::Sum
  constexpr int64_t kLeastChunks = 8;  // below, adding the parts costs more than it helps
  const GpuSum sum = problem.params.call.sum;
  if (problem.chunks == 0) return 1;
  const int64_t tiles = TileCount(problem, choice.method);
  const int64_t wanted = std::min(blocks / tiles, problem.chunks / kLeastChunks);
  const int64_t needed = sum == GpuSum::kInt64 ? CeilDiv(problem.chunks, kMostChunks) : 1;
  return std::max({int64_t{1}, wanted, needed});
}

GpuStatus SetGrid(const Choice& choice, int64_t blocks, LookupProblem* problem) {
  TileGrid& grid = problem->params.grid;
  const int64_t chunks_per_split =
      std::max<int64_t>(1, CeilDiv(problem->chunks, SplitCount(*problem, choice, blocks)));
  const int64_t splits = std::max<int64_t>(1, CeilDiv(problem->chunks, chunks_per_split));
  const int64_t items = TileCount(*problem, choice.method) * splits;
  if (items > std::numeric_limits<int32_t>::max()) {
    return {GpuErrorKind::kInvalidArgument,
            "a lookup kernel takes up to 2^31 - 1 tiles; there are " + std::to_string(items)};
  }
  grid.tiles_n = MakeFastDivider(CeilDiv(problem->params.n, choice.method.columns));
  grid.tiles_m = MakeFastDivider(CeilDiv(problem->params.m, choice.method.rows));
  grid.splits = MakeFastDivider(splits);
  grid.groups = MakeFastDivider(problem->groups);
  grid.items = static_cast<uint32_t>(items);
  grid.chunks = static_cast<uint32_t>(problem->chunks);
  grid.chunks_per_split = static_cast<uint32_t>(chunks_per_split);
  return {};
}

GpuStatus LaunchSumsToFloatInPlace(Gpu* gpu, const GpuCall& call, const LookupProblem& problem) {
  SumsToFloatInPlaceParams params;
  params.call = problem.params.call;
  params.count = static_cast<uint32_t>(problem.out_count);
  params.channels = MakeFastDivider(problem.channels);
  GpuLaunch launch;
  launch.threads = kSumsToFloatThreads;
  launch.grid_x = static_cast<uint32_t>(CeilDiv(problem.out_count, kSumsToFloatThreads));
  return LaunchKernel(gpu, GpuKernelId::kLookupSumsToFloat, launch, call.stream, params);
}

GpuStatus LaunchLookup(const GpuTable& table, GpuVariant variant, const GpuCall& call,
                       LookupProblem problem) {
  TileProductParams& params = problem.params;
  if (problem.out_count == 0) return {};
  Choice choice;
  AXLUT_RETURN_IF_GPU_ERROR(ChooseMethod(table, variant, problem, &choice));
  Gpu* const gpu = table.gpu();
  const int64_t blocks = BlocksOnDevice(gpu->properties(), choice);
  AXLUT_RETURN_IF_GPU_ERROR(SetGrid(choice, blocks, &problem));
  params.table = choice.table;
  params.width_a = table.width_a();
  params.width_b = table.width_b();
  params.table_rows = 1u << table.width_b();
  params.table_columns = 1u << table.width_a();
  if (choice.entry_bytes != 0) {
    params.table_pitch = SharedTablePitch(params.table_columns, choice.entry_bytes);
  }
  if (params.grid.splits.divisor > 1 && !params.call.add_to_out) {
    const size_t bytes =
        problem.out_count * (call.sum == GpuSum::kInt64 ? sizeof(int64_t) : sizeof(int32_t));
    AXLUT_RETURN_IF_GPU_ERROR(gpu->Fill(call.out, 0, bytes, call.stream));
  }
  GpuLaunch launch;
  // Blocks with a table in shared memory stay and take one tile after the other.
  launch.grid_x = choice.entry_bytes == 0
                      ? params.grid.items
                      : static_cast<uint32_t>(std::min<int64_t>(params.grid.items, blocks));
  launch.threads = choice.method.threads;
  launch.shared_bytes = choice.shared_bytes;
  AXLUT_RETURN_IF_GPU_ERROR(LaunchKernel(gpu, choice.method.kernels[static_cast<int>(problem.role)],
                                         launch, call.stream, params));
  const bool has_sums = call.sum == GpuSum::kFloat && params.grid.splits.divisor > 1;
  return has_sums ? LaunchSumsToFloatInPlace(gpu, call, problem) : GpuStatus();
}

}  // namespace

bool SharedLookupFits(const GpuTable& table) { return SharedEntryBytes(table) != 0; }

GpuStatus LaunchLookupConv2d(const Conv2dLaunch& launch) {
  return LaunchLookup(*launch.table, launch.variant, *launch.call, MakeLookupProblem(launch));
}

GpuStatus LaunchLookupMatmul(const MatmulLaunch& launch) {
  return LaunchLookup(*launch.table, launch.variant, *launch.call, MakeLookupProblem(launch));
}

}  // namespace axlut
