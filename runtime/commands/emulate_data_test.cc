// SPDX-License-Identifier: MIT
#include "runtime/commands/emulate_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace axlut {
namespace {

Tensor InputTensor() {
  Tensor tensor;
  tensor.name = "x";
  tensor.type = ElementType::kInt8;
  tensor.shape = {1, 2, 1};
  tensor.scales = {0.5F};
  tensor.zero_points = {-3};
  return tensor;
}

template <typename T>
NpyArray Array(std::vector<int64_t> shape, const std::vector<T>& values) {
  NpyArray array;
  array.type = NpyTypeOf<T>();
  array.shape = std::move(shape);
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(values.data());
  array.bytes.assign(bytes, bytes + values.size() * sizeof(T));
  return array;
}

std::vector<int8_t> Codes(const Result<Samples>& samples) {
  return {samples->bytes.begin(), samples->bytes.end()};
}

TEST(EmulateData, CodesOfTheInputsTypeAreTakenAsTheyAre) {
  const auto samples =
      PrepareSamples(Array<int8_t>({2, 2, 1}, {-128, 127, 0, 5}), InputTensor(), 0);
  EXPECT_EQ(Codes(samples), (std::vector<int8_t>{-128, 127, 0, 5}));
  EXPECT_EQ(samples->count, 2);
}

TEST(EmulateData, RealNumbersAreQuantizedWithTiesAwayFromZeroAndClamped) {
  const auto samples =
      PrepareSamples(Array<float>({3, 2}, {0.25F, -0.25F, 1e30F, -1e30F, 0, 10}), InputTensor(), 0);
  EXPECT_EQ(Codes(samples), (std::vector<int8_t>{-2, -4, 127, -128, -3, 17}));
  const auto pixels = PrepareSamples(Array<uint8_t>({1, 2}, {1, 255}), InputTensor(), 0);
  EXPECT_EQ(Codes(pixels), (std::vector<int8_t>{-1, 127}));
}

TEST(EmulateData, TheLimitKeepsTheFirstSamples) {
  const auto samples = PrepareSamples(Array<int8_t>({3, 2}, {1, 2, 3, 4, 5, 6}), InputTensor(), 2);
  EXPECT_EQ(Codes(samples), (std::vector<int8_t>{1, 2, 3, 4}));
}

TEST(EmulateData, RefusesWrongShapesTypesAndNumbers) {
  EXPECT_FALSE(PrepareSamples(Array<int8_t>({2, 3}, {1, 2, 3, 4, 5, 6}), InputTensor(), 0).ok());
  const auto wide = PrepareSamples(Array<int32_t>({1, 2}, {1, 2}), InputTensor(), 0);
  ASSERT_FALSE(wide.ok());
  EXPECT_EQ(wide.error().code(), ErrorCode::kUnsupported);
  const auto nan = PrepareSamples(Array<float>({1, 2}, {1, NAN}), InputTensor(), 0);
  ASSERT_FALSE(nan.ok());
  EXPECT_EQ(nan.error().message(), "element 1 of the data must be finite, found nan");
}

TEST(EmulateData, LabelsAreClassesOfAllSamples) {
  EXPECT_EQ(*PrepareLabels(Array<uint8_t>({3}, {0, 9, 5}), 3, 10), (std::vector<int64_t>{0, 9, 5}));
  EXPECT_EQ(*PrepareLabels(Array<int64_t>({2, 1}, {1, 2}), 2, 10), (std::vector<int64_t>{1, 2}));
  EXPECT_FALSE(PrepareLabels(Array<int64_t>({2}, {1, 2}), 3, 10).ok());
  EXPECT_FALSE(PrepareLabels(Array<int64_t>({2}, {1, 10}), 2, 10).ok());
  EXPECT_FALSE(PrepareLabels(Array<int64_t>({2}, {1, -1}), 2, 10).ok());
  EXPECT_FALSE(PrepareLabels(Array<float>({2}, {1, 2}), 2, 10).ok());
}

TEST(EmulateData, OfEqualOutputsTheFirstCounts) {
  Tensor output = InputTensor();
  output.shape = {1, 3};
  const std::vector<uint8_t> outputs = {0x80, 5, 5, 0x80, 0x80, 0xFF};  // -128 5 5; -128 -128 -1
  EXPECT_EQ(CountCorrect(output, outputs, {1, 2}, 2), 2);
  EXPECT_EQ(CountCorrect(output, outputs, {2, 2}, 2), 1);
}

}  // namespace
}  // namespace axlut
