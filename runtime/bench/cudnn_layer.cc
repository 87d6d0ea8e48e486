// SPDX-License-Identifier: MIT
// Written against the documentation of cuDNN 9; the machines that build AxLUT have no GPU, so it
// has never run on one.
#include "runtime/bench/cudnn_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "runtime/bench/cudnn_library.h"
#include "runtime/bench/gpu_layer_run.h"
#include "runtime/bench/layer_run.h"

namespace axlut {
namespace {

struct Precision {
  const char* name;
  cudnnDataType_t operands;
  cudnnDataType_t compute;
  size_t operand_bytes;
};
constexpr Precision kFp32 = {"cudnn_fp32", CUDNN_DATA_FLOAT, CUDNN_DATA_FLOAT, sizeof(float)};
constexpr Precision kInt8 = {"cudnn_int8", CUDNN_DATA_INT8, CUDNN_DATA_INT32, sizeof(int8_t)};

class CudnnLayer {
 public:
  CudnnLayer(const CudnnLibrary& library, Gpu* gpu, const Conv2dShape& shape,
             const Precision& precision)
      : cudnn_(library), gpu_(gpu), shape_(shape), precision_(precision) {}
  ~CudnnLayer();
  CudnnLayer(const CudnnLayer&) = delete;
  CudnnLayer& operator=(const CudnnLayer&) = delete;

  // False if cuDNN has no kernel for the layer.
  Result<bool> Prepare();
  Result<double> LeastSeconds(double seconds);
  std::string name() const {
    return fmt::format("{} algorithm {}", precision_.name, static_cast<int>(algorithm_));
  }

 private:
  Result<void> Describe();
  Result<bool> ChooseAlgorithm();
  Result<void> Allocate();
  Result<void> Run() const;
  Result<void> Check(cudnnStatus_t status, const char* call) const;
  // The input with its padding, which cuDNN could only add on both sides alike.
  int PaddedHeight() const {
    return static_cast<int>((shape_.out_h - 1) * shape_.stride_h +
                            (shape_.kernel_h - 1) * shape_.dilation_h + 1);
  }
  int PaddedWidth() const {
    return static_cast<int>((shape_.out_w - 1) * shape_.stride_w +
                            (shape_.kernel_w - 1) * shape_.dilation_w + 1);
  }

  const CudnnLibrary& cudnn_;
  Gpu* gpu_;
  Conv2dShape shape_;
  Precision precision_;
  cudnnHandle_t handle_ = nullptr;
  cudnnTensorDescriptor_t input_ = nullptr, output_ = nullptr;
  cudnnFilterDescriptor_t filter_ = nullptr;
  cudnnConvolutionDescriptor_t convolution_ = nullptr;
  cudnnConvolutionFwdAlgo_t algorithm_ = CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM;
  GpuBuffer input_data_, filter_data_, output_data_, workspace_;
  GpuStream stream_ = nullptr;
  GpuEvent begin_ = nullptr, end_ = nullptr;
};

CudnnLayer::~CudnnLayer() {
  if (convolution_ != nullptr) cudnn_.cudnnDestroyConvolutionDescriptor(convolution_);
  if (filter_ != nullptr) cudnn_.cudnnDestroyFilterDescriptor(filter_);
  if (output_ != nullptr) cudnn_.cudnnDestroyTensorDescriptor(output_);
  if (input_ != nullptr) cudnn_.cudnnDestroyTensorDescriptor(input_);
  if (handle_ != nullptr) cudnn_.cudnnDestroy(handle_);
  if (begin_ != nullptr) gpu_->DestroyEvent(begin_);
  if (end_ != nullptr) gpu_->DestroyEvent(end_);
  if (stream_ != nullptr) gpu_->DestroyStream(stream_);
}

Result<void> CudnnLayer::Check(cudnnStatus_t status, const char* call) const {
  if (status == CUDNN_STATUS_SUCCESS) return {};
  return Error(ErrorCode::kTool, fmt::format("{}: {}", call, cudnn_.cudnnGetErrorString(status)));
}

#define AXLUT_CUDNN(function, ...) \
  AXLUT_RETURN_IF_ERROR(Check(cudnn_.function(__VA_ARGS__), #function))

Result<void> CudnnLayer::Describe() {
  const auto number = [](int64_t value) { return static_cast<int>(value); };
  AXLUT_CUDNN(cudnnCreateTensorDescriptor, &input_);
  AXLUT_CUDNN(cudnnCreateTensorDescriptor, &output_);
  AXLUT_CUDNN(cudnnCreateFilterDescriptor, &filter_);
  AXLUT_CUDNN(cudnnCreateConvolutionDescriptor, &convolution_);
  AXLUT_CUDNN(cudnnSetTensor4dDescriptor, input_, CUDNN_TENSOR_NHWC, precision_.operands,
              number(shape_.batch), number(shape_.in_c), PaddedHeight(), PaddedWidth());
  AXLUT_CUDNN(cudnnSetTensor4dDescriptor, output_, CUDNN_TENSOR_NHWC, CUDNN_DATA_FLOAT,
              number(shape_.batch), number(shape_.out_c), number(shape_.out_h),
              number(shape_.out_w));
  AXLUT_CUDNN(cudnnSetFilter4dDescriptor, filter_, precision_.operands, CUDNN_TENSOR_NHWC,
              number(shape_.out_c), number(shape_.GroupInC()), number(shape_.kernel_h),
              number(shape_.kernel_w));
  AXLUT_CUDNN(cudnnSetConvolution2dDescriptor, convolution_, 0, 0, number(shape_.stride_h),
              number(shape_.stride_w), number(shape_.dilation_h), number(shape_.dilation_w),
              CUDNN_CROSS_CORRELATION, precision_.compute);
  AXLUT_CUDNN(cudnnSetConvolutionGroupCount, convolution_, number(shape_.groups));
  // FMA: fp32 stays fp32, without TF32. Integers have tensor cores.
  AXLUT_CUDNN(cudnnSetConvolutionMathType, convolution_,
              precision_.operands == CUDNN_DATA_FLOAT ? CUDNN_FMA_MATH : CUDNN_TENSOR_OP_MATH);
  return {};
}

Result<bool> CudnnLayer::ChooseAlgorithm() {
  cudnnConvolutionFwdAlgoPerf_t candidates[CUDNN_CONVOLUTION_FWD_ALGO_COUNT];
  int count = 0;
  const cudnnStatus_t status = cudnn_.cudnnGetConvolutionForwardAlgorithm_v7(
      handle_, input_, filter_, convolution_, output_, CUDNN_CONVOLUTION_FWD_ALGO_COUNT, &count,
      candidates);
  if (status == CUDNN_STATUS_NOT_SUPPORTED || count == 0) return false;
  AXLUT_RETURN_IF_ERROR(Check(status, "cudnnGetConvolutionForwardAlgorithm_v7"));
  const auto* const best = std::find_if(candidates, candidates + count, [](const auto& candidate) {
    return candidate.status == CUDNN_STATUS_SUCCESS;
  });
  if (best == candidates + count) return false;
  algorithm_ = best->algo;
  return true;
}

Result<void> CudnnLayer::Allocate() {
  size_t workspace_bytes = 0;
  AXLUT_CUDNN(cudnnGetConvolutionForwardWorkspaceSize, handle_, input_, filter_, convolution_,
              output_, algorithm_, &workspace_bytes);
  const size_t inputs = static_cast<size_t>(shape_.batch * shape_.in_c) * PaddedHeight() *
                        static_cast<size_t>(PaddedWidth());
  const auto weights = static_cast<size_t>(shape_.FilterCount());
  const auto outputs = static_cast<size_t>(shape_.OutputCount());
  const auto allocate = [&](size_t bytes, const char* purpose, GpuBuffer* buffer) {
    return ToResult(GpuBuffer::Create(gpu_, bytes, purpose, buffer));
  };
  AXLUT_RETURN_IF_ERROR(allocate(inputs * precision_.operand_bytes, "cuDNN input", &input_data_));
  AXLUT_RETURN_IF_ERROR(
      allocate(weights * precision_.operand_bytes, "cuDNN filter", &filter_data_));
  AXLUT_RETURN_IF_ERROR(allocate(outputs * sizeof(float), "cuDNN output", &output_data_));
  AXLUT_RETURN_IF_ERROR(allocate(workspace_bytes, "cuDNN workspace", &workspace_));
  // 0x3f in every byte: 0.747 as a float, 63 as an int8; neither zero nor subnormal.
  for (const GpuBuffer* buffer : {&input_data_, &filter_data_}) {
    AXLUT_RETURN_IF_ERROR(ToResult(gpu_->Fill(buffer->data(), 0x3f, buffer->bytes(), stream_)));
  }
  return {};
}

Result<bool> CudnnLayer::Prepare() {
  AXLUT_RETURN_IF_ERROR(ToResult(gpu_->CreateStream(&stream_)));
  AXLUT_RETURN_IF_ERROR(ToResult(gpu_->CreateEvent(&begin_)));
  AXLUT_RETURN_IF_ERROR(ToResult(gpu_->CreateEvent(&end_)));
  AXLUT_CUDNN(cudnnCreate, &handle_);
  AXLUT_CUDNN(cudnnSetStream, handle_, static_cast<cudaStream_t>(stream_));
  AXLUT_RETURN_IF_ERROR(Describe());
  AXLUT_ASSIGN_OR_RETURN(const bool is_possible, ChooseAlgorithm());
  if (is_possible) AXLUT_RETURN_IF_ERROR(Allocate());
  return is_possible;
}

Result<void> CudnnLayer::Run() const {
  const float one = 1;
  const float zero = 0;
  AXLUT_CUDNN(cudnnConvolutionForward, handle_, &one, input_, input_data_.data(), filter_,
              filter_data_.data(), convolution_, algorithm_, workspace_.data(), workspace_.bytes(),
              &zero, output_, output_data_.data());
  return {};
}

#undef AXLUT_CUDNN

Result<double> CudnnLayer::LeastSeconds(double seconds) {
  constexpr int kRuns = 20;
  double least = std::numeric_limits<double>::infinity();
  const double start = WallSeconds();
  do {
    AXLUT_RETURN_IF_ERROR(ToResult(gpu_->RecordEvent(begin_, stream_)));
    for (int run = 0; run < kRuns; ++run) AXLUT_RETURN_IF_ERROR(Run());
    AXLUT_RETURN_IF_ERROR(ToResult(gpu_->RecordEvent(end_, stream_)));
    AXLUT_RETURN_IF_ERROR(ToResult(gpu_->Synchronize(stream_)));
    float milliseconds = 0;
    AXLUT_RETURN_IF_ERROR(ToResult(gpu_->ElapsedMilliseconds(begin_, end_, &milliseconds)));
    least = std::min(least, milliseconds * 1e-3 / kRuns);
  } while (WallSeconds() - start < seconds);
  return least;
}

}  // namespace

Result<std::vector<CudnnTiming>> TimeCudnn(Gpu* gpu, const Conv2dShape& shape, double seconds) {
  std::vector<CudnnTiming> timings;
  const CudnnLibrary* const library =
      gpu->properties().is_emulated ? nullptr : CudnnLibrary::Load();
  if (library == nullptr) return timings;
  for (const Precision& precision : {kFp32, kInt8}) {
    CudnnLayer layer(*library, gpu, shape, precision);
    AXLUT_ASSIGN_OR_RETURN(const bool is_possible, layer.Prepare());
    if (!is_possible) continue;
    AXLUT_ASSIGN_OR_RETURN(const double least, layer.LeastSeconds(seconds));
    timings.push_back({layer.name(), least});
  }
  return timings;
}

}  // namespace axlut
