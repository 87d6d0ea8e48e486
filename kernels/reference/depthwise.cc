// SPDX-License-Identifier: MIT
#include "kernels/reference/depthwise.h"

#include <type_traits>

namespace axlut {
namespace {

// The code of channel c at (y, x), or the padding's.
uint8_t CodeAt(const Conv2dShape& s, uint8_t pad_code, const uint8_t* image, int64_t y, int64_t x,
               int64_t c) {
  if (y < 0 || y >= s.in_h || x < 0 || x >= s.in_w) return pad_code;
  return image[(y * s.in_w + x) * s.in_c + c];
}

}  // namespace

template <typename Acc>
void DepthwiseReference(const LutView& lut, const Conv2dShape& s, uint8_t pad_code,
                        const uint8_t* input, const uint8_t* filter, Acc* acc) {
  using Sum = std::make_unsigned_t<Acc>;  // may wrap
  const int64_t multiplier = s.out_c / s.in_c;
  for (int64_t p = 0; p < s.batch * s.out_h * s.out_w; ++p) {
    const uint8_t* image = input + p / (s.out_h * s.out_w) * s.in_h * s.in_w * s.in_c;
    const int64_t y0 = p / s.out_w % s.out_h * s.stride_h - s.pad_top;
    const int64_t x0 = p % s.out_w * s.stride_w - s.pad_left;
    for (int64_t o = 0; o < s.out_c; ++o) {
      Sum sum = 0;
      for (int64_t i = 0; i < s.kernel_h; ++i) {
        for (int64_t j = 0; j < s.kernel_w; ++j) {
          const uint8_t a = CodeAt(s, pad_code, image, y0 + i * s.dilation_h, x0 + j * s.dilation_w,
                                   o / multiplier);
          const uint8_t b = filter[(i * s.kernel_w + j) * s.out_c + o];
          sum += static_cast<Sum>(static_cast<Acc>(lut.At(a, b)));
        }
      }
      *acc++ = static_cast<Acc>(sum);
    }
  }
}

template void DepthwiseReference(const LutView&, const Conv2dShape&, uint8_t, const uint8_t*,
                                 const uint8_t*, int32_t*);
template void DepthwiseReference(const LutView&, const Conv2dShape&, uint8_t, const uint8_t*,
                                 const uint8_t*, int64_t*);

}  // namespace axlut
