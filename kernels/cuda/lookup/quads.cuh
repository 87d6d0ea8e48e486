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

// Where a tile's operands come from. One() and Four() read; Padding() is what taps outside an input
// read; Nothing() is for places of the tile that no product uses, and adds nothing to code sums.
template <typename Operand>
struct Source;

template <>
struct Source<uint8_t> {
  OperandReader reader;

  __device__ Source(const GpuOperand& operand, const GpuRange& range) : reader(operand, range) {}

  __device__ uint32_t One(uint32_t index) const { return reader.Pattern(index); }
  __device__ Quad<uint8_t> Four(uint32_t index) const {
    if (reader.is_float) {
      const float4 values =
          *reinterpret_cast<const float4*>(static_cast<const float*>(reader.data) + index);
      return MakeQuad(
          QuantizeToPattern(reader.range, values.x), QuantizeToPattern(reader.range, values.y),
          QuantizeToPattern(reader.range, values.z), QuantizeToPattern(reader.range, values.w));
    }
    const uint8_t* bytes = static_cast<const uint8_t*>(reader.data) + index;
    return {*reinterpret_cast<const uint32_t*>(bytes) & reader.Mask() * 0x01010101u};
  }
  __device__ uint32_t Padding() const { return reader.ZeroPattern(); }
  __device__ uint32_t Nothing() const { return static_cast<uint32_t>(reader.range.code_flip); }
};

template <>
struct Source<float> {
  const float* data;

  __device__ Source(const GpuOperand& operand, const GpuRange&)
      : data(static_cast<const float*>(operand.data)) {}

  __device__ float One(uint32_t index) const { return data[index]; }
  __device__ Quad<float> Four(uint32_t index) const {
    return *reinterpret_cast<const Quad<float>*>(data + index);
  }
  __device__ float Padding() const { return 0.0f; }
  __device__ float Nothing() const { return 0.0f; }
};

// Four times the same.
template <typename Value>
__device__ inline auto Repeat(Value value) {
  return MakeQuad(value, value, value, value);
}

// The code sum of a quad's patterns.
__device__ inline uint32_t CodeSum(const Quad<uint8_t>& quad, int32_t code_flip, uint32_t sum) {
  return __dp4a(quad.bits ^ static_cast<uint32_t>(code_flip) * 0x01010101u, 0x01010101u, sum);
}

}  // namespace axlut::AXLUT_GPU_TARGET
