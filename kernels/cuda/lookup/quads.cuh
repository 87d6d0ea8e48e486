// SPDX-License-Identifier: MIT
// Operands of a tile, one or four at a time: bit patterns of a table's operand, or floats.
#pragma once

#include "kernels/cuda/cuda.cuh"
#include "kernels/cuda/lookup/fast_divider.h"
#include "kernels/cuda/lookup/tile_storage.h"
#include "kernels/cuda/operands.cuh"

namespace axlut::AXLUT_GPU_TARGET {

__device__ inline uint32_t Divide(const FastDivider& divider, uint32_t number) {
  const uint64_t product = uint64_t{number} * divider.multiplier;
  const uint32_t quotient = static_cast<uint32_t>(product >> 32) >> divider.shift;
  return divider.divisor == 1 ? number : quotient;
}
// *number /= divisor; returns the remainder.
__device__ inline uint32_t DivideAndRest(const FastDivider& divider, uint32_t* number) {
  const uint32_t quotient = Divide(divider, *number);
  const uint32_t rest = *number - quotient * divider.divisor;
  *number = quotient;
  return rest;
}

// Value i of a quad as the multiplications take it; i is known at compile time.
__device__ inline uint32_t Pick(const Quad<uint8_t>& quad, int i) {
  return __byte_perm(quad.bits, 0, 0x4440 + i);
}
__device__ inline float Pick(const Quad<float>& quad, int i) { return quad.values[i]; }

// The quad from value i on.
__device__ inline Quad<uint8_t> From(const Quad<uint8_t>& quad, uint32_t i) {
  return {quad.bits >> (8 * i)};
}

template <typename Operand>
__device__ inline Operand* Values(Quad<Operand>* quads) {
  return reinterpret_cast<Operand*>(quads);
}
template <typename Operand>
__device__ inline const Operand* Values(const Quad<Operand>* quads) {
  return reinterpret_cast<const Operand*>(quads);
}

__device__ inline Quad<uint8_t> MakeQuad(uint32_t x, uint32_t y, uint32_t z, uint32_t w) {
  return {x | y << 8 | z << 16 | w << 24};
}
__device__ inline Quad<float> MakeQuad(float x, float y, float z, float w) {
  return {{x, y, z, w}};
}

// Where the four operands of a quad are: their indices, or one of these.
inline constexpr int32_t kPadding = -1;  // a tap outside the input: reads the zero point
inline constexpr int32_t kNothing = -2;  // no product uses it; adds nothing to code sums
struct Places {
  int32_t at[4];
  bool are_together;  // at[0] and the three after it can be read at once
};

__device__ inline Places PlacesTogether(uint32_t first) {
  const int32_t at = static_cast<int32_t>(first);
  return {{at, at + 1, at + 2, at + 3}, true};
}
__device__ inline Places PlacesOfAll(int32_t place) {
  return {{place, place, place, place}, false};
}
// Four neighbours in memory, `valid` of which exist.
__device__ inline Places PlacesInLine(uint32_t first, bool is_aligned, int32_t valid) {
  const auto at = [&](int32_t i) { return i < valid ? static_cast<int32_t>(first) + i : kNothing; };
  return {{at(0), at(1), at(2), at(3)}, is_aligned && valid >= 4};
}

// Reads quads of an operand.
template <typename Operand>
struct Source;

template <>
struct Source<uint8_t> {
  OperandReader reader;

  __device__ Source(const GpuOperand& operand, const GpuRange& range) : reader(operand, range) {}

  __device__ Quad<uint8_t> Read(const Places& places) const {
    return reader.is_float ? ReadFloats(places) : ReadBytes(places);
  }

 private:
  // What stands at a place without an index.
  __device__ uint32_t Constant(int32_t place) const {
    return place == kPadding ? reader.ZeroPattern() : static_cast<uint32_t>(reader.range.code_flip);
  }
  __device__ Quad<uint8_t> ReadBytes(const Places& places) const {
    const uint8_t* bytes = static_cast<const uint8_t*>(reader.data);
    if (places.are_together) {
      return {*reinterpret_cast<const uint32_t*>(bytes + places.at[0]) &
              reader.Mask() * 0x01010101u};
    }
    const auto one = [&](int32_t place) {
      return place >= 0 ? bytes[place] & reader.Mask() : Constant(place);
    };
    return MakeQuad(one(places.at[0]), one(places.at[1]), one(places.at[2]), one(places.at[3]));
  }
  __device__ Quad<uint8_t> ReadFloats(const Places& places) const {
    const float* floats = static_cast<const float*>(reader.data);
    float4 values;
    if (places.are_together) {
      values = *reinterpret_cast<const float4*>(floats + places.at[0]);
    } else {
      const auto one = [&](int32_t place) { return place >= 0 ? floats[place] : 0.0f; };
      values = {one(places.at[0]), one(places.at[1]), one(places.at[2]), one(places.at[3])};
    }
    const auto pattern = [&](int32_t place, float value) {
      return place >= 0 ? reader.quantizer.Pattern(value) : Constant(place);
    };
    return MakeQuad(pattern(places.at[0], values.x), pattern(places.at[1], values.y),
                    pattern(places.at[2], values.z), pattern(places.at[3], values.w));
  }
};

template <>
struct Source<float> {
  const float* data;

  __device__ Source(const GpuOperand& operand, const GpuRange&)
      : data(static_cast<const float*>(operand.data)) {}

  __device__ Quad<float> Read(const Places& places) const {
    const auto one = [&](int32_t place) { return place >= 0 ? data[place] : 0.0f; };
    return MakeQuad(one(places.at[0]), one(places.at[1]), one(places.at[2]), one(places.at[3]));
  }
};

// The code sum of a quad's patterns.
__device__ inline uint32_t CodeSum(const Quad<uint8_t>& quad, int32_t code_flip, uint32_t sum) {
  return __dp4a(quad.bits ^ static_cast<uint32_t>(code_flip) * 0x01010101u, 0x01010101u, sum);
}

}  // namespace axlut::AXLUT_GPU_TARGET
