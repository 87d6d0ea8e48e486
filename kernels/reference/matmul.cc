// SPDX-License-Identifier: MIT
#include "kernels/reference/matmul.h"

#include <type_traits>

namespace axlut {

template <typename Acc>
void MatmulReference(const LutView& lut, const MatmulShape& s, const uint8_t* a, const uint8_t* b,
                     Acc* acc) {
  using Sum = std::make_unsigned_t<Acc>;  // may wrap
  for (int64_t i = 0; i < s.batch; ++i) {
    const uint8_t* a_i = a + i * s.m * s.k;
    const uint8_t* b_i = b + (s.broadcast_b ? 0 : i * s.k * s.n);
    for (int64_t y = 0; y < s.m; ++y) {
      for (int64_t x = 0; x < s.n; ++x) {
        Sum sum = 0;
        for (int64_t k = 0; k < s.k; ++k) {
          const uint8_t code_a = a_i[s.transpose_a ? k * s.m + y : y * s.k + k];
          const uint8_t code_b = b_i[s.transpose_b ? x * s.k + k : k * s.n + x];
          sum += static_cast<Sum>(static_cast<Acc>(lut.At(code_a, code_b)));
        }
        *acc++ = static_cast<Acc>(sum);
      }
    }
  }
}

template void MatmulReference(const LutView&, const MatmulShape&, const uint8_t*, const uint8_t*,
                              int32_t*);
template void MatmulReference(const LutView&, const MatmulShape&, const uint8_t*, const uint8_t*,
                              int64_t*);

}  // namespace axlut
