// SPDX-License-Identifier: MIT
#include "kernels/reference/dense.h"

#include <type_traits>

namespace axlut {

template <typename Acc>
void DenseReference(const LutView& lut, int64_t rows, int64_t depth, int64_t out_c,
                    const uint8_t* input, const uint8_t* filter, Acc* acc) {
  using Sum = std::make_unsigned_t<Acc>;  // may wrap
  for (int64_t m = 0; m < rows; ++m) {
    for (int64_t o = 0; o < out_c; ++o) {
      Sum sum = 0;
      for (int64_t k = 0; k < depth; ++k) {
        sum +=
            static_cast<Sum>(static_cast<Acc>(lut.At(input[m * depth + k], filter[k * out_c + o])));
      }
      acc[m * out_c + o] = static_cast<Acc>(sum);
    }
  }
}

template void DenseReference(const LutView&, int64_t, int64_t, int64_t, const uint8_t*,
                             const uint8_t*, int32_t*);
template void DenseReference(const LutView&, int64_t, int64_t, int64_t, const uint8_t*,
                             const uint8_t*, int64_t*);

}  // namespace axlut
