// SPDX-License-Identifier: MIT
#include "kernels/cpu/lookup/lookup_store.h"

#include <algorithm>

#include "kernels/cpu/blocking.h"
#include "kernels/cpu/lookup/lookup.h"

#if defined(__x86_64__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC bug 105593
#include <immintrin.h>

#include "kernels/cpu/transpose_avx512.h"
#endif

namespace axlut {

template <typename Acc>
void StoreTransposed(const LookupStore<Acc>& s) {
  using Wrapping = std::make_unsigned_t<Acc>;
  for (int64_t p = 0; p < s.positions; ++p) {
    const uint32_t* sums = s.sums + (s.splits_lanes ? SplitSlot(p) : p);
    for (int64_t o = 0; o < s.channels; ++o) {
      Wrapping offset = s.offsets[o];
      if (s.factors != nullptr) offset += static_cast<Wrapping>(s.factors[o]) * s.code_sums[o][p];
      Store(sums[o * s.sum_stride], s.scale, offset, s.add, s.out + p * s.out_stride + o);
    }
  }
}

template <typename Acc>
void StoreRows(const LookupStore<Acc>& s) {
  using Wrapping = std::make_unsigned_t<Acc>;
  for (int64_t p = 0; p < s.positions; ++p) {
    const uint32_t* sums = s.sums + p * s.sum_stride;
    for (int64_t o = 0; o < s.channels; ++o) {
      Wrapping offset = s.offsets[o];
      if (s.factors != nullptr) offset += static_cast<Wrapping>(s.factors[o]) * s.row_sums[p];
      Store(sums[o], s.scale, offset, s.add, s.out + p * s.out_stride + o);
    }
  }
}

template void StoreTransposed(const LookupStore<int32_t>&);
template void StoreTransposed(const LookupStore<int64_t>&);
template void StoreRows(const LookupStore<int32_t>&);
template void StoreRows(const LookupStore<int64_t>&);

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx2")

namespace {

inline __attribute__((always_inline)) __m256i Load8(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

}  // namespace

void StoreRowsAvx2(const LookupStore<int32_t>& s) {
  const __m256i scale = _mm256_set1_epi32(static_cast<int32_t>(s.scale));
  for (int64_t p = 0; p < s.positions; ++p) {
    const uint32_t* sums = s.sums + p * s.sum_stride;
    int32_t* out = s.out + p * s.out_stride;
    const uint32_t code_sum = s.factors == nullptr ? 0 : s.row_sums[p];
    const __m256i code_sums = _mm256_set1_epi32(static_cast<int32_t>(code_sum));
    int64_t o = 0;
    for (; o + 8 <= s.channels; o += 8) {
      __m256i value = Load8(sums + o);
      if (s.scale != 1) value = _mm256_mullo_epi32(value, scale);
      value = _mm256_add_epi32(value, Load8(s.offsets + o));
      if (s.factors != nullptr) {
        value = _mm256_add_epi32(value, _mm256_mullo_epi32(Load8(s.factors + o), code_sums));
      }
      if (s.add) value = _mm256_add_epi32(value, Load8(out + o));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + o), value);
    }
    for (; o < s.channels; ++o) {
      const uint32_t factor = s.factors == nullptr ? 0 : static_cast<uint32_t>(s.factors[o]);
      Store(sums[o], s.scale, s.offsets[o] + factor * code_sum, s.add, out + o);
    }
  }
}

#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")

namespace {

#define AXLUT_INLINE inline __attribute__((always_inline))

AXLUT_INLINE void StoreMasked(__m512i value, __mmask16 lanes, bool add, int32_t* out) {
  if (add) value = _mm512_add_epi32(value, _mm512_maskz_loadu_epi32(lanes, out));
  _mm512_mask_storeu_epi32(out, lanes, value);
}

}  // namespace

void StoreTransposedAvx512(const LookupStore<int32_t>& s) {
  const auto lanes = static_cast<__mmask16>((1u << s.channels) - 1);
  const __m512i offsets = _mm512_maskz_loadu_epi32(lanes, s.offsets);
  const __m512i scale = _mm512_set1_epi32(static_cast<int32_t>(s.scale));
  const __m512i evens =
      _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  // Slots [slot, slot + 16) hold every other one of 32 positions.
  for (int64_t slot = 0; slot < RoundUp(s.positions, 64); slot += 16) {
    const int64_t odd = slot / 32 % 2;
    const int64_t first = slot / 64 * 64 + slot % 32 * 2;
    const int64_t count = std::min<int64_t>(16, (s.positions - first - odd + 1) / 2);
    if (count <= 0) continue;
    const __m512i places = _mm512_add_epi32(evens, _mm512_set1_epi32(static_cast<int32_t>(odd)));
    __m512i rows[16];
#pragma GCC unroll 16
    for (int o = 0; o < 16; ++o) {
      rows[o] = _mm512_setzero_si512();
      if (o >= s.channels) continue;
      rows[o] = _mm512_load_si512(s.sums + o * s.sum_stride + slot);
      if (s.scale != 1) rows[o] = _mm512_mullo_epi32(rows[o], scale);
      if (s.factors != nullptr) {
        const uint32_t* code_sums = s.code_sums[o] + first;
        const __m512i sums = _mm512_permutex2var_epi32(_mm512_loadu_si512(code_sums), places,
                                                       _mm512_loadu_si512(code_sums + 16));
        rows[o] =
            _mm512_add_epi32(rows[o], _mm512_mullo_epi32(sums, _mm512_set1_epi32(s.factors[o])));
      }
    }
    Transpose16x16(rows);
    int32_t* out = s.out + (first + odd) * s.out_stride;
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
      if (i >= count) break;
      StoreMasked(_mm512_add_epi32(rows[i], offsets), lanes, s.add, out + 2 * i * s.out_stride);
    }
  }
}

void StoreRowsAvx512(const LookupStore<int32_t>& s) {
  const __m512i scale = _mm512_set1_epi32(static_cast<int32_t>(s.scale));
  for (int64_t p = 0; p < s.positions; ++p) {
    const uint32_t* sums = s.sums + p * s.sum_stride;
    int32_t* out = s.out + p * s.out_stride;
    for (int64_t o = 0; o < s.channels; o += 16) {
      const int64_t left = s.channels - o;
      const auto lanes = static_cast<__mmask16>(left >= 16 ? 0xffff : (1 << left) - 1);
      __m512i value = _mm512_load_si512(sums + o);
      if (s.scale != 1) value = _mm512_mullo_epi32(value, scale);
      value = _mm512_add_epi32(value, _mm512_maskz_loadu_epi32(lanes, s.offsets + o));
      if (s.factors != nullptr) {
        const __m512i code_sum = _mm512_set1_epi32(static_cast<int32_t>(s.row_sums[p]));
        value = _mm512_add_epi32(
            value, _mm512_mullo_epi32(_mm512_maskz_loadu_epi32(lanes, s.factors + o), code_sum));
      }
      StoreMasked(value, lanes, s.add, out + o);
    }
  }
}

#undef AXLUT_INLINE

#pragma GCC pop_options
#pragma GCC diagnostic pop

#else

// Never called: other processors report KernelIsa::kScalar.
void StoreRowsAvx2(const LookupStore<int32_t>& store) { StoreRows(store); }
void StoreTransposedAvx512(const LookupStore<int32_t>& store) { StoreTransposed(store); }
void StoreRowsAvx512(const LookupStore<int32_t>& store) { StoreRows(store); }

#endif

}  // namespace axlut
