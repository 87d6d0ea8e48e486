// SPDX-License-Identifier: MIT
// The int8 matrix product in plain C++.
#pragma once

#include "kernels/cpu/terms/gemm_int8.h"

namespace axlut {

extern const GemmMethod kGemmInt8Portable;

// GemmMethod::map and ::sum for elements of type T, which other methods use as well.
template <typename T>
void MapCodesPortable(const uint8_t* table, const CodeSpan& span, void* out) {
  auto* element = static_cast<T*>(out);
  const uint8_t* codes = span.codes;
  for (int64_t i = 0; i < span.count; ++i, codes += span.stride, element += span.channels) {
    for (int64_t c = 0; c < span.channels; ++c) element[c] = table[codes[c]];
  }
}

template <typename T>
void SumElementsPortable(const void* elements, int64_t count, int64_t channels, int64_t stride,
                         uint32_t* sums) {
  const auto* pixel = static_cast<const uint8_t*>(elements);
  for (int64_t i = 0; i < count; ++i, pixel += stride) {
    const auto* element = reinterpret_cast<const T*>(pixel);
    uint32_t sum = 0;
    for (int64_t c = 0; c < channels; ++c) sum += element[c];
    sums[i] = sum;
  }
}

// Writes `channels` channels of one position; sums[i] is that of products of first_channel + i.
void StoreEpilogue(const GemmWork& work, int64_t position, int64_t first_channel, int64_t channels,
                   const int32_t* sums);

}  // namespace axlut
