// SPDX-License-Identifier: MIT
#include "runtime/commands/emulate_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "runtime/nn/elementwise_int8.h"

namespace axlut {
namespace {

std::vector<int64_t> WithoutOnes(const std::vector<int64_t>& shape) {
  std::vector<int64_t> result;
  for (size_t d = 1; d < shape.size(); ++d) {
    if (shape[d] != 1) result.push_back(shape[d]);
  }
  return result;
}

NpyType NpyTypeOfTensor(const Tensor& tensor) {
  switch (tensor.type) {
    case ElementType::kInt8:
      return NpyType::kInt8;
    case ElementType::kUint8:
      return NpyType::kUint8;
    case ElementType::kInt32:
      return NpyType::kInt32;
    case ElementType::kInt64:
      return NpyType::kInt64;
    default:
      return NpyType::kFloat32;
  }
}

// Element i of an array as a real number.
Result<float> RealAt(const NpyArray& array, int64_t i) {
  float value = 0;
  if (array.type == NpyType::kUint8) {
    value = array.Data<uint8_t>()[i];
  } else if (array.type == NpyType::kFloat32) {
    value = array.Data<float>()[i];
  } else {
    value = static_cast<float>(array.Data<double>()[i]);
  }
  if (!std::isfinite(value)) {
    return Error::InvalidInput(
        fmt::format("element {} of the data must be finite, found {}", i, value));
  }
  return value;
}

template <typename T>
void CopyIntegers(const NpyArray& array, std::vector<int64_t>& values) {
  const T* data = array.Data<T>();
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int64_t>(data[i]);
}

Result<std::vector<int64_t>> Integers(const NpyArray& array) {
  std::vector<int64_t> values(array.ElementCount());
  switch (array.type) {
    case NpyType::kInt8:
      CopyIntegers<int8_t>(array, values);
      break;
    case NpyType::kUint8:
      CopyIntegers<uint8_t>(array, values);
      break;
    case NpyType::kInt16:
      CopyIntegers<int16_t>(array, values);
      break;
    case NpyType::kUint16:
      CopyIntegers<uint16_t>(array, values);
      break;
    case NpyType::kInt32:
      CopyIntegers<int32_t>(array, values);
      break;
    case NpyType::kUint32:
      CopyIntegers<uint32_t>(array, values);
      break;
    case NpyType::kInt64:
      CopyIntegers<int64_t>(array, values);
      break;
    case NpyType::kUint64:
      CopyIntegers<uint64_t>(array, values);
      break;
    case NpyType::kFloat32:
    case NpyType::kFloat64:
      return Error::InvalidInput(
          fmt::format("labels must be integers, found {}", NpyTypeName(array.type)));
  }
  return values;
}

template <typename T>
int64_t CountCorrectOf(const uint8_t* outputs, int64_t classes, const std::vector<int64_t>& labels,
                       int64_t samples) {
  int64_t correct = 0;
  const T* scores = reinterpret_cast<const T*>(outputs);
  for (int64_t i = 0; i < samples; ++i, scores += classes) {
    correct += std::max_element(scores, scores + classes) - scores == labels[i];
  }
  return correct;
}

}  // namespace

Result<Samples> PrepareSamples(const NpyArray& array, const Tensor& input, int64_t limit) {
  if (array.shape.empty() || WithoutOnes(array.shape) != WithoutOnes(input.shape)) {
    std::vector<int64_t> expected = input.shape;
    return Error::InvalidInput(
        fmt::format("the data must have shape Nx{} (the model's input '{}'), found {}",
                    ShapeToString({expected.begin() + 1, expected.end()}), input.name,
                    ShapeToString(array.shape)));
  }
  Samples samples;
  samples.count = limit > 0 ? std::min(limit, array.shape[0]) : array.shape[0];
  const int64_t elements = samples.count * input.ElementCount();
  samples.bytes.resize(samples.count * input.ByteCount());
  const bool is_real = array.type == NpyType::kUint8 || array.type == NpyType::kFloat32 ||
                       array.type == NpyType::kFloat64;
  if (array.type == NpyTypeOfTensor(input) && !(input.type == ElementType::kFloat32)) {
    std::copy_n(array.bytes.begin(), samples.bytes.size(), samples.bytes.begin());
    return samples;
  }
  if (!is_real) {
    return Error::Unsupported(fmt::format(
        "the data must be {} (codes) or float32, float64 or uint8 (real numbers), found {}",
        ToString(input.type), NpyTypeName(array.type)));
  }
  const CodeRange range = input.type == ElementType::kUint8 ? CodeRange{0, 255} : CodeRange{};
  for (int64_t i = 0; i < elements; ++i) {
    AXLUT_ASSIGN_OR_RETURN(const float value, RealAt(array, i));
    if (input.type == ElementType::kFloat32) {
      std::memcpy(&samples.bytes[i * sizeof(float)], &value, sizeof(float));
    } else {
      samples.bytes[i] =
          static_cast<uint8_t>(QuantizeReal(value, input.scale(), input.zero_point(), range));
    }
  }
  return samples;
}

Result<std::vector<int64_t>> PrepareLabels(const NpyArray& array, int64_t samples_in_file,
                                           int64_t classes) {
  if (array.ElementCount() != samples_in_file ||
      (array.shape.size() != 1 && !(array.shape.size() == 2 && array.shape[1] == 1))) {
    return Error::InvalidInput(
        fmt::format("the labels must have shape {}, one for each sample, found {}", samples_in_file,
                    ShapeToString(array.shape)));
  }
  AXLUT_ASSIGN_OR_RETURN(std::vector<int64_t> labels, Integers(array));
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || labels[i] >= classes) {
      return Error::InvalidInput(
          fmt::format("label {} must be a class of 0..{}, found {}", i, classes - 1, labels[i]));
    }
  }
  return labels;
}

int64_t CountCorrect(const Tensor& output, const std::vector<uint8_t>& outputs,
                     const std::vector<int64_t>& labels, int64_t samples) {
  const int64_t classes = output.ElementCount();
  if (output.type == ElementType::kFloat32) {
    return CountCorrectOf<float>(outputs.data(), classes, labels, samples);
  }
  if (output.type == ElementType::kUint8) {
    return CountCorrectOf<uint8_t>(outputs.data(), classes, labels, samples);
  }
  return CountCorrectOf<int8_t>(outputs.data(), classes, labels, samples);
}

NpyArray OutputArray(const Tensor& output, std::vector<uint8_t> outputs, int64_t samples) {
  NpyArray array;
  array.type = NpyTypeOfTensor(output);
  array.shape = output.shape;
  if (!array.shape.empty() && array.shape[0] == 1) array.shape.erase(array.shape.begin());
  array.shape.insert(array.shape.begin(), samples);
  array.bytes = std::move(outputs);
  return array;
}

}  // namespace axlut
