// SPDX-License-Identifier: MIT
#include <string>

#include "kernels/ceil_div.h"
#include "kernels/cuda/launches.h"
#include "kernels/cuda/make_params.h"
#include "kernels/cuda/tensor/tensor_layout.h"
#include "kernels/cuda/tensor/tensor_params.h"
#include "kernels/cuda/tensor/tensor_shared.h"

namespace axlut {
namespace {

// One layer on its way through the three kernels.
class TensorLaunch {
 public:
  TensorLaunch(const GpuTable& table, const GpuCall& call, bool add_to_out,
               const TensorLayout& layout)
      : table_(table),
        call_(MakeCallParams(call, add_to_out)),
        stream_(call.stream),
        layout_(layout),
        workspace_(static_cast<uint8_t*>(call.workspace)) {}

  GpuStatus Run() const {
    AXLUT_RETURN_IF_GPU_ERROR(CheckSizes());
    AXLUT_RETURN_IF_GPU_ERROR(MapOperand(layout_.a, false));
    AXLUT_RETURN_IF_GPU_ERROR(MapOperand(layout_.b, true));
    return Multiply();
  }

 private:
  // Kernels count the bytes of a row and of a pixel in 32 bits.
  GpuStatus CheckSizes() const {
    constexpr int64_t kMost = int64_t{1} << 30;
    if (layout_.b.RowBytes() > kMost) {
      return {GpuErrorKind::kUnsupported,
              "tensor cores take up to 2^30 products per output; found " +
                  std::to_string(layout_.b.RowBytes())};
    }
    if (layout_.a.zero_rows * layout_.a.RowBytes() > kMost) {
      return {GpuErrorKind::kUnsupported,
              "tensor cores take up to 2^30 bytes of channels; found " +
                  std::to_string(layout_.a.zero_rows * layout_.a.RowBytes())};
    }
    return {};
  }

  uint8_t* Planes(bool is_b) const {
    return workspace_ + (is_b ? layout_.OffsetOfPlanesB() : layout_.OffsetOfPlanesA());
  }
  TensorSums* Sums(bool is_b) const {
    return reinterpret_cast<TensorSums*>(
        workspace_ + (is_b ? layout_.OffsetOfSumsB() : layout_.OffsetOfSumsA()));
  }

  GpuStatus MapOperand(const TensorOperandLayout& operand, bool is_b) const {
    const GpuPlanTerms& terms = table_.terms();
    TensorMapParams params;
    params.call = call_;
    params.is_b = is_b;
    params.terms = terms.count;
    params.maps = is_b ? reinterpret_cast<const uint8_t*>(terms.v) : terms.u;
    params.offsets = is_b ? terms.offset_b : terms.offset_a;
    params.segments = static_cast<int32_t>(operand.segments);
    params.segment_depth = static_cast<int32_t>(operand.segment_depth);
    params.segment_bytes = static_cast<int32_t>(operand.segment_bytes);
    params.zero_rows = operand.zero_rows;
    params.planes = Planes(is_b);
    params.plane_bytes = operand.PlaneBytes();
    params.sums = Sums(is_b);
    params.slice_rows = operand.matrices * operand.rows;

    GpuLaunch launch;
    launch.threads = kTensorMapThreads;
    launch.shared_bytes = sizeof(TensorMapShared);
    launch.grid_y = static_cast<uint32_t>(CeilDiv(terms.count, kTensorMapTerms));
    if (operand.k_is_outer) {
      params.rows = operand.rows;
      params.slice_words = static_cast<int32_t>(operand.SliceWords());
      launch.grid_x =
          static_cast<uint32_t>(operand.matrices * CeilDiv(operand.rows, kTensorMapColumnLanes));
      launch.grid_z = static_cast<uint32_t>(operand.Slices());
      return LaunchKernel(table_.gpu(), GpuKernelId::kTensorMapColumns, launch, stream_, params);
    }
    params.rows = operand.matrices * operand.rows;
    const GpuOperand& source = is_b ? call_.b : call_.a;
    params.reads_words = !source.is_float && operand.segment_depth % 4 == 0 &&
                         reinterpret_cast<uintptr_t>(source.data) % 4 == 0;
    while (params.lanes > 1 && params.lanes / 2 * 4 >= operand.segment_bytes) params.lanes /= 2;
    launch.grid_x = static_cast<uint32_t>(
        CeilDiv(params.rows + params.zero_rows, kTensorMapThreads / params.lanes));
    return LaunchKernel(table_.gpu(), GpuKernelId::kTensorMapRows, launch, stream_, params);
  }

  GpuStatus Multiply() const {
    TensorGemmParams params = layout_.gemm;
    params.call = call_;
    params.terms = table_.terms().count;
    params.scales = table_.terms().scales;
    params.a = Planes(false);
    params.b = Planes(true);
    params.a_plane_bytes = layout_.a.PlaneBytes();
    params.b_plane_bytes = layout_.b.PlaneBytes();
    params.a_sums = Sums(false);
    params.b_sums = Sums(true);
    params.a_slices = static_cast<int32_t>(layout_.a.Slices());
    params.b_slices = static_cast<int32_t>(layout_.b.Slices());
    params.a_slice_rows = layout_.a.matrices * layout_.a.rows;
    params.b_slice_rows = layout_.b.matrices * layout_.b.rows;
    params.row_tiles = static_cast<int32_t>(CeilDiv(params.rows, kTensorRows));
    params.column_tiles = static_cast<int32_t>(CeilDiv(params.columns, kTensorColumns));

    GpuLaunch launch;
    launch.grid_x =
        static_cast<uint32_t>(int64_t{params.row_tiles} * params.column_tiles * layout_.matrices);
    launch.threads = kTensorThreads;
    launch.shared_bytes = sizeof(TensorShared);
    return LaunchKernel(table_.gpu(), Kernel(), launch, stream_, params);
  }

  GpuKernelId Kernel() const {
    const bool has_large_mma = table_.gpu()->properties().capability >= 80;
    if (layout_.unit == 16) {
      return has_large_mma ? GpuKernelId::kTensorGemm80Unit16 : GpuKernelId::kTensorGemm75Unit16;
    }
    return has_large_mma ? GpuKernelId::kTensorGemm80Unit4 : GpuKernelId::kTensorGemm75Unit4;
  }

  const GpuTable& table_;
  CallParams call_;
  GpuStream stream_;
  const TensorLayout& layout_;
  uint8_t* workspace_;
};

}  // namespace

size_t TensorWorkspaceBytes(const GpuTable& table, const Conv2dShape& shape) {
  return TensorLayout(shape, table.terms().count).WorkspaceBytes();
}

size_t TensorWorkspaceBytes(const GpuTable& table, const MatmulShape& shape) {
  return TensorLayout(shape, table.terms().count).WorkspaceBytes();
}

GpuStatus LaunchTensorConv2d(const Conv2dLaunch& launch) {
  const TensorLayout layout(launch.shape, launch.table->terms().count);
  return TensorLaunch(*launch.table, *launch.call, launch.add_to_out, layout).Run();
}

GpuStatus LaunchTensorMatmul(const MatmulLaunch& launch) {
  const TensorLayout layout(launch.shape, launch.table->terms().count);
  return TensorLaunch(*launch.table, *launch.call, launch.add_to_out, layout).Run();
}

}  // namespace axlut
