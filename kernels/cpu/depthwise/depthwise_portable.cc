// SPDX-License-Identifier: MIT
// A byte of the plane takes part in up to kernel_h * kernel_w products of its channel. For up to
// four rows of the filter, the table rows of their weights are transposed so that one load brings
// four of those products:
//   expanded[code][j][i] = table[weight of tap (i, j)][code].
// At place x of the plane, the sum over j of expanded[byte at x + column offset of j][j] holds, in
// word i, what filter row i adds to the output that lies its row offset before x. Four places are
// transposed and added to the sums of the four rows' outputs. That is 3 loads instead of 9 for a
// 3x3 filter; where there are too few outputs for building the table, rows are looked up directly.
#include "kernels/cpu/depthwise/depthwise_portable.h"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/window.h"

namespace axlut {
namespace {

// GCC and Clang turn these into single instructions, with SSE2 as well as NEON.
using Words = uint32_t __attribute__((vector_size(16)));
using Halves = uint16_t __attribute__((vector_size(16)));

constexpr int64_t kUnit = 16;
constexpr int kRows = 4;     // of the filter, in one vector
constexpr int kColumns = 4;  // of the filter, in one table: 16 KiB, half of a small L1 cache
constexpr int64_t kExpandedWords = 256 * kColumns * kRows;
constexpr int64_t kMaxLanes = 8192;
// Making expanded tables, in lookups per tap.
constexpr int64_t kRowCost = 400;

struct LaneOrder {
  constexpr LaneOrder() {
    for (int i = 0; i < kUnit; ++i) lane[i] = static_cast<uint8_t>(i);
  }
  uint8_t lane[kUnit] = {};
};
constexpr LaneOrder kLaneOrder;

void Transpose4x4(Words (&rows)[4]) {
  const Words low01 = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5);
  const Words high01 = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
  const Words low23 = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
  const Words high23 = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
  rows[0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
  rows[1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
  rows[2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
  rows[3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
}

// Eight entries.
template <typename Entry>
void LoadEntries(const Entry* entries, Words* low, Words* high) {
  if constexpr (sizeof(Entry) == 4) {
    std::memcpy(low, entries, sizeof *low);
    std::memcpy(high, entries + 4, sizeof *high);
  } else {
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low half of a word comes first");
    Halves halves;
    std::memcpy(&halves, entries, sizeof halves);
    const Halves zero = {};
    *low = reinterpret_cast<Words>(__builtin_shufflevector(halves, zero, 0, 8, 1, 9, 2, 10, 3, 11));
    *high =
        reinterpret_cast<Words>(__builtin_shufflevector(halves, zero, 4, 12, 5, 13, 6, 14, 7, 15));
  }
}

// Rows first_row, first_row + step, ... of the filter, and some of its columns.
struct Band {
  int64_t first_row = 0;
  int64_t rows = 0;
  int64_t first_column = 0;
  int64_t columns = 0;
};

int64_t TapOf(const DepthwiseSum& work, const Band& band, int64_t i, int64_t j) {
  return (band.first_row + i * work.row_step) * work.kernel_w + band.first_column + j;
}

// code_factor * value of `code` and the three codes behind it.
Words CodeProducts(const DepthwiseSum& work, uint32_t code) {
  Words values = {code, code + 1, code + 2, code + 3};
  values = (values & work.code_mask) ^ work.code_flip;
  return values * static_cast<uint32_t>(work.code_factor);
}

// The factor of the codes' sum goes into the table.
template <typename Entry>
void Expand(const LookupRows& table, const DepthwiseSum& work, const Band& band, Words* expanded) {
  const Entry* rows[kColumns][kRows];
  for (int64_t j = 0; j < band.columns; ++j) {
    for (int64_t i = 0; i < kRows; ++i) {
      // Rows that do not exist repeat the last one; nothing reads their products.
      const uint8_t code = work.rows[TapOf(work, band, std::min(i, band.rows - 1), j)];
      rows[j][i] = reinterpret_cast<const Entry*>(table.data + code * table.row_bytes);
    }
  }
  for (uint32_t code = 0; code < 256; code += 8, expanded += 8 * kColumns) {
    const bool add = work.code_factor != 0;
    const Words extra_low = add ? CodeProducts(work, code) : Words{};
    const Words extra_high = add ? CodeProducts(work, code + 4) : Words{};
    for (int64_t j = 0; j < band.columns; ++j) {
      Words low[kRows];
      Words high[kRows];
      for (int64_t i = 0; i < kRows; ++i) {
        LoadEntries(rows[j][i] + code, &low[i], &high[i]);
        if (work.scale != 1) {
          low[i] *= static_cast<uint32_t>(work.scale);
          high[i] *= static_cast<uint32_t>(work.scale);
        }
        low[i] += extra_low;
        high[i] += extra_high;
      }
      Transpose4x4(low);
      Transpose4x4(high);
      for (int64_t q = 0; q < 4; ++q) {
        expanded[q * kColumns + j] = low[q];
        expanded[(q + 4) * kColumns + j] = high[q];
      }
    }
  }
}

// Adds the products of a band to the sums.
template <int kBandColumns>
void AddBand(const DepthwiseSum& work, const Band& band, const Words* expanded) {
  const int64_t* offsets = work.offsets;
  const uint8_t* columns[kBandColumns];
  for (int64_t j = 0; j < kBandColumns; ++j) {
    columns[j] = work.plane + offsets[TapOf(work, band, 0, j)];
  }
  uint32_t* sums[kRows];
  for (int64_t i = 0; i < kRows; ++i) {
    const int64_t tap = TapOf(work, band, std::min(i, band.rows - 1), 0);
    sums[i] = work.sums - (offsets[tap] - offsets[TapOf(work, band, 0, 0)]);
  }
  const int64_t end = work.sums - sums[kRows - 1] + work.lanes;
  for (int64_t x = 0; x < end; x += 4) {
    Words places[4];
    for (int64_t q = 0; q < 4; ++q) {
      places[q] = expanded[columns[0][x + q] * kColumns];
      for (int64_t j = 1; j < kBandColumns; ++j) {
        places[q] += expanded[columns[j][x + q] * kColumns + j];
      }
    }
    Transpose4x4(places);
    for (int64_t i = 0; i < band.rows; ++i) {
      Words sum;
      std::memcpy(&sum, sums[i] + x, sizeof sum);
      sum += places[i];
      std::memcpy(sums[i] + x, &sum, sizeof sum);
    }
  }
}

template <typename Entry>
void SumExpanded(const LookupRows& table, const DepthwiseSum& work) {
  const int64_t kernel_h = work.depth / work.kernel_w;
  auto* expanded = static_cast<Words*>(work.scratch);
  std::fill(work.sums, work.sums + work.lanes, 0u);
  Band band;
  for (int64_t phase = 0; phase < std::min(work.row_step, kernel_h); ++phase) {
    const int64_t phase_rows = (kernel_h - phase + work.row_step - 1) / work.row_step;
    for (int64_t i = 0; i < phase_rows; i += kRows) {
      band.first_row = phase + i * work.row_step;
      band.rows = std::min<int64_t>(kRows, phase_rows - i);
      for (int64_t j = 0; j < work.kernel_w; j += kColumns) {
        band.first_column = j;
        band.columns = std::min<int64_t>(kColumns, work.kernel_w - j);
        Expand<Entry>(table, work, band, expanded);
        switch (band.columns) {
          case 1:
            AddBand<1>(work, band, expanded);
            break;
          case 2:
            AddBand<2>(work, band, expanded);
            break;
          case 3:
            AddBand<3>(work, band, expanded);
            break;
          default:
            AddBand<4>(work, band, expanded);
        }
      }
    }
  }
}

constexpr int kLanes = 8;

// Products of taps [first, last) of eight lanes.
template <typename Entry>
void SumEightLanes(const LookupRows& table, const DepthwiseSum& work, int64_t first, int64_t last,
                   int64_t lane) {
  uint32_t sums[kLanes] = {};
  for (int64_t k = first; k < last; ++k) {
    const auto* row = reinterpret_cast<const Entry*>(table.data + work.rows[k] * table.row_bytes);
    const uint8_t* codes = work.plane + work.offsets[k] + lane;
    for (int i = 0; i < kLanes; ++i) sums[i] += row[codes[i]];
  }
  for (int i = 0; i < kLanes; ++i) work.sums[lane + i] += sums[i];
}

void AddCodes(const DepthwiseSum& work) {
  for (int64_t k = 0; k < work.depth; ++k) {
    const uint8_t* codes = work.plane + work.offsets[k];
    for (int64_t lane = 0; lane < work.lanes; ++lane) {
      const int value = (codes[lane] & work.code_mask) ^ work.code_flip;
      work.sums[lane] += static_cast<uint32_t>(work.code_factor * value);
    }
  }
}

// A few rows of the table at a time, so that they stay in the L1 cache.
template <typename Entry>
void SumRows(const LookupRows& table, const DepthwiseSum& work) {
  constexpr int64_t kRowBlock = 16;
  std::fill(work.sums, work.sums + work.lanes, 0u);
  for (int64_t k = 0; k < work.depth; k += kRowBlock) {
    const int64_t last = std::min(work.depth, k + kRowBlock);
    for (int64_t lane = 0; lane < work.lanes; lane += kLanes) {
      SumEightLanes<Entry>(table, work, k, last, lane);
    }
  }
  if (work.scale != 1) {
    for (int64_t lane = 0; lane < work.lanes; ++lane) {
      work.sums[lane] *= static_cast<uint32_t>(work.scale);
    }
  }
  if (work.code_factor != 0) AddCodes(work);
}

template <typename Entry>
void SumEntries(const LookupRows& table, const DepthwiseSum& work) {
  if (work.lanes >= kMinExpandedLanes) {
    SumExpanded<Entry>(table, work);
  } else {
    SumRows<Entry>(table, work);
  }
}

void Sum(const LookupRows& table, const DepthwiseSum& work) {
  if (table.planes == 2) {
    SumEntries<uint16_t>(table, work);
  } else {
    SumEntries<uint32_t>(table, work);
  }
}

void Store(const DepthwiseStore& work) {
  const int64_t whole = work.channels / 4 * 4;
  for (int64_t lane = 0; lane < work.lanes; lane += 4) {
    int32_t* out[4];
    for (int64_t p = 0; p < 4; ++p) out[p] = work.targets[lane + p] + work.first_channel;
    for (int64_t o = 0; o < whole; o += 4) {
      Words rows[4];
      for (int64_t r = 0; r < 4; ++r) {
        std::memcpy(&rows[r], work.sums + (o + r) * work.stride + lane, sizeof rows[r]);
      }
      Transpose4x4(rows);
      Words fixed;
      std::memcpy(&fixed, work.fixed + o, sizeof fixed);
      for (int64_t p = 0; p < 4; ++p) {
        Words sum = rows[p] + fixed;
        if (work.add) {
          Words before;
          std::memcpy(&before, out[p] + o, sizeof before);
          sum += before;
        }
        std::memcpy(out[p] + o, &sum, sizeof sum);
      }
    }
    for (int64_t o = whole; o < work.channels; ++o) {
      for (int64_t p = 0; p < 4; ++p) {
        const uint32_t sum = work.sums[o * work.stride + lane + p] + work.fixed[o];
        out[p][o] = static_cast<int32_t>(work.add ? static_cast<uint32_t>(out[p][o]) + sum : sum);
      }
    }
  }
}

void Transpose(const uint8_t* const* pointers, int64_t lanes, int64_t channels, uint8_t* out,
               int64_t stride) {
  TransposeCodes(pointers, lanes, 0, channels, out, stride);
}

}  // namespace

const DepthwiseMethod kDepthwisePortable = {
    kUnit,   kMaxLanes, kMaxLanes,       kExpandedWords * 4,  true,
    nullptr, kRowCost,  kLaneOrder.lane, &PreparedLut::Words, &Sum,
    &Store,  &Transpose};

}  // namespace axlut
