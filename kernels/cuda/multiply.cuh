// SPDX-License-Identifier: MIT
// The multiplications that tile loops are templates of: one product of two bit patterns each, by
// whatever way the table is read.
//   Operand  what is multiplied, as tiles hold it
//   Product  type of what operator() returns: T[a][b] less LookupParams::min_product. Converted to
//            an accumulator (uint32_t or uint64_t) it keeps its value modulo 2^32 or 2^64.
//   Sum      an accumulator that holds the sum of 2^14 products
// Patterns have 8 bits; those above the operands' widths do not matter.
#pragma once

#include "kernels/cuda/call_params.h"
#include "kernels/cuda/cuda.cuh"

namespace axlut::AXLUT_GPU_TARGET {

struct Texture16Multiply {
  using Operand = uint8_t;
  using Product = uint32_t;
  using Sum = uint32_t;
  unsigned long long texture;

  __device__ explicit Texture16Multiply(const LookupParams& table) : texture(table.texture) {}
  __device__ Product operator()(uint32_t a, uint32_t b) const {
    return FetchU16(texture, static_cast<int32_t>(a << 8 | b));
  }
};

// For tables whose products span more than 16 bits.
struct Texture32Multiply {
  using Operand = uint8_t;
  using Product = int32_t;
  using Sum = uint64_t;
  unsigned long long texture;

  __device__ explicit Texture32Multiply(const LookupParams& table) : texture(table.texture) {}
  __device__ Product operator()(uint32_t a, uint32_t b) const {
    return FetchI32(texture, static_cast<int32_t>(a << 8 | b));
  }
};

// Through the L1 cache. Reads the transposed table: threads that share b, the weight, share a row
// of 512 bytes.
struct L1Transposed16Multiply {
  using Operand = uint8_t;
  using Product = uint32_t;
  using Sum = uint32_t;
  const uint16_t* entries;  // (b << 8) | a

  __device__ explicit L1Transposed16Multiply(const LookupParams& table)
      : entries(static_cast<const uint16_t*>(table.entries)) {}
  __device__ Product operator()(uint32_t a, uint32_t b) const {
    return LoadReadOnly(entries + (b << 8 | a));
  }
};

// The same for threads that share a.
struct L1Plain16Multiply {
  using Operand = uint8_t;
  using Product = uint32_t;
  using Sum = uint32_t;
  const uint16_t* entries;  // (a << 8) | b

  __device__ explicit L1Plain16Multiply(const LookupParams& table)
      : entries(static_cast<const uint16_t*>(table.entries)) {}
  __device__ Product operator()(uint32_t a, uint32_t b) const {
    return LoadReadOnly(entries + (a << 8 | b));
  }
};

}  // namespace axlut::AXLUT_GPU_TARGET
